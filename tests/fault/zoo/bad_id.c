/* SPDX-License-Identifier: MIT */
/* An id that would be a path. */
#include "zoo.h"

static int32_t detect(void *self, const ofd_tick *t)
{
    (void)self;
    zoo_judge(t);
    return 0;
}

ZOO_PLUGIN("../../etc/cron", zoo_create, zoo_destroy, detect)
