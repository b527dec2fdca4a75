/* SPDX-License-Identifier: MIT */
/* What a backtest found, held against what was planted (eval/truth.h). [orderflow] */
#ifndef MAIN_BACKTEST_LABEL_H
#define MAIN_BACKTEST_LABEL_H

#include "backtest.h"
#include "jput.h"
#include "truth_file.h"

enum { LABEL_TOLERANCE_MS = 2000, LABEL_TOLERANCE_TICKS = 1 };

/* One detector (empty: none reported such a pattern), kind and side ("bid" "ask" "up" "down"
 * "none"). */
struct label_row {
    char detector[DETECTOR_ID_MAX], kind[DETECTOR_ID_MAX];
    const char *side;
    struct truth_score score;
    double delay_s; /* from a thing's onset to its episode being known, median; NaN: none */
};
struct labels {
    struct truth_file truth;
    struct label_row *rows; /* owned */
    size_t n, planted, incidental;
    size_t unplanted; /* episodes of kinds of which nothing was planted */
};

/* Reads b->o.truth, if given; the run's tickers are known, and there is one. */
MUST_CHECK bool backtest_label_open(struct backtest *b, struct err *err);
/* Fills b->labels, if there are any, from that ticker. */
MUST_CHECK bool backtest_label(struct backtest *b, struct err *err);
void labels_fini(struct labels *l); /* {0} is fine */

void labels_text(const struct labels *l, struct buf *out);
void labels_json(const struct labels *l, struct jput *in); /* member "truth" */

#endif
