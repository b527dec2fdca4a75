/* SPDX-License-Identifier: MIT */
/* What the price of one ticker did: as a step function, and once a second. [any] Pure.
 *
 * Days begin at day_start_ns after midnight UTC; nothing is compared across their ends. A gap is
 * the time before a row flagged OFD_ROW_GAP; a halt, more than 2 s with both sides absent. */
#ifndef EVAL_COURSE_H
#define EVAL_COURSE_H

#include "err.h"
#include "quote.h"

#include <stddef.h>

enum { PRIOR_S = 60, OFI_S = 10 };

enum step_kind { STEP_OK, STEP_LOCKED, STEP_CROSSED, STEP_ABSENT, STEP_EMPTY };

/* The book from ts_ns on, as far as prices go. */
struct step {
    int64_t ts_ns, bid_px, ask_px;
    enum step_kind kind;
};

struct span { /* open at both ends */
    int64_t from_ns, to_ns;
};
struct spans {
    struct span *items; /* owned, in order */
    size_t n, cap;
};

struct day {
    int64_t number;            /* days since 1970, as shifted by day_start_ns */
    int64_t first_ns, last_ns; /* of its rows */
    int64_t first_s;           /* the second, since 1970, of its first grid point */
    size_t off, n;             /* its grid points */
};

/* The state in force at a whole second, rows of that very time included. */
struct grid_point {
    int64_t sum_px;  /* bid + ask; 0: no mid (see course_mid()) */
    int64_t ask_px;  /* of the same state */
    float qi;        /* (bid - ask size) / (bid + ask size) */
    float ofi;       /* order flow of the last OFI_S s / mean queue; NaN: not known */
    uint32_t broken; /* how many seconds of gaps and how many halts lie before it */
};

struct course {
    int64_t day_start_ns;
    struct step *steps; /* owned */
    size_t n_steps, cap_steps;
    struct spans gaps, halts;
    struct day *days; /* owned */
    size_t n_days, cap_days;
    struct grid_point *grid; /* owned */
    size_t n_grid, cap_grid;
    uint64_t n_rows;
    struct course_now {
        struct quote q;     /* last row */
        int64_t valid_ns;   /* last time both sides stood, unlocked */
        struct step valid;  /* that state */
        int64_t empty_ns;   /* since when both sides are absent; 0: not */
        int64_t next_s;     /* grid second to be filled next */
        double flow, queue; /* order flow of the running second; queue now */
        double ring_flow[OFI_S], ring_queue[OFI_S];
        uint32_t seconds; /* filled since the day began or data broke */
        uint32_t broken;
    } now;
};

void course_fini(struct course *c); /* {0} is fine; set day_start_ns before the first row */
/* Rows in order of time, with the flags of market/window.h. */
MUST_CHECK bool course_push(struct course *c, const struct quote *q, struct err *err);
/* No more rows: fills the last day's grid. */
MUST_CHECK bool course_end(struct course *c, struct err *err);

/* Index of the day that holds t, or SIZE_MAX. */
size_t course_day(const struct course *c, int64_t t_ns);

/* The mid in force at t: of the last row at or before t. With a side absent it is that of the last
 * state with both, if that is at most 5 s old. */
enum mid_status { MID_OK, MID_LOCKED /* or crossed */, MID_ABSENT };
struct mid {
    int64_t sum_px, spread_px; /* bid + ask, ask - bid */
    size_t step;               /* the one in force */
};
enum mid_status course_mid(const struct course *c, int64_t t_ns, struct mid *out);

/* Does a gap (a halt) touch [from, to]? */
bool spans_touch(const struct spans *s, int64_t from_ns, int64_t to_ns);

/* Largest and smallest bid + ask of valid states in (from, to], that in force at from included. */
void course_extremes(const struct course *c, const struct mid *from, int64_t to_ns, int64_t *lo_out,
                     int64_t *hi_out);

/* From grid point i to i + s of the same day nothing is broken, both have a mid. */
bool course_clean(const struct course *c, const struct day *d, size_t i, size_t s);

double course_hours(const struct course *c); /* of all days, first to last row */

#endif
