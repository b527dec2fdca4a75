/* SPDX-License-Identifier: MIT */
/* Rows made by hand, by chance or from a recording, in a window of their own. */
#ifndef TEST_MARKET_TAPE_H
#define TEST_MARKET_TAPE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "metrics.h"
#include "orderflow/detector.h"

#define MS(x) ((int64_t)(x)*1000000)
#define SECONDS(x) MS((int64_t)(x)*1000)
#define TICK_PX INT64_C(10000000)
#define PX(cents) ((int64_t)(cents)*TICK_PX)

struct tape {
    void *memory;
    struct arena arena;
    struct window window;
};

void tape_init(struct tape *t, size_t bytes);
void tape_fini(struct tape *t);

/* Prices in cents; 0: the side is absent. */
void tape_push(struct tape *t, int64_t ts_ms, int bid, double bid_sz, int ask, double ask_sz);

/* Deterministic chance: the next number in [0, below). */
uint32_t chance(uint64_t *state, uint32_t below);

/* n rows of a walk with ties, repeats, one-sided, empty, locked, crossed, wide rows and gaps,
 * beginning after from_ms. Returns the time of the last one. */
int64_t tape_push_random(struct tape *t, uint64_t *state, size_t n, int64_t from_ms);

/* The first n rows of a recording in the test data; all of them when there are fewer. */
void tape_push_file(struct tape *t, const char *name, size_t n);

/* The settings the engine has by default. */
extern const struct metrics_config tape_config;

#endif
