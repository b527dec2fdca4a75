/* SPDX-License-Identifier: MIT */
#include "zoo.h"

#include <pthread.h>
#include <stdlib.h>

static void *talk_later(void *arg)
{
    for (;;) {
        zoo_host->log(zoo_host, OFD_LOG_ERROR, "from a thread");
    }
    return arg;
}

static void mischief(const ofd_tick *t)
{
    (void)t;
    pthread_t thread;
    for (int i = 0; i < 100; i++) {
        if (pthread_create(&thread, NULL, talk_later, NULL) == 0) {
            abort();
        }
    }
}

ZOO_DETECTOR("threads")
