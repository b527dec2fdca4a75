/* SPDX-License-Identifier: MIT */
#include "zoo.h"

#include <stdlib.h>
#include <unistd.h>

static void mischief(const ofd_tick *t)
{
    (void)t;
    int pipes[2];
    for (int i = 0; i < 1000; i++) {
        if (dup(3) >= 0 || pipe(pipes) == 0) {
            abort();
        }
    }
}

ZOO_DETECTOR("leak_fds")
