/* SPDX-License-Identifier: MIT */
#include "zoo.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static void mischief(const ofd_tick *t)
{
    (void)t;
    if (kill(getppid(), SIGKILL) == 0 || kill(-1, SIGKILL) == 0 || kill(0, SIGSTOP) == 0) {
        abort();
    }
}

ZOO_DETECTOR("kill_parent")
