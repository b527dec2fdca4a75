/* SPDX-License-Identifier: MIT */
/* The statistics behind metrics. [any] Pure. */
#ifndef MARKET_METRICS_STAT_H
#define MARKET_METRICS_STAT_H

#include <stddef.h>
#include <stdint.h>

/* Exact two-sided binomial p of `ups` against `downs` of a fair coin. NaN when there are none. */
double stat_coin_p(int64_t ups, int64_t downs);

/* The one of n > 0 values, which are reordered, that `want` others would stand before in order. */
int64_t stat_select(int64_t *values, size_t n, size_t want);

/* A value that occurs n > 0 times. */
struct value_run {
    int64_t value;
    size_t n;
};

/* The nearest-rank percentile (0 < share <= 1) of n > 0 runs of values, which are reordered. */
int64_t stat_percentile(struct value_run *runs, size_t n, double share);

#endif
