/* SPDX-License-Identifier: MIT */
#include "sketch.h"

#include <math.h>

static const double GROWTH = 1.02, LEAST = 1e-9, MOST = 1e15;

void sketch_add(struct sketch *s, double x)
{
    if (!(x >= 0)) {
        return;
    }
    s->n++;
    if (x < LEAST) {
        s->zeros++;
        return;
    }
    double at = floor(log(fmin(x, MOST) / LEAST) / log(GROWTH));
    s->buckets[at < SKETCH_BUCKETS - 1 ? (int)at : SKETCH_BUCKETS - 1]++;
}

void sketch_merge(struct sketch *to, const struct sketch *from)
{
    to->n += from->n;
    to->zeros += from->zeros;
    for (int i = 0; i < SKETCH_BUCKETS; i++) {
        to->buckets[i] += from->buckets[i];
    }
}

double sketch_quantile(const struct sketch *s, double q)
{
    double rank = fmax(ceil(q * (double)s->n), 1), seen = (double)s->zeros;
    if (s->n == 0) {
        return NAN;
    }
    if (rank <= seen) {
        return 0;
    }
    int i = 0;
    while (i < SKETCH_BUCKETS - 1 && seen + s->buckets[i] < rank) {
        seen += s->buckets[i++];
    }
    return LEAST * pow(GROWTH, i) * 2 * GROWTH / (1 + GROWTH);
}
