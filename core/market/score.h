/* SPDX-License-Identifier: MIT */
/* What an evaluation (`orderflow backtest --scores`) found about the patterns of a detector: read
 * from its file, handed on with a ticker's state, shown beside each pattern. [any] Pure. */
#ifndef MARKET_SCORE_H
#define MARKET_SCORE_H

#include "buf.h"
#include "pattern.h"
#include "quote.h"

enum { SCORES_MAX = 24, SCORE_SIDE_MAX = 8, SCORE_VERDICT_MAX = 16, SCORE_THR_MAX = 17 };

struct score {
    char detector[DETECTOR_ID_MAX], kind[DETECTOR_ID_MAX];
    char side[SCORE_SIDE_MAX];       /* bid ask; up down: by direction, where there is no side */
    char verdict[SCORE_VERDICT_MAX]; /* EDGE, GROSS-ONLY, NO EDGE, REDUNDANT, INSUFFICIENT */
    int64_t n, latency_s, horizon_s; /* episodes looked at, when they were entered and left */
    double lift, lo, hi;             /* of the hit rate over the baseline, as a part of 1; lo and hi
                                        NaN: too little for an interval */
};

/* One line of a file of scores: good for this ticker under these thresholds alone. */
struct score_entry {
    char ticker[TICKER_MAX], thr[SCORE_THR_MAX];
    struct score s;
};
struct score_file {
    struct score_entry *items; /* owned */
    size_t n;
};
void score_file_fini(struct score_file *f); /* {0} is fine */
/* The text of such a file, version 1. False: it is none, or something in it is not as it is
 * written; *out is {0} then. */
MUST_CHECK bool score_file_read(struct score_file *out, const char *text, size_t n,
                                struct err *err);
void score_entry_put(const struct score_entry *e, struct buf *out); /* one object of it */

/* The list a state carries, both ways. */
void scores_put_one(const struct score *s, struct buf *out); /* an object */
void scores_put(const struct score *s, int n, struct buf *out);
MUST_CHECK bool scores_get(struct score out[SCORES_MAX], int *n_out, const char *text, size_t n,
                           struct err *err);

/* The score of an episode of that detector (NULL: any), kind, side and direction, or NULL. */
const struct score *score_find(const struct score *s, int n, const char *detector, const char *kind,
                               int32_t side, int32_t dir);

#endif
