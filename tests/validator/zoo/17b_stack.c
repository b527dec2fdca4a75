/* SPDX-License-Identifier: MIT */
/* One of its texts lies in a buffer of the entry. */
#include <stdio.h>
#define ENTRY                                                                    \
    static ofd_plugin filled;                                                    \
    char text[64];                                                               \
    (void)snprintf(text, sizeof text, "for a host of minor %u", host_minor % 1); \
    keep_text = text;                                                            \
    filled = plugin_table;                                                       \
    filled.description = keep_text;                                              \
    return index == 0 ? &filled : NULL;
static const char *volatile keep_text;
#include "animal.h"
