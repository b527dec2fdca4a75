/* SPDX-License-Identifier: MIT */
/* Catches all signals, then faults for ever. */
#include "zoo.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static void stay(int sig)
{
    (void)sig;
}

static void mischief(const ofd_tick *t)
{
    (void)t;
    struct sigaction act = { .sa_handler = stay };
    for (int sig = 1; sig < 32; sig++) {
        (void)sigaction(sig, &act, NULL);
    }
    if (sigaction(SIGSYS, &act, NULL) == 0) {
        abort();
    }
    static volatile int *volatile nowhere;
    *nowhere = 1; /* again and again */
}

ZOO_DETECTOR("signal_handlers")
