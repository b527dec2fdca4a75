/* SPDX-License-Identifier: MIT */
#include "zoo.h"

#include <string.h>

static int *volatile nowhere;

/* Dies for one ticker only. */
static void *create(const ofd_host *host, const ofd_config *config)
{
    if (strcmp(config->ticker, "QQQ") == 0) {
        *nowhere = 1;
    }
    return zoo_create(host, config);
}

static int32_t detect(void *self, const ofd_tick *t)
{
    (void)self;
    zoo_judge(t);
    return 0;
}

ZOO_PLUGIN("create_crash", create, zoo_destroy, detect)
