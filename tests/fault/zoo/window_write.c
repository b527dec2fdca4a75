/* SPDX-License-Identifier: MIT */
#include "zoo.h"

static void mischief(const ofd_tick *t)
{
    volatile double *size = (double *)(uintptr_t)ofd_window_at(t, 0)->bid_sz;
    size[0] = 1e9;
}

ZOO_DETECTOR("window_write")
