/* SPDX-License-Identifier: MIT */
/* A description that would draw on the terminal and break the XML. */
#include "zoo.h"

static int32_t detect(void *self, const ofd_tick *t)
{
    (void)self;
    zoo_judge(t);
    return 0;
}

static ofd_plugin plugin;

ZOO_PLUGIN_AS("bad_strings", zoo_create, zoo_destroy, detect, plugin_of_the_tables)

OFD_EXPORT const ofd_plugin *ofd_entry_v1(uint32_t host_minor, uint32_t index)
{
    (void)host_minor;
    plugin = plugin_of_the_tables;
    plugin.description = "\033[2J]]><!--\xff\xfe";
    return index == 0 ? &plugin : NULL;
}
