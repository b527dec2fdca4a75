/* SPDX-License-Identifier: MIT */
#include "zoo.h"

static int32_t detect(void *self, const ofd_tick *t)
{
    (void)self;
    zoo_judge(t);
    return 0;
}

OFD_EXPORT const ofd_plugin *ofd_entry_v1(uint32_t host_minor, uint32_t index)
{
    static ofd_plugin plugin = { .size = sizeof(ofd_plugin),
                                 .id = "wants_trades",
                                 .version = "1.0.0",
                                 .columns = OFD_COL_TRADES,
                                 .window_s = zoo_windows,
                                 .n_windows = 1,
                                 .kinds = zoo_kinds,
                                 .n_kinds = 1,
                                 .kind_stride = sizeof zoo_kinds[0],
                                 .fields = zoo_fields,
                                 .n_fields = 2,
                                 .field_stride = sizeof zoo_fields[0],
                                 .create = zoo_create,
                                 .destroy = zoo_destroy,
                                 .detect = detect };
    (void)host_minor;
    return index == 0 ? &plugin : NULL;
}
