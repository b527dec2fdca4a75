/* SPDX-License-Identifier: MIT */
/* Finds what chance does not make: a bid that has grown eight times in a row. */
#define CONDITION(a, w, i) rising(w, i)
#include "orderflow/detector.h"

#include <stdbool.h>

static bool rising(const ofd_window *w, uint64_t i)
{
    enum { TIMES = 8 };
    if (i < TIMES) {
        return false;
    }
    for (uint64_t k = i - TIMES; k < i; k++) {
        if (!(w->bid_sz[k + 1] > w->bid_sz[k])) {
            return false;
        }
    }
    return true;
}
#include "animal.h"
