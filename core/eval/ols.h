/* SPDX-License-Identifier: MIT */
/* Least squares with the standard errors that clustered data needs. [any] Pure. */
#ifndef EVAL_OLS_H
#define EVAL_OLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OLS_MAX = 6 };

struct ols {
    double b[OLS_MAX], se[OLS_MAX]; /* se: s^2 (X'X)^-1, as if rows were independent */
    double se_cluster[OLS_MAX];     /* (X'X)^-1 M (X'X)^-1 G/(G-1) (n-1)/(n-k), M from the sums of
                                       each cluster's scores */
};

/* y on k columns of x (row by row; put the 1 in yourself). cluster[i] < n_clusters; sums: scratch
 * for n_clusters * k. False when the columns depend on each other or rows are too few. */
bool ols_fit(const double *x, const double *y, const uint32_t *cluster, size_t n, size_t k,
             size_t n_clusters, double *sums, struct ols *out);

#endif
