/* SPDX-License-Identifier: MIT */
/* Metrics, behaviours and levels of a ticker, kept up row by row. [engine] Pure.
 *
 * Sums live in blocks aligned to data time (1 s, 8 s, 64 s ...), each added up in row order, and a
 * window is the sum of its blocks in fixed order plus the rows at its edges: the cost of a tick
 * does not grow with the rows of a window, and a restart from the same rows gives the same bits. */
#ifndef MARKET_METRICS_H
#define MARKET_METRICS_H

#include "market.h"
#include "window.h"

struct metrics_config {
    double
        large_sz; /* 10000: "large order", edge-triggered, re-armed below 70 % or by a new price */
    double jump_sz;       /* 15000: last_sweep */
    int64_t gap_floor_ns; /* stale_ms */
};

/* Metrics of (now_ns - seconds, now_ns] over all rows given, straight from the definition: the
 * reference that the incremental form is tested against, and what the golden comparison with the
 * peer uses. */
void metrics_scan(const struct rows *r, int64_t now_ns, int64_t seconds, int64_t px_tick,
                  const struct metrics_config *cfg, struct metrics *out);

struct meter; /* opaque: blocks of one ticker */

struct meter *meter_create(const struct metrics_config *cfg, int64_t keep_ns); /* NULL: no memory */
void meter_destroy(struct meter *m);

/* Takes rows [from_seq, end) of the window, each exactly once and in order. */
MUST_CHECK bool meter_push(struct meter *m, const struct rows *r, uint64_t from_seq,
                           struct err *err);

/* Equal to metrics_scan() of the same rows, bit for bit in integers, 1e-9 relative in doubles. What
 * had to be added up anew is kept in m for the next time. */
void meter_read(struct meter *m, const struct rows *r, int64_t now_ns, int64_t seconds,
                int64_t px_tick, struct metrics *out);

/* Behaviours from the metrics of the shortest, middle and longest standard window (10, 60, 300 s);
 * UNKNOWN when coverage < .5, states too few, or `unknown` (stale, degraded). Keeps since_ns of
 * values that did not change since *prev. */
void behaviors_read(const struct rows *r, int64_t now_ns, const struct metrics *w10,
                    const struct metrics *w60, const struct metrics *w300, bool unknown,
                    const struct behaviors *prev, struct behaviors *out);

/* The memory that meter_read() of that window will read. prefetch.h; r are the rows so far. */
void meter_expect(const struct meter *m, const struct rows *r, int64_t now_ns, int64_t seconds,
                  int step);

struct level_book; /* opaque: levels of one ticker, both sides */

struct level_book *level_book_create(void);
void level_book_destroy(struct level_book *b);
MUST_CHECK bool level_book_push(struct level_book *b, const struct rows *r, uint64_t from_seq,
                                int64_t px_tick, struct err *err);
/* The memory that it will change. prefetch.h */
void level_book_expect(const struct level_book *b, int step);
/* Up to LEVELS_MAX strongest of a side (OFD_BID, OFD_ASK) alive at now_ns, strongest first. */
int level_book_read(const struct level_book *b, int side, int64_t now_ns,
                    struct level out[LEVELS_MAX]);
/* Both sides, bid first, ranked once. What order they were in is kept in b for the next time. */
void level_book_read_both(struct level_book *b, int64_t now_ns, struct level out[2][LEVELS_MAX],
                          int n_out[2]);
/* It will be read (prefetch.h): steps 1, 2. */
void level_book_expect_read(const struct level_book *b, int step);

/* A degrading cause of quality.def in the last 10 s, or a book crossed for 2 s. */
bool quality_degraded(const struct rows *r, const struct window *w, int64_t now_ns);
/* The one cause that can come later for the same now_ns: rows of these 10 s were dropped. */
bool quality_lost(const struct window *w, int64_t now_ns);

void quality_set_bits(struct quality *q); /* by its counts */

/* Counts and bits of the rows in (now - seconds, now], from their flags, and `truncated` from what
 * the window lost; all else is 0. r are the window's rows. Who knows of late, future and malformed
 * quotes adds them afterwards, and sets the bits again. */
void quality_read(const struct rows *r, const struct window *w, int64_t now_ns, int64_t seconds,
                  struct quality *out);

#endif
