/* SPDX-License-Identifier: MIT */
#include "zoo.h"

#include <unistd.h>

static void mischief(const ofd_tick *t)
{
    for (int fd = 0; fd < 64 && t->seq != 0; fd++) {
        (void)close(fd);
    }
    while (t->seq != 0) {
        (void)pause();
    }
}

ZOO_DETECTOR("close_all")
