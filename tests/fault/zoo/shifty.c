/* SPDX-License-Identifier: MIT */
/* Declares something else whenever it is asked. */
#include "zoo.h"

#include <stdio.h>
#include <time.h>

static int32_t detect(void *self, const ofd_tick *t)
{
    (void)self;
    zoo_judge(t);
    return 0;
}

static ofd_plugin plugin;
static char version[64];

ZOO_PLUGIN_AS("shifty", zoo_create, zoo_destroy, detect, plugin_of_the_tables)

OFD_EXPORT const ofd_plugin *ofd_entry_v1(uint32_t host_minor, uint32_t index)
{
    struct timespec now;
    (void)host_minor;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)snprintf(version, sizeof version, "1.0.%ld", now.tv_nsec);
    plugin = plugin_of_the_tables;
    plugin.version = version;
    return index == 0 ? &plugin : NULL;
}
