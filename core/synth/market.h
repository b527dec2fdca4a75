/* SPDX-License-Identifier: MIT */
/*
 * A touch whose queues react to their own size (Huang, Lehalle, Rosenbaum: "Simulating and
 * analyzing order book data: the queue-reactive model", 2015), in steps of a millisecond. [any]
 * Pure; whole numbers only, so that a seed gives the same market everywhere.
 *
 * With x = queue / mean queue, orders come to a side at the rates (parts of `per_ms`):
 *   limit 1/4, cancel 0.15 x, trade 0.2 / (1 + x), their sizes exponential around mean / 5.
 * So a queue that is short grows, and traders hurry for one that is nearly gone. A queue that
 * empties moves its side by a tick and the spread to two; then either side steps in with the same
 * chance. New queues are drawn anew.
 */
#ifndef SYNTH_MARKET_H
#define SYNTH_MARKET_H

#include <stdbool.h>
#include <stdint.h>

enum { BID, ASK, SIDES };
enum { LEAN_MAX = 256 };

struct market {
    uint64_t random;
    int64_t ticks[SIDES], lots[SIDES]; /* price and size of the touch */
    int64_t mean;                      /* lots of a queue as it usually is, >= 5 */
    uint64_t per_ms;                   /* chance of an order in a ms, both sides, of 2^32 */
    int32_t lean;       /* -LEAN_MAX .. LEAN_MAX: the price is pushed up (> 0) or down */
    int64_t order_size; /* of an order, in units of mean / 5 / 256; usually 256 */
    bool held[SIDES];   /* the side is moved by its owner alone */
    bool pinned;        /* no order empties a queue */
    bool stale;         /* set it after any change from outside: rates are made anew */
    uint64_t rates[2 * 3 + 1], total; /* of 2^32: limit, cancel, trade per side; stepping in */
};

/* A market with fresh queues, one tick wide. */
void market_init(struct market *m, uint64_t seed, int64_t bid_ticks, int64_t mean, uint64_t per_ms);
/* Queues are drawn anew, as overnight; prices stay, one tick wide. */
void market_reopen(struct market *m);
/* A millisecond: at most one order. True when price or size has changed. */
bool market_step(struct market *m);

/* Size of a queue that is new, and of an order, in lots. */
int64_t market_fresh(struct market *m);
int64_t market_order(struct market *m);

/* The size at the touch; at least a lot. */
void market_set(struct market *m, int side, int64_t lots);
/* The touch of the other side is eaten, and both prices are a tick further: up (+1) or down (-1).
 */
void market_push(struct market *m, int dir);

#endif
