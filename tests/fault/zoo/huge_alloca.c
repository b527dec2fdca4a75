/* SPDX-License-Identifier: MIT */
#include "zoo.h"

#include <stddef.h>

static void mischief(const ofd_tick *t)
{
    (void)t;
    size_t n = (size_t)(t->seq + 60) << 20;
    volatile char *block = __builtin_alloca(n);
    for (size_t i = n; i > 0; i -= 4096) {
        block[i - 1] = 1;
    }
}

ZOO_DETECTOR("huge_alloca")
