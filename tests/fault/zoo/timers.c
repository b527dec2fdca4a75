/* SPDX-License-Identifier: MIT */
#include "zoo.h"

#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static void mischief(const ofd_tick *t)
{
    (void)t;
    timer_t timer;
    struct itimerval soon = { { 0, 1000 }, { 0, 1000 } };
    if (timer_create(CLOCK_MONOTONIC, NULL, &timer) == 0 ||
        setitimer(ITIMER_REAL, &soon, NULL) == 0) {
        abort();
    }
    (void)alarm(1);
}

ZOO_DETECTOR("timers")
