/* SPDX-License-Identifier: MIT */
/* Another copy of the table at every second call. */
#define ENTRY              \
    static unsigned asked; \
    (void)host_minor;      \
    return index > 0 ? NULL : asked++ % 2 == 0 ? &plugin_table : &copy;
#include "orderflow/detector.h"
static const ofd_plugin copy;
#include "animal.h"
static const ofd_plugin copy = PLUGIN_TABLE;
