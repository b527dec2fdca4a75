/* SPDX-License-Identifier: MIT */
#include "zoo.h"

/* A field table whose stride says nothing of the kind. */
static int32_t detect(void *self, const ofd_tick *t)
{
    (void)self;
    (void)t;
    return 0;
}

static ofd_plugin plugin = { .size = sizeof(ofd_plugin),
                             .id = "lying_stride",
                             .version = "1.0.0",
                             .window_s = zoo_windows,
                             .n_windows = 1,
                             .kinds = zoo_kinds,
                             .n_kinds = 1,
                             .kind_stride = sizeof zoo_kinds[0],
                             .fields = zoo_fields,
                             .n_fields = 2,
                             .field_stride = 3,
                             .create = zoo_create,
                             .destroy = zoo_destroy,
                             .detect = detect };

OFD_EXPORT const ofd_plugin *ofd_entry_v1(uint32_t host_minor, uint32_t index)
{
    (void)host_minor;
    (void)zoo_judge;
    return index == 0 ? &plugin : NULL;
}
