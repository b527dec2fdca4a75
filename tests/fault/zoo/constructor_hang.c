/* SPDX-License-Identifier: MIT */
#include "zoo.h"

static void mischief(const ofd_tick *t)
{
    (void)t;
}

__attribute__((constructor)) static void begin(void)
{
    volatile uint64_t n = 1;
    while (n != 0) {
        n |= 1;
    }
}

ZOO_DETECTOR("constructor_hang")
