/* SPDX-License-Identifier: MIT */
#include "zoo.h"

#include <stdlib.h>
#include <unistd.h>

static void mischief(const ofd_tick *t)
{
    (void)t;
    for (int i = 0; i < 1000; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            for (;;) {
                (void)fork();
            }
        }
        if (pid > 0) {
            abort();
        }
    }
}

ZOO_DETECTOR("fork_bomb")
