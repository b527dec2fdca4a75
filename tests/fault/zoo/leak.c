/* SPDX-License-Identifier: MIT */
#include "zoo.h"

#include <stdlib.h>
#include <string.h>

static void mischief(const ofd_tick *t)
{
    static void *volatile last;
    (void)t;
    for (;;) {
        void *block = malloc(1 << 20);
        memset(block, 1, 1 << 20);
        *(void **)block = last;
        last = block;
    }
}

ZOO_DETECTOR("leak")
