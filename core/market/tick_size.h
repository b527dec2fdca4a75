/* SPDX-License-Identifier: MIT */
/* The price step of a ticker: configured, or inferred from its prices and then kept. [engine] Pure.
 *
 * Inferred: the largest of 1, 2, 5 x 10^k (1e-9 units) that divides every price of the first rows
 * (100 rows or 10 s of data time, whichever comes first). Later it can only get finer, once three
 * rows lay off the grid. A function of the rows alone, so any batching gives the same step at the
 * same row; and so does a restart that begins with the step that held at its first row. */
#ifndef MARKET_TICK_SIZE_H
#define MARKET_TICK_SIZE_H

#include "quote.h"

#include <stdbool.h>
#include <stdint.h>

enum { TICK_STEPS_MAX = 4 };

struct tick_step {
    int64_t px;
    int64_t from_ns; /* time of its first row; 0: from the beginning */
};

/* The last steps of a ticker, oldest first. */
struct tick_steps {
    int n;
    struct tick_step step[TICK_STEPS_MAX];
};

/* The step that held at ns; before the oldest known one: that. 0: none is known. */
int64_t tick_steps_at(const struct tick_steps *s, int64_t ns);

struct tick_size {
    int64_t px;       /* the step; 0 until known */
    bool fixed;       /* configured: never changes */
    int64_t first_ns; /* of the inference */
    int64_t gcd_px;
    int64_t fits_bid_px, fits_ask_px; /* of the last row that fits the step */
    int rows, off_grid;
    struct tick_steps steps;
};

void tick_size_init(struct tick_size *t, int64_t configured_px, int64_t stored_px); /* 0: none */
/* Takes one row. Returns true when px changed with this row (it holds from this row on; when it
 * becomes known, from the first row on). */
bool tick_size_push(struct tick_size *t, const struct quote *q);
/* Data time moved on to now_ns, or (at_end) no row will follow: may end the first inference. Same
 * return. */
bool tick_size_settle(struct tick_size *t, int64_t now_ns, bool at_end);

#endif
