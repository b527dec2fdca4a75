/* SPDX-License-Identifier: MIT */
#include "zoo.h"

#include <stdlib.h>

static int deeper(volatile char *above, int depth)
{
    volatile char here[4096];
    here[0] = (char)(above[0] + depth);
    return depth < 0 ? here[0] : deeper(here, depth + 1) + here[1];
}

static void *create(const ofd_host *host, const ofd_config *config)
{
    volatile char first[2] = { 0 };
    void *self = zoo_create(host, config);
    return deeper(first, (int)config->n_params) == 0 ? self : self;
}

static int32_t detect(void *self, const ofd_tick *t)
{
    (void)self;
    zoo_judge(t);
    return 0;
}

ZOO_PLUGIN("create_recursion", create, zoo_destroy, detect)
