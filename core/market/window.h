/* SPDX-License-Identifier: MIT */
/*
 * A ticker's retained quotes as contiguous columns, oldest first, in one arena that workers map
 * read-only. [engine writes; worker reads through window_map()] Pure: memory comes from the caller.
 *
 * A ticker owns one slab, of which it uses the beginning. Rows are appended at its end; evicted
 * rows leave at its front; when the end is reached the rows move, to the slab's start or to a
 * larger slab, and `gen` changes: whoever read the columns meanwhile must throw its result away.
 * Over the arena's size the oldest rows go first; a window much larger than the one that needs room
 * gives half of its slab up.
 */
#ifndef MARKET_WINDOW_H
#define MARKET_WINDOW_H

#include "err.h"
#include "quote.h"

#include <stddef.h>
#include <stdint.h>

struct window;

/* Address space reserved up front; slabs are powers of two, freed slabs are reused and merged. */
struct arena {
    unsigned char *base; /* borrowed; zeroed pages, page-aligned */
    size_t bytes;
    size_t used_bytes;
    struct arena_free *free_lists; /* inside the struct's own heap; NULL when {0} */
    struct window *windows;        /* all that live in it; they must stay where they are */
};

MUST_CHECK bool arena_init(struct arena *a, void *base, size_t bytes, struct err *err);
void arena_fini(struct arena *a);

/* Borrowed columns of n rows; valid until the next window_push() or window_evict(). */
struct rows {
    size_t n;
    uint64_t first_seq; /* number of row 0 since the ticker was first seen */
    const int64_t *ts_ns, *bid_px, *ask_px;
    const double *bid_sz, *ask_sz;
    const uint32_t *flags; /* OFD_ROW_* */
};

struct window {
    struct arena *arena;
    struct window *next, *prev; /* of the arena's */
    uint64_t slab_off;          /* bytes from arena base */
    unsigned order;             /* of the slab, when cap > 0 */
    uint64_t cap;               /* rows that it is laid out for */
    uint64_t head, n;           /* oldest row, rows held */
    uint64_t first_seq;         /* number of the oldest row held */
    uint64_t gen;               /* changes whenever rows move */
    uint64_t dropped;           /* rows lost to the memory cap */
    int64_t dropped_to_ns;      /* newest time lost to the cap; 0 none */
    /* classification of the next row */
    struct window_state *state; /* owned */
};

MUST_CHECK bool window_init(struct window *w, struct arena *a, struct err *err);
void window_fini(struct window *w);

/* Appends *q, classified (OFD_ROW_*: duplicate, one-sided, empty, locked, crossed, wide, gap)
 * against the rows before it. q->ts_ns must not be smaller than the newest row's. Drops the oldest
 * rows when the arena is full, of a much larger window or else of this one; fails (false) only if
 * there are more windows than pages. */
MUST_CHECK bool window_push(struct window *w, const struct quote *q, struct err *err);

/* Drops rows with ts_ns <= before_ns, but keeps the newest of them: it is the state in force. */
void window_evict(struct window *w, int64_t before_ns);

struct rows window_rows(const struct window *w);

/* First index with ts_ns > t (n if none). */
size_t rows_after(const struct rows *r, int64_t t);

/* The same, quick when the answer is near index `hint` <= n. */
size_t rows_after_near(const struct rows *r, int64_t t, size_t hint);

/* The memory of row i, and that which window_push() will change. prefetch.h */
void rows_expect(const struct rows *r, size_t i);
void window_expect(const struct window *w, int step);

/* Median interval between quotes over the last rows, and the silence that counts as a gap:
 * max(floor_ns, 20 x median). A function of the rows pushed so far only. 0 while unknown (< 2
 * rows). */
int64_t window_median_gap_ns(const struct window *w);
int64_t window_gap_limit_ns(const struct window *w, int64_t floor_ns);

/* ---- the same columns seen from another process ------------------------------------------ */

/* What a worker needs to find the rows of one ticker in its own mapping of the arena. */
struct window_ref {
    uint64_t slab_off, cap, head, n, first_seq, gen;
};

struct window_ref window_ref(const struct window *w);
/* False when the ref does not lie inside arena_bytes: the sender is not to be trusted. */
MUST_CHECK bool window_map(const void *base, size_t arena_bytes, const struct window_ref *ref,
                           struct rows *out);

#endif
