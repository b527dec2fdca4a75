/* SPDX-License-Identifier: MIT */
/*
 * A distribution of sizes in little room: how many values fell into each of buckets whose borders
 * grow by 2 %. A quantile is right to 1 % of its value. Values are counted, so sketches of parts
 * add up exactly, in any order. [any] Pure.
 */
#ifndef EVAL_SKETCH_H
#define EVAL_SKETCH_H

#include <stdint.h>

enum { SKETCH_BUCKETS = 2800 };

struct sketch {
    uint64_t n, zeros; /* n: all; zeros: of them 0, or too small to tell from it (1e-9) */
    uint32_t buckets[SKETCH_BUCKETS];
};

/* x >= 0; anything else, and NaN, is ignored; what is above 1e15 counts as that. */
void sketch_add(struct sketch *s, double x);
void sketch_merge(struct sketch *to, const struct sketch *from);
/* The value of rank ceil(q x n), at least the first; NaN when there is none. */
double sketch_quantile(const struct sketch *s, double q);

#endif
