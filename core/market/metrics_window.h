/* SPDX-License-Identifier: MIT */
/* Metrics of one window, whichever way its rows are added up. [engine] Pure. */
#ifndef MARKET_METRICS_WINDOW_H
#define MARKET_METRICS_WINDOW_H

#include "metrics_stat.h"
#include "metrics_sums.h"

#define NS_PER_S ((int64_t)1000000000)

/* The rows of (start_ns, now_ns]. Row begin - 1, if any, was in force when the window began. */
struct span {
    int64_t start_ns, now_ns;
    size_t begin, end;
    int64_t stale_ns; /* when row end - 1 stops being in force, should nothing follow */
};

/* Values in force at whole seconds of the window, oldest first. */
enum { GRID_MAX = 3602 };

struct grid {
    int64_t mid2_px; /* of the second before; 0: none */
    double squares;  /* of mid changes, bps */
    int64_t changes;
    size_t n; /* spreads, in so many runs of equal ones */
    size_t runs;
    struct value_run spread[GRID_MAX];
};

/* The next second: bid + ask (0: no mid) and the spread (0: none). */
void grid_add(struct grid *g, int64_t mid2_px, int64_t spread_px);

/* The square of the mid's change in bps; 0 when either is not known. */
double grid_square(int64_t before2_px, int64_t mid2_px);
/* Sizes of a half of the rows. */
struct half_side {
    double sz;
    int64_t rows; /* that have the side */
};

struct half {
    struct half_side bid, ask;
};

void half_add_rows(struct half *h, const struct rows *r, size_t from, size_t to);
void half_add_sums(struct half *h, const struct sums *s);
void half_add_half(struct half *h, const struct half *other);

/* The two ways. */
struct adder {
    void *ctx;
    const struct metrics_config *cfg;
    size_t (*rows_after)(const void *ctx, const struct rows *r, int64_t t); /* as window.h says */
    /* Events of the window's rows, and holds of those of them that have a successor in it; of the
     * rows before `middle` <= sp->end the sizes, too. */
    void (*add_rows)(void *ctx, const struct rows *r, const struct span *sp, size_t middle,
                     struct sums *into, struct half *older);
    /* grid_add() for every whole second in [start_ns, now_ns]. */
    void (*add_grid)(void *ctx, const struct rows *r, const struct span *sp, struct grid *g);
};

struct window_request {
    int64_t now_ns, seconds, px_tick;
};

void metrics_window(const struct adder *a, const struct rows *r, const struct window_request *w,
                    struct metrics *out);

/* metrics_scan.c: grid_add() for every whole second of the window up to `last`, from its rows. */
void grid_walk(const struct metrics_config *cfg, const struct rows *r, const struct span *sp,
               int64_t last, struct grid *g);

/* grid_add() of row i, which is in force until end_ns, for the seconds *second .. last. */
void grid_add_row(struct grid *g, const struct rows *r, size_t i, int64_t end_ns, int64_t *second,
                  int64_t last);

#endif
