/* SPDX-License-Identifier: MIT */
/* Block bootstrap: whole days, or half hours where there are too few of them, are drawn with
 * replacement, so that what hangs together stays together. [any] Pure.
 *
 * With fewer than five blocks that hold anything there is no interval and no error: all NaN.
 *
 * Resample r draws its b-th of n blocks as rng_below(seed, r * n + b, n). */
#ifndef EVAL_BOOT_H
#define EVAL_BOOT_H

#include "err.h"

#include <stddef.h>
#include <stdint.h>

enum { BOOT_RESAMPLES = 2000 };

struct interval {
    double lo, hi; /* 2.5 % and 97.5 % of the resamples; NaN: not to be had */
};

/* Of sum(num) / sum(den); one pair a block. A resample without any den is left out. *se_out: their
 * standard deviation. scratch: BOOT_RESAMPLES doubles. */
struct interval boot_ratio(const double *num, const double *den, size_t n_blocks, uint64_t seed,
                           double *scratch, double *se_out);

/* Sums of one block from which a correlation is made. */
struct moments {
    double n, x, y, xx, yy, xy;
};
struct interval boot_correlation(const struct moments *m, size_t n_blocks, uint64_t seed,
                                 double *scratch);

#endif
