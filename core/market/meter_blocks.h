/* SPDX-License-Identifier: MIT */
/*
 * Sums of rows in blocks of 1 s, 8 s, 64 s ... of data time. [engine] Pure.
 *
 * A block of width w and index k holds the rows of ((k - 1) w, k w], so that windows which begin
 * and end on whole seconds consist of whole blocks. A second is added up row by row, a wider block
 * from the blocks it consists of, each in order: its bits depend on its rows alone. Seconds without
 * rows have no block.
 *
 * Seconds of few rows that have long passed are kept no more: the wider blocks are, and a reading
 * that ends amid one of those adds up its seconds anew, which has the same bits.
 */
#ifndef MARKET_METER_BLOCKS_H
#define MARKET_METER_BLOCKS_H

#include "metrics_window.h"

enum { BLOCK_LEVELS = 4, BLOCK_WIDTH = 8 /* of a level, in blocks of the level below */ };

/* Which rows a block holds. Apart from their sums: blocks are looked for more often than added. */
struct block {
    int64_t index;
    uint64_t first_seq, n;
};

struct block_list { /* a ring, oldest first */
    struct block *block;
    struct sums *sums; /* of each; the hold of its last row is in it once the next row is known */
    size_t head, n, cap;
    int64_t first_index; /* of the oldest */
};

/* What the rows before a row left: whence a part of a second is added up. */
struct mark {
    uint64_t seq; /* of that row, the first of its second */
    struct carry carry;
};

struct mark_list { /* oldest first */
    struct mark *mark;
    size_t head, n, cap;
};

/* The seconds of a wider block, added up anew. */
struct parts {
    size_t n;
    struct block block[BLOCK_WIDTH];
    struct sums sums[BLOCK_WIDTH];
};

enum { PARTS_KEPT = 2 /* as many windows may begin far back */ };

/* Whose seconds these are. Apart from them, to be looked through without touching any. */
struct parts_key {
    int64_t index;      /* of that block, of level 1; 0: of none */
    uint64_t first_seq; /* its rows */
    uint64_t rows;
    uint64_t used; /* when: the number of that reading */
};

/* In force from a whole second on, until the next run. */
struct spread_run {
    int64_t spread_px; /* 0: none; NO_MID: no mid either */
    int64_t from;      /* that second */
};

#define NO_MID INT64_C(-1)

/* The seconds [first, end) up to the newest row, by number. */
struct seconds {
    double *square; /* owned: a ring. grid_square() from the second before; 0 of the first. NULL
                       until the first row */
    int64_t cap;    /* its length */
    int64_t first, end;
    struct spread_run *run; /* owned; oldest first: [head, head + n_runs) */
    size_t head, n_runs, cap_runs;
    int64_t mid2_px;    /* at second end - 1; 0: none */
    uint64_t first_seq; /* of the first row taken */
    bool whole;         /* before `first` there was no row */
};

struct meter {
    struct metrics_config cfg;
    int64_t keep_ns;
    uint64_t next_seq; /* number of the row to come */
    struct carry carry;
    struct block_list level[BLOCK_LEVELS];
    struct mark_list marks;
    struct seconds seconds;
    struct parts *parts; /* owned: PARTS_KEPT; readings change them. NULL: none yet */
    struct parts_key parts_of[PARTS_KEPT];
    uint64_t parts_used; /* so many times */
};

/* What a reading took, for tests. */
struct meter_cost {
    size_t rows, blocks;
};

void meter_read_cost(struct meter *m, const struct rows *r, const struct window_request *w,
                     struct metrics *out, struct meter_cost *cost_out);

/* Of the block of the next level that the one of that index is part of. */
static inline int64_t wider_index(int64_t index)
{
    return (index + BLOCK_WIDTH - 1) / BLOCK_WIDTH;
}

/* ---- meter_lists.c ---- */

/* Where block i < n of the list lies in its arrays. */
static inline size_t block_at(const struct block_list *l, size_t i)
{
    size_t at = l->head + i;
    return at < l->cap ? at : at - l->cap;
}

static inline const struct block *block_get(const struct block_list *l, size_t i)
{
    return &l->block[block_at(l, i)];
}

/* At the end of a list that never holds more than `most`; its sums are not set. False: no memory.
 */
MUST_CHECK bool block_list_append(struct block_list *l, const struct block *b, size_t most);
/* The oldest blocks with an index of at most `index` go. */
void block_list_prune(struct block_list *l, int64_t index);
void block_list_fini(struct block_list *l);
/* Position in the list (0: its oldest) of the first block that begins after row seq. */
size_t block_list_upper(const struct block_list *l, uint64_t seq);

/* The row is the first of its second: a mark, unless one is near and none must be. False: no
 * memory. */
MUST_CHECK bool mark_list_note(struct mark_list *l, uint64_t seq, const struct carry *c, bool must);
/* Marks before the newest one that lies at or before row seq go. */
void mark_list_prune(struct mark_list *l, uint64_t seq);
void mark_list_fini(struct mark_list *l);
/* The newest mark at or before row seq; NULL: there is none. */
const struct mark *mark_list_find(const struct mark_list *l, uint64_t seq);

/* ---- meter_parts.c ---- */

/* The seconds of a block of level 1 all of whose rows are in r. NULL: no memory. */
const struct parts *parts_get(struct meter *m, const struct rows *r, const struct block *b,
                              struct meter_cost *cost);
/* The same if they have been added up. NULL: they have not. */
const struct parts *parts_known(const struct meter *m, const struct block *b);
void parts_forget(struct meter *m);

/* Index of the block of this level that holds time ts_ns. */
int64_t block_index(unsigned level, int64_t ts_ns);

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

#endif
