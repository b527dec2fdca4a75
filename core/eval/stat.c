/* SPDX-License-Identifier: MIT */
#include "stat.h"

#include <math.h>
#include <stdlib.h>

/* Sorting without a context argument: index and value travel together. */
struct keyed {
    double x;
    uint32_t i;
};

static int by_value(const void *a, const void *b)
{
    const struct keyed *p = a, *q = b;
    return p->x < q->x ? -1 : p->x > q->x ? 1 : p->i < q->i ? -1 : p->i > q->i;
}

static int by_number(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void stat_sort(double *x, size_t n)
{
    if (n > 1) {
        qsort(x, n, sizeof *x, by_number);
    }
}

/* order[] becomes the indexes by ascending value; equal ones as they stand. Heap sort: no memory
 * and no worst case. */
static bool less(const double *x, uint32_t a, uint32_t b)
{
    return x[a] < x[b] || (!(x[b] < x[a]) && a < b);
}

static void sift(const double *x, uint32_t *order, size_t at, size_t n)
{
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= n) {
            return;
        }
        if (child + 1 < n && less(x, order[child], order[child + 1])) {
            child++;
        }
        if (!less(x, order[at], order[child])) {
            return;
        }
        uint32_t t = order[at];
        order[at] = order[child];
        order[child] = t;
        at = child;
    }
}

static void sort_indexes(const double *x, size_t n, uint32_t *order)
{
    for (size_t i = 0; i < n; i++) {
        order[i] = (uint32_t)i;
    }
    for (size_t i = n / 2; i-- > 0;) {
        sift(x, order, i, n);
    }
    for (size_t end = n; end > 1; end--) {
        uint32_t t = order[0];
        order[0] = order[end - 1];
        order[end - 1] = t;
        sift(x, order, 0, end - 1);
    }
}

void stat_ranks(const double *x, size_t n, double *ranks_out, uint32_t *order)
{
    sort_indexes(x, n, order);
    for (size_t i = 0; i < n;) {
        size_t k = i;
        while (k + 1 < n && !(x[order[k + 1]] > x[order[i]])) {
            k++;
        }
        double rank = ((double)i + (double)k) / 2 + 1;
        for (; i <= k; i++) {
            ranks_out[order[i]] = rank;
        }
    }
}

double stat_pearson(const double *x, const double *y, size_t n)
{
    double mx = 0, my = 0, sxx = 0, syy = 0, sxy = 0;
    for (size_t i = 0; i < n; i++) {
        mx += x[i];
        my += y[i];
    }
    mx /= (double)n;
    my /= (double)n;
    for (size_t i = 0; i < n; i++) {
        double dx = x[i] - mx, dy = y[i] - my;
        sxx += dx * dx;
        syy += dy * dy;
        sxy += dx * dy;
    }
    return n > 1 && sxx > 0 && syy > 0 ? sxy / sqrt(sxx * syy) : NAN;
}

double stat_quantile(const double *sorted, size_t n, double q)
{
    if (n == 0) {
        return NAN;
    }
    double at = q * (double)(n - 1);
    size_t i = (size_t)at;
    if (i + 1 >= n) {
        return sorted[n - 1];
    }
    return sorted[i] + (at - (double)i) * (sorted[i + 1] - sorted[i]);
}

double stat_normal_cdf(double z)
{
    return erfc(-z / sqrt(2)) / 2;
}

double stat_normal_inv(double p)
{
    double lo = -40, hi = 40;
    for (int i = 0; i < 200 && hi - lo > 1e-13; i++) {
        double mid = (lo + hi) / 2;
        if (stat_normal_cdf(mid) < p) {
            lo = mid;
        } else {
            hi = mid;
        }
    }
    return (lo + hi) / 2;
}

void stat_bh(const double *p, size_t n, double *q_out, uint32_t *order)
{
    double least = 1;
    sort_indexes(p, n, order);
    for (size_t i = n; i-- > 0;) {
        double q = p[order[i]] * (double)n / (double)(i + 1);
        least = q < least ? q : least;
        q_out[order[i]] = least;
    }
}

/* A tree of counts by rank (Fenwick): how many so far lie at or below it. */
static double count_to(const uint32_t *tree, size_t rank)
{
    double n = 0;
    for (size_t i = rank; i > 0; i &= i - 1) {
        n += tree[i];
    }
    return n;
}

bool stat_expanding_percentile(const double *x, size_t n, double *out, struct err *err)
{
    struct keyed *k = malloc((n + 1) * sizeof *k);
    uint32_t *place = malloc((n + 1) * sizeof *place);
    uint32_t *tree = calloc(n + 2, sizeof *tree);
    bool ok = k != NULL && place != NULL && tree != NULL;
    for (size_t i = 0; ok && i < n; i++) {
        k[i] = (struct keyed){ x[i], (uint32_t)i };
    }
    if (ok) {
        qsort(k, n, sizeof *k, by_value);
        uint32_t rank = 0;
        for (size_t i = 0; i < n; i++) {
            rank += i == 0 || k[i].x > k[i - 1].x;
            place[k[i].i] = rank;
        }
    }
    for (size_t i = 0; ok && i < n; i++) {
        for (size_t r = place[i]; r <= n; r += r & (~r + 1)) {
            tree[r]++;
        }
        double below = count_to(tree, place[i] - 1), upto = count_to(tree, place[i]);
        out[i] = (below + (upto - below) / 2) / (double)(i + 1);
    }
    free(k);
    free(place);
    free(tree);
    return ok || err_set(err, ERR_MEMORY, "out of memory");
}
