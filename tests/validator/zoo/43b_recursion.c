/* SPDX-License-Identifier: MIT */
/* Goes as deep as the window is long. */
#include "orderflow/detector.h"

static double deepest(const ofd_window *w, uint64_t n)
{
    volatile char frame[512];
    frame[0] = 1;
    return n == 0 ? 0 : deepest(w, n - 1) + frame[0];
}
#define AT_DETECT a->sink = deepest(w, w->n);
#include "animal.h"
