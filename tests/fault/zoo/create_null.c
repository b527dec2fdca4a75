/* SPDX-License-Identifier: MIT */
#include "zoo.h"

#include <stdlib.h>
#include <string.h>

static void *create(const ofd_host *host, const ofd_config *config)
{
    host->log(host, OFD_LOG_ERROR, "no instance for this one");
    return strcmp(config->ticker, "QQQ") == 0 ? NULL : zoo_create(host, config);
}

static int32_t detect(void *self, const ofd_tick *t)
{
    if (self == NULL) {
        abort();
    }
    zoo_judge(t);
    return 0;
}

ZOO_PLUGIN("create_null", create, zoo_destroy, detect)
