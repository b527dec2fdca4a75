/* SPDX-License-Identifier: MIT */
#include "metrics_stat.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

enum { TOP_TRIES = 4 };

double stat_coin_p(int64_t ups, int64_t downs)
{
    if (ups + downs == 0) {
        return NAN;
    }
    double n = (double)(ups + downs);
    double fewer = (double)(ups < downs ? ups : downs);
    double term = exp(lgamma(n + 1) - lgamma(fewer + 1) - lgamma(n - fewer + 1) - n * log(2));
    double tail = 0;
    for (double i = fewer; i >= 0 && term > tail * 1e-17; i--) {
        tail += term;
        term *= i / (n - i + 1);
    }
    return fmin(1, 2 * tail);
}

static void swap(int64_t *a, int64_t *b)
{
    int64_t kept = *a;
    *a = *b;
    *b = kept;
}

int64_t stat_select(int64_t *values, size_t n, size_t want)
{
    size_t low = 0, high = n;
    while (high - low > 1) {
        int64_t pivot = values[low + (high - low) / 2];
        size_t below = low, above = high;
        for (size_t i = low; i < above;) {
            if (values[i] < pivot) {
                swap(&values[i++], &values[below++]);
            } else if (values[i] > pivot) {
                swap(&values[i], &values[--above]);
            } else {
                i++;
            }
        }
        if (want >= below && want < above) {
            return pivot;
        }
        if (want < below) {
            high = below;
        } else {
            low = above;
        }
    }
    return values[low];
}

/* The value of that rank from above, 1 the largest, if few values lie above it. */
static bool select_from_top(const struct value_run *runs, size_t n, size_t rank, int64_t *out)
{
    int64_t below = INT64_MAX;
    size_t passed = 0;
    for (int tries = 0; tries < TOP_TRIES; tries++) {
        int64_t largest = INT64_MIN;
        size_t equal = 0;
        for (size_t i = 0; i < n; i++) {
            if (runs[i].value > largest && runs[i].value < below) {
                largest = runs[i].value;
                equal = 0;
            }
            equal += runs[i].value == largest ? runs[i].n : 0;
        }
        passed += equal;
        if (passed >= rank) {
            *out = largest;
            return true;
        }
        below = largest;
    }
    return false;
}

static int compare_runs(const void *a, const void *b)
{
    int64_t x = ((const struct value_run *)a)->value, y = ((const struct value_run *)b)->value;
    return (x < y) - (x > y);
}

int64_t stat_percentile(struct value_run *runs, size_t n, double share)
{
    size_t all = 0, i = 0, passed = 0;
    for (size_t k = 0; k < n; k++) {
        all += runs[k].n;
    }
    size_t rank = (size_t)ceil(share * (double)all), from_top = all - (rank == 0 ? 0 : rank - 1);
    int64_t found;
    if (select_from_top(runs, n, from_top, &found)) {
        return found;
    }
    qsort(runs, n, sizeof *runs, compare_runs);
    for (passed = runs[0].n; passed < from_top; passed += runs[i].n) {
        i++;
    }
    return runs[i].value;
}
