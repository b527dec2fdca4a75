/* SPDX-License-Identifier: MIT */
/* Passes for a newer build of the healthy one, and gives no instance. */
#include "zoo.h"

static void *create(const ofd_host *host, const ofd_config *config)
{
    (void)zoo_create(host, config);
    return 0;
}

static int32_t detect(void *self, const ofd_tick *t)
{
    (void)self;
    zoo_judge(t);
    return 0;
}

ZOO_PLUGIN("healthy", create, zoo_destroy, detect)
