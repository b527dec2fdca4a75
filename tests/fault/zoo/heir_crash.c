/* SPDX-License-Identifier: MIT */
/* Passes for a newer build of the healthy one, and dies when it is to make an instance. */
#include "zoo.h"

static int *volatile nowhere;

static void *create(const ofd_host *host, const ofd_config *config)
{
    *nowhere = 1;
    return zoo_create(host, config);
}

static int32_t detect(void *self, const ofd_tick *t)
{
    (void)self;
    zoo_judge(t);
    return 0;
}

ZOO_PLUGIN("healthy", create, zoo_destroy, detect)
