/* SPDX-License-Identifier: MIT */
/*
 * Detectors against their definitions: each is written down once more, as plainly as possible, and
 * judged from scratch at every row, on random tapes and on recorded quotes.
 */
#ifndef TESTS_PLUGINS_DEFINITION_H
#define TESTS_PLUGINS_DEFINITION_H

#include "harness.h"

static const int64_t SECOND_NS = 1000000000, TICK_PX = 10000000;

/* The rows in sight from the last of them: rows[0..n). */
struct sight {
    const struct harness *h;
    const struct harness_row *rows;
    size_t n;
};

double param(const struct sight *s, const char *key); /* fails the test if there is none */

static inline int64_t px(const struct harness_row *r, int32_t side)
{
    return side == OFD_BID ? r->bid_px : r->ask_px;
}

static inline double sz(const struct harness_row *r, int32_t side)
{
    return side == OFD_BID ? r->bid_sz : r->ask_sz;
}

/* What is true of a side at the newest row in sight. */
struct verdict {
    bool is_true;
    uint32_t kind;
    int32_t dir;
    double value;
};
typedef struct verdict definition_fn(const struct sight *s, int32_t side);

struct subject {
    const char *name;
    definition_fn *is_true;
    bool sided; /* judged for bid and ask; else without a side */
    int64_t memory_s;
    const char *sets[4][2]; /* other parameters: key, value */
};

/* Random rows full of ties, absent sides, sizes at thresholds and silences. */
struct tape {
    uint32_t seed, gap_one_in, silence_one_in; /* 0: none */
    uint32_t void_one_in, move_one_in;         /* move_one_in 0: 3 */
};
void random_tape(struct harness_row *rows, size_t n, struct tape tape);

/* Feeds the rows in batches and compares what was told of every step-th row with the definition.
 * Returns how often it was true there. */
size_t compare(const struct subject *subject, const struct harness_row *rows, size_t n, size_t step,
               int64_t px_tick);
/* The same on some random tapes of n rows; it must have been true more than 20 times. */
void compare_random(const struct subject *subject, size_t n, size_t step, struct tape tape);

/* The first n rows of recorded quotes (CSV, gzip) at most, each side as recorded. Returns how many.
 */
size_t read_tape(const char *path, struct harness_row *rows, size_t n);

#endif
