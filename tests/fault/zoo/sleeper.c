/* SPDX-License-Identifier: MIT */
#include "zoo.h"

#include <unistd.h>

static void mischief(const ofd_tick *t)
{
    while (t->seq != 0) {
        (void)pause();
    }
}

ZOO_DETECTOR("sleeper")
