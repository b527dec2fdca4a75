/* SPDX-License-Identifier: MIT */
#include "zoo.h"

#include <string.h>

static void mischief(const ofd_tick *t)
{
    (void)t;
    char text[5000];
    memset(text, '\n', sizeof text);
    memcpy(text, "\033[2J\xff\xfe", 6);
    text[sizeof text - 1] = '\0';
    for (int i = 0; i < 100000; i++) {
        zoo_host->log(zoo_host, 4000000000U, text);
    }
    zoo_host->log(zoo_host, OFD_LOG_ERROR, NULL);
}

ZOO_DETECTOR("log_flood")
