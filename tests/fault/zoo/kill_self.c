/* SPDX-License-Identifier: MIT */
/* Death by a signal that others send would hide who did it. */
#include "zoo.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static void mischief(const ofd_tick *t)
{
    (void)t;
    if (kill(getpid(), SIGKILL) == 0 || raise(SIGKILL) == 0 || raise(SIGSTOP) == 0) {
        abort();
    }
}

ZOO_DETECTOR("kill_self")
