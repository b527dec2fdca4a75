/* SPDX-License-Identifier: MIT */
#include "zoo.h"

#include <unistd.h>

static void mischief(const ofd_tick *t)
{
    uint32_t frame[2] = { UINT32_MAX, (uint32_t)t->seq };
    ssize_t n = write(3, frame, sizeof frame);
    (void)n;
    while (t->seq != 0) {
        (void)pause();
    }
}

ZOO_DETECTOR("nonsense")
