/* SPDX-License-Identifier: MIT */
/* Two detectors in one file; the second has no semantic version. */
#define ENTRY         \
    (void)host_minor; \
    return index == 0 ? &plugin_table : index == 1 ? &second : NULL;
#include "orderflow/detector.h"
static ofd_plugin second;
#include "animal.h"

__attribute__((constructor)) static void make_second(void)
{
    second = plugin_table;
    second.id = "animal_two";
    second.version = "2";
}
