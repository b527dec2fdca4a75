/* SPDX-License-Identifier: MIT */
/* What the parts of window.h share: slabs of the arena, and the running state behind row flags.
 * [engine] Pure. */
#ifndef MARKET_WINDOW_INTERNAL_H
#define MARKET_WINDOW_INTERNAL_H

#include "window_flags.h"

enum { ARENA_PAGE_BYTES = 4096, ARENA_ORDERS = 31 };

/* A slab of order k is 2^k pages. */
static inline size_t arena_slab_bytes(unsigned order)
{
    return (size_t)ARENA_PAGE_BYTES << order;
}

/* False when no free block is large enough. */
MUST_CHECK bool arena_take(struct arena *a, unsigned order, uint64_t *off_out);
/* The slab grows by its own size, in place. False: what lies behind it is not free. */
MUST_CHECK bool arena_extend(struct arena *a, uint64_t off, unsigned order);
void arena_give(struct arena *a, uint64_t off, unsigned order);

struct window_state; /* intervals, spreads and flags of the rows pushed so far */

struct window_state *window_state_create(void); /* NULL: no memory */
void window_state_destroy(struct window_state *s);

/* The OFD_ROW_* of q but OFD_ROW_DUPLICATE; q then is part of the state. dt_ns: since its
 * predecessor, < 0: it has none. */
uint32_t window_state_classify(struct window_state *s, int64_t dt_ns, const struct quote *q);
void window_state_expect(const struct window_state *s, int step); /* of window_expect() */
struct flag_counts *window_state_flags(struct window_state *s);
int64_t window_state_median_gap_ns(const struct window_state *s);
int64_t window_state_gap_limit_ns(const struct window_state *s, int64_t floor_ns);

#endif
