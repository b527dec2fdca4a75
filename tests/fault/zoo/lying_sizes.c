/* SPDX-License-Identifier: MIT */
/* Says that there is more of everything than there is. */
#include "zoo.h"

static int32_t detect(void *self, const ofd_tick *t)
{
    (void)self;
    (void)t;
    return 0;
}

static ofd_plugin plugin;

ZOO_PLUGIN_AS("lying_sizes", zoo_create, zoo_destroy, detect, plugin_of_the_tables)

OFD_EXPORT const ofd_plugin *ofd_entry_v1(uint32_t host_minor, uint32_t index)
{
    (void)host_minor;
    plugin = plugin_of_the_tables;
    plugin.size = 4000000000U;
    plugin.n_fields = 4000000000U;
    plugin.field_stride = 4000000000U;
    return index == 0 ? &plugin : NULL;
}
