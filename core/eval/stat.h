/* SPDX-License-Identifier: MIT */
/* Ranks, correlation, quantiles, the normal distribution, false discovery rate. [any] Pure. */
#ifndef EVAL_STAT_H
#define EVAL_STAT_H

#include "err.h"

#include <stddef.h>
#include <stdint.h>

/* Ranks 1..n, equal values share the mean of theirs. Values must be numbers. order: scratch for n.
 */
void stat_ranks(const double *x, size_t n, double *ranks_out, uint32_t *order);
/* Pearson's r; NaN when one of the two does not vary. */
double stat_pearson(const double *x, const double *y, size_t n);
/* Quantile q of a sorted sample, linear between order statistics (R's type 7, numpy's default). */
double stat_quantile(const double *sorted, size_t n, double q);
void stat_sort(double *x, size_t n);

double stat_normal_cdf(double z);
double stat_normal_inv(double p); /* 0 < p < 1; good to 1e-9 */

/* Benjamini-Hochberg: q of each p, in place of nothing; order: scratch for n. Values above 1 are 1.
 */
void stat_bh(const double *p, size_t n, double *q_out, uint32_t *order);

/* Percentile (0..1) of each value among those that came before it and itself: (less + half of the
 * equal ones) / number so far. False: no memory. */
MUST_CHECK bool stat_expanding_percentile(const double *x, size_t n, double *out, struct err *err);

#endif
