/* SPDX-License-Identifier: MIT */
/* Quotes to test with, as columns: made from a seed, or read from a file. [orderflow,
 * orderflow-check] Pure but for reel_read(). */
#ifndef CHECK_REEL_H
#define CHECK_REEL_H

#include "err.h"

#include <stddef.h>
#include <stdint.h>

struct reel {
    size_t n, cap;
    int64_t px_tick;
    int64_t *ts_ns, *bid_px, *ask_px; /* owned; room for cap + REEL_SLACK rows */
    double *bid_sz, *ask_sz;
    uint32_t *flags;
};

/* Rows that stand behind the last one, so that reading one too far is no fault by itself. */
enum { REEL_SLACK = 64 };

/* The state of a random sequence; any value is a seed. */
uint64_t reel_random(uint64_t *state);
double reel_uniform(uint64_t *state); /* [0, 1) */
double reel_normal(uint64_t *state);

/* Room for n rows; false: no memory. */
MUST_CHECK bool reel_init(struct reel *t, size_t n, struct err *err);
void reel_fini(struct reel *t); /* {0} is fine */

/* A market in which much happens, about 10 rows a second, every row well formed: positive sizes and
 * prices, spread of at least a tick, times that grow. Regimes follow each other: calm, walls,
 * growing and collapsing sizes, trends, sweeps, flicker, refills, heartbeats. Sizes are multiplied
 * by `size`. */
MUST_CHECK bool reel_lively(struct reel *t, size_t n, uint64_t seed, double size, struct err *err);

/* Rows no broker should send, each well formed by itself: flat, gapped, locked, crossed, absent
 * sides, sizes of 0 and 1e15, prices at both ends and below 0. Times grow. */
MUST_CHECK bool reel_odd(struct reel *t, size_t n, uint64_t seed, struct err *err);

/* A random walk in ticks without information: sizes lognormal (sigma 0.6) around mean_size, `rate`
 * rows a second, evenly spaced. */
MUST_CHECK bool reel_noise(struct reel *t, size_t n, uint64_t seed, double mean_size, unsigned rate,
                           int64_t px, int64_t px_tick, struct err *err);

/* Blocks of block_ns of `from` in random order: each keeps its changes of price and size, and
 * begins where the block before it ended. */
MUST_CHECK bool reel_shuffle(struct reel *t, const struct reel *from, uint64_t seed,
                             int64_t block_ns, struct err *err);

/* Sets OFD_ROW_* as the host would; gaps stay as they are, nothing is wide. */
void reel_classify(struct reel *t);
/* The last row again as slack; call it after rows were changed. */
void reel_pad(struct reel *t);

#endif
