/* SPDX-License-Identifier: MIT */
/* Blocks the signal by which refused calls are noted, and makes one. */
#include "zoo.h"

#include <fcntl.h>
#include <signal.h>

static void mischief(const ofd_tick *t)
{
    (void)t;
    sigset_t all;
    (void)sigfillset(&all);
    (void)sigprocmask(SIG_BLOCK, &all, NULL);
    (void)open("/etc/passwd", O_RDONLY);
}

ZOO_DETECTOR("blocked_signals")
