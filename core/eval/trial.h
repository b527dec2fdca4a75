/* SPDX-License-Identifier: MIT */
/*
 * One question: the episodes of one detector, kind and side of one ticker, entered `latency` after
 * they were confirmed, looked at `horizon` later: did the price go where they said, more often than
 * at times like these? [any] Pure.
 *
 * y = dir x (mid at exit - mid at entry). A hit is y > 0; y = 0 counts a half, so that a detector
 * that merely finds lively times gains nothing. lift = mean(hit - mean hit of the baseline draws).
 */
#ifndef EVAL_TRIAL_H
#define EVAL_TRIAL_H

#include "boot.h"
#include "match.h"
#include "ols.h"

#include <stdbool.h>

/* An episode as far as it matters here. */
struct event {
    int64_t confirmed_ns;
    int32_t dir;  /* +1 or -1, as of confirmed_ns */
    double value; /* how strong, as of confirmed_ns */
    double score; /* its percentile among the episodes of its group until then */
};

enum excluded {
    EXCL_SESSION,   /* entry or exit outside the day's quotes */
    EXCL_GAP,       /* a gap within */
    EXCL_HALT,      /* both sides absent for more than 2 s within */
    EXCL_LOCKED,    /* locked or crossed at entry or exit */
    EXCL_ABSENT,    /* a side absent at entry or exit */
    EXCL_OVERLAP,   /* within the horizon of the last one counted */
    EXCL_UNMATCHED, /* no 60 s before it, or nothing like it */
    EXCLUDED
};
const char *excluded_name(enum excluded e);

/* What was seen of one episode. */
struct sight {
    size_t event;
    uint32_t block;          /* day, or half hour */
    uint32_t point;          /* grid point at or before entry */
    double y, net;           /* ticks; net: less half the spread at entry and at exit */
    double bps;              /* y of the mid at entry */
    double hit;              /* 0, 1/2, 1 */
    double base_hit, base_y; /* means of the draws */
    double mfe, mae;         /* farthest with and against dir, ticks, >= 0 */
};

struct estimate {
    double value, se;
    struct interval ci;
};

struct trial {
    int64_t latency_ms, horizon_ms; /* horizon: whole seconds */
    size_t n_events, n;             /* all of the group; used */
    size_t excluded[EXCLUDED];
    size_t wider; /* matched with a condition left out */
    size_t n_days, n_blocks;
    double hit, base_hit, bps, base_y, mfe, mae;
    struct estimate lift, ticks, net, lift_ticks, ic; /* ic.se is not set */
    double p; /* circular shift, one-sided: as much lift by chance; NaN: no statistic */
    uint64_t shifts;
    double shift_stat;       /* mean residual, see match_residuals() */
    struct ols ols;          /* y ~ 1 episode prior ofi_z qi, the last three times dir */
    bool has_ols, redundant; /* has_ols: from two clusters on, and columns that vary */
    size_t ols_rows;
};

/* What all trials of a ticker share. */
struct bench {
    const struct course *c;
    const struct match *m;
    double px_tick;
    bool by_day; /* blocks are days; else half hours */
    size_t n_blocks;
    uint32_t *day_block; /* owned: first block of each day */
    uint64_t seed;
    uint64_t shifts_max; /* 9999 unless set */
};

/* c and m are borrowed. Blocks are days if there are ten, else half hours. */
MUST_CHECK bool bench_init(struct bench *b, const struct course *c, const struct match *m,
                           double px_tick, uint64_t seed, struct err *err);
void bench_fini(struct bench *b); /* {0} is fine */

/* Buffers of one trial, kept for the next; {0} to begin with. */
struct trial_room {
    struct sight *sights; /* those used, in order of entry: n of the trial */
    size_t cap;
    double *design, *response; /* rows of the regression, and cluster of each */
    uint32_t *cluster;
    size_t cap_rows;
    double *scratch;
    size_t cap_scratch;
};
void trial_room_fini(struct trial_room *r);

/* events: of one group, by confirmed_ns. label: names the sequences of random numbers, with
 * "/base", "/lift", "/shift" ... behind it. residuals: of this horizon. */
MUST_CHECK bool trial_run(const struct bench *b, const struct event *events, size_t n,
                          const float *residuals, const char *label, struct trial *t,
                          struct trial_room *room, struct err *err);

/* trial_shift.c: sets p, shifts and shift_stat. */
void trial_shift(const struct bench *b, const struct event *events, const float *residuals,
                 uint64_t seed, const struct trial_room *room, struct trial *t);

#endif
