/* SPDX-License-Identifier: MIT */
/*
 * Sums of rows in blocks of 1 s, 8 s, 64 s ... of data time. [engine] Pure.
 *
 * A block of width w and index k holds the rows of ((k - 1) w, k w], so that windows which begin
 * and end on whole seconds consist of whole blocks. A second is added up row by row, a wider block
 * from the blocks it consists of, each in order: its bits depend on its rows alone. Seconds without
 * rows have no block.
 */
#ifndef MARKET_METER_BLOCKS_H
#define MARKET_METER_BLOCKS_H

#include "metrics_window.h"

enum { BLOCK_LEVELS = 4, BLOCK_WIDTH = 8 /* of a level, in blocks of the level below */ };

struct block {
    int64_t index;
    uint64_t first_seq, n;
    struct carry carry; /* what the rows before it left */
    struct sums sums;   /* the hold of its last row is in it once the next row is known */
};

struct block_list { /* oldest first */
    struct block *block;
    size_t head, n, cap;
};

/* What was in force at a whole second. */
struct second {
    int64_t mid2_px, spread_px; /* 0: none */
    double square;              /* grid_square() from the second before; 0 of the first */
};

/* The seconds [first, end) up to the newest row, by number, in a ring. */
struct seconds {
    struct second *ring; /* owned; NULL until the first row */
    int64_t mask;        /* its length - 1 */
    int64_t first, end;
    uint64_t first_seq; /* of the first row taken */
    bool whole;         /* before `first` there was no row */
};

struct meter {
    struct metrics_config cfg;
    int64_t keep_ns;
    uint64_t next_seq; /* number of the row to come */
    struct carry carry;
    struct block_list level[BLOCK_LEVELS];
    struct seconds seconds;
};

/* What a reading took, for tests. */
struct meter_cost {
    size_t rows, blocks;
};

void meter_read_cost(const struct meter *m, const struct rows *r, const struct window_request *w,
                     struct metrics *out, struct meter_cost *cost_out);

/* ---- meter_seconds.c ---- */

/* The first whole second at or after ts_ns. */
static inline int64_t second_from(int64_t ts_ns)
{
    return (ts_ns + NS_PER_S - 1) / NS_PER_S;
}

/* Row i follows row i - 1, or is the first of all. False: no memory. */
MUST_CHECK bool seconds_take(struct seconds *s, const struct metrics_config *cfg, int64_t keep_ns,
                             const struct rows *r, size_t i, bool is_first);
void seconds_forget(struct seconds *s); /* until the next first row */
void seconds_fini(struct seconds *s);
/* Adds the seconds [from, to), none of them after the newest row of r. False, and nothing was done:
 * not all of them are known. */
MUST_CHECK bool seconds_read(const struct seconds *s, const struct rows *r, int64_t from,
                             int64_t to, struct grid *g);

/* Position in the list (0: its oldest) of the first block that begins after row seq. */
size_t block_list_upper(const struct block_list *l, uint64_t seq);

/* Index of the block of this level that holds time ts_ns. */
int64_t block_index(unsigned level, int64_t ts_ns);

#endif
