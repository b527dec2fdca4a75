/* SPDX-License-Identifier: MIT */
#include "zoo.h"

/* Refuses every tick, the last time with the host's own numbers. */
static int32_t detect(void *self, const ofd_tick *t)
{
    (void)self;
    for (int i = 0; i < 1000; i++) {
        zoo_host->log(zoo_host, OFD_LOG_ERROR, "refused\nwith a second line");
    }
    return t->seq % 2 == 0 ? -3 : INT32_MIN;
}

ZOO_PLUGIN("negative", zoo_create, zoo_destroy, detect)
