/* SPDX-License-Identifier: MIT */
/* The insides of a level book. [engine] Pure. */
#ifndef MARKET_LEVEL_BOOK_H
#define MARKET_LEVEL_BOOK_H

#include "metrics.h"

enum { SIDE_LEVELS_MAX = 512 /* the weakest goes */ };

#define LEVEL_NS_PER_S ((int64_t)1000000000)
#define LEVEL_BROKEN_NS (600 * LEVEL_NS_PER_S)     /* a broken level is kept this long */
#define LEVEL_FORGET_NS (3600 * LEVEL_NS_PER_S)    /* an untouched one this long */
#define LEVEL_HALF_LIFE_NS (1200 * LEVEL_NS_PER_S) /* of strength */
#define LEVEL_AWAY_NS (5 * LEVEL_NS_PER_S)         /* a side absent for longer ends a visit */

struct level_entry {
    struct level l; /* avg_sz, dwell_ms and strength are filled in on reading */
    int64_t dwell_ns;
    double sz_s;       /* size times seconds */
    int64_t broken_ns; /* 0: not broken */
};

/* One side. The level visited now is known by its price, as entries move. */
struct level_side {
    struct level_entry *entry; /* owned; by price, rising */
    size_t n, cap;
    int64_t visit_px; /* 0: none */
    size_t visit_at;  /* where it most likely stands */
    int64_t px;       /* of the newest row; 0: absent */
    double sz;
    int64_t ts_ns;            /* of the newest row */
    int64_t seen_ns, seen_px; /* of the newest row that had this side */
};

enum { LEVEL_ORDER_MAX = 128 };

/* In what order n levels alive were when they were last read, by their numbers: much the same as
 * the next time. Of more it is not kept. */
struct level_order {
    uint8_t n, by_touches[LEVEL_ORDER_MAX], by_size[LEVEL_ORDER_MAX];
};

struct level_book {
    struct level_side side[2]; /* bid, ask */
    struct level_order order;
};

/* The side's entry at exactly px, or NULL. */
struct level_entry *level_side_find(const struct level_side *s, int64_t px);

bool level_alive(const struct level_entry *e, int64_t now_ns);

/* How long the newest row of the side, at its visited level, has been in force. */
int64_t level_hold_ns(const struct level_side *s, int64_t until_ns);

#endif
