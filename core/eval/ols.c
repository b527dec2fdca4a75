/* SPDX-License-Identifier: MIT */
#include "ols.h"

#include <math.h>
#include <string.h>

typedef double matrix[OLS_MAX][OLS_MAX];

/* Gauss-Jordan with pivots on the diagonal: a is symmetric and positive, or the fit is refused. */
static bool invert(matrix a, size_t k, matrix out)
{
    double scale[OLS_MAX];
    for (size_t i = 0; i < k; i++) {
        scale[i] = a[i][i];
        for (size_t j = 0; j < k; j++) {
            out[i][j] = i == j;
        }
    }
    for (size_t p = 0; p < k; p++) {
        if (!(a[p][p] > 1e-10 * scale[p])) {
            return false;
        }
        double d = a[p][p];
        for (size_t j = 0; j < k; j++) {
            a[p][j] /= d;
            out[p][j] /= d;
        }
        for (size_t i = 0; i < k; i++) {
            double f = a[i][p];
            for (size_t j = 0; j < k && i != p; j++) {
                a[i][j] -= f * a[p][j];
                out[i][j] -= f * out[p][j];
            }
        }
    }
    return true;
}

static void normal_equations(const double *x, const double *y, size_t n, size_t k, matrix xx,
                             double *xy)
{
    memset(xx, 0, sizeof(matrix));
    memset(xy, 0, OLS_MAX * sizeof *xy);
    for (size_t r = 0; r < n; r++) {
        const double *row = x + r * k;
        for (size_t i = 0; i < k; i++) {
            xy[i] += row[i] * y[r];
            for (size_t j = 0; j <= i; j++) {
                xx[i][j] += row[i] * row[j];
            }
        }
    }
    for (size_t i = 0; i < k; i++) {
        for (size_t j = 0; j < i; j++) {
            xx[j][i] = xx[i][j];
        }
    }
}

static double residual(const double *row, double y, const double *b, size_t k)
{
    for (size_t i = 0; i < k; i++) {
        y -= row[i] * b[i];
    }
    return y;
}

/* out[i] = sqrt(f * (inv M inv)[i][i]), M the sum of s s' over clusters. */
static void sandwich(const double *sums, size_t g, size_t k, matrix inv, double f, double *out)
{
    for (size_t i = 0; i < k; i++) {
        double v = 0;
        for (size_t c = 0; c < g; c++) {
            double s = 0;
            for (size_t j = 0; j < k; j++) {
                s += inv[i][j] * sums[c * k + j];
            }
            v += s * s;
        }
        out[i] = sqrt(f * v);
    }
}

static size_t add_scores(const double *x, const double *y, const uint32_t *cluster, size_t n,
                         size_t k, size_t n_clusters, const double *b, double *sums, double *ss_out)
{
    size_t filled = 0;
    double ss = 0;
    memset(sums, 0, n_clusters * k * sizeof *sums);
    for (size_t r = 0; r < n; r++) {
        double e = residual(x + r * k, y[r], b, k);
        ss += e * e;
        for (size_t i = 0; i < k; i++) {
            sums[cluster[r] * k + i] += e * x[r * k + i];
        }
    }
    for (size_t c = 0; c < n_clusters; c++) {
        bool any = false;
        for (size_t i = 0; i < k; i++) {
            any = any || sums[c * k + i] != 0;
        }
        filled += any;
    }
    *ss_out = ss;
    return filled;
}

bool ols_fit(const double *x, const double *y, const uint32_t *cluster, size_t n, size_t k,
             size_t n_clusters, double *sums, struct ols *out)
{
    matrix xx, inv;
    double xy[OLS_MAX], ss;
    if (n <= k || k > OLS_MAX) {
        return false;
    }
    normal_equations(x, y, n, k, xx, xy);
    if (!invert(xx, k, inv)) {
        return false;
    }
    *out = (struct ols){ .b = { 0 } };
    for (size_t i = 0; i < k; i++) {
        for (size_t j = 0; j < k; j++) {
            out->b[i] += inv[i][j] * xy[j];
        }
    }
    size_t g = add_scores(x, y, cluster, n, k, n_clusters, out->b, sums, &ss);
    double free_n = (double)(n - k), gn = (double)g;
    for (size_t i = 0; i < k; i++) {
        out->se[i] = sqrt(ss / free_n * inv[i][i]);
    }
    double f = g > 1 ? gn / (gn - 1) * (double)(n - 1) / free_n : NAN;
    sandwich(sums, n_clusters, k, inv, f, out->se_cluster);
    return true;
}
