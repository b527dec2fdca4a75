/* SPDX-License-Identifier: MIT */
/* How the price went on after episodes, and whether a higher score meant more. [any] Pure. */
#ifndef EVAL_CURVE_H
#define EVAL_CURVE_H

#include "trial.h"

enum { CURVE_POINTS = 14, SCORE_BINS = 5 };
extern const int32_t curve_seconds[CURVE_POINTS]; /* 1 .. 600 */

struct curve_point {
    size_t n;
    double ticks; /* mean of dir x move since entry; NaN: none */
    struct interval ci;
};
/* Every episode counts, near ones, too: the blocks of the bootstrap hold them together. */
MUST_CHECK bool curve_run(const struct bench *b, const struct event *events, size_t n,
                          int64_t latency_ms, const char *label,
                          struct curve_point out[CURVE_POINTS], struct err *err);

/* Fifths of the episodes of a trial by score, lowest first. */
struct score_bin {
    size_t n;
    double score_lo, score_hi, hit, ticks;
    struct interval hit_ci; /* Wilson, 95 % */
};
size_t score_bins(const struct event *events, const struct sight *sights, size_t n,
                  struct score_bin out[SCORE_BINS], double *scratch); /* n numbers */

#endif
