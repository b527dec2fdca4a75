/* SPDX-License-Identifier: MIT */
#include "zoo.h"

static void mischief(const ofd_tick *t)
{
    volatile uint64_t n = t->seq;
    while (n != 0) {
        n |= 1;
    }
}

ZOO_DETECTOR("endless")
