/* SPDX-License-Identifier: MIT */
#include "zoo.h"

static void mischief(const ofd_tick *t)
{
    volatile char frame[4096];
    frame[0] = (char)t->seq;
    if (frame[0] != 0) {
        mischief(t);
    }
    frame[1] = frame[0];
}

ZOO_DETECTOR("stack_overflow")
