/* SPDX-License-Identifier: MIT */
/* The median of the last intervals between quotes, and the silence that counts as a gap. [any]
 * Pure. */
#ifndef MARKET_WINDOW_GAPS_H
#define MARKET_WINDOW_GAPS_H

#include <stddef.h>
#include <stdint.h>

#define GAP_FLOOR_NS (5 * (int64_t)1000000000) /* a row after a longer silence may be a gap */

enum { GAPS_MAX = 64, GAP_TIMES = 20 };

/* {0} is empty. */
struct gaps {
    size_t n; /* pushed so far */
    int64_t last_ns[GAPS_MAX];
};

void gaps_push(struct gaps *g, int64_t dt_ns);
/* 0: none pushed. Of an even number, the lower of the middle two. */
int64_t gaps_median_ns(const struct gaps *g);

/* max(floor_ns, GAP_TIMES x median), without overflow. */
int64_t gaps_limit_ns(const struct gaps *g, int64_t floor_ns);
/* The same of the intervals between times [0, end), end > 0. */
int64_t gaps_limit_of(const int64_t *ts_ns, size_t end, int64_t floor_ns);

#endif
