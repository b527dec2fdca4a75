/* SPDX-License-Identifier: MIT */
/* `orderflow backtest`: what the detectors find in recorded quotes, and what it was worth.
 * [orderflow] */
#ifndef MAIN_BACKTEST_H
#define MAIN_BACKTEST_H

#include "cli.h"
#include "curve.h"
#include "finding.h"
#include "pattern.h"
#include "quote_files.h"
#include "ticker_files.h"

#include <cjson/cJSON.h>
#include <stdio.h>

enum { LATENCIES_MAX = 8, HORIZONS_MAX = 12, SIDE_MAX = 8, THR_MAX = 17 };

struct backtest_options {
    const char *ticker, *html, *json, *scores, *trials, *truth, *audit;
    int64_t latency_ms[LATENCIES_MAX], horizon_ms[HORIZONS_MAX];
    size_t n_latencies, n_horizons;
    uint64_t seed;
    int64_t day_start_ns; /* after midnight UTC */
    struct quote_files files;
    bool no_null, quiet;
};

/* An episode as the engine told it. */
struct told_episode {
    char *json; /* owned: as a live engine stores it */
    char detector[DETECTOR_ID_MAX], kind[DETECTOR_ID_MAX];
    int32_t side, dir; /* dir as of the peak */
    int64_t price;     /* OFD_NO_PRICE: none */
    int64_t onset_ns, confirmed_ns, last_ns, end_ns;
    double known_value, score; /* score: struct event */
    int32_t known_dir;
    size_t group;
};

/* Episodes of one detector, kind and side; without a side: of one direction. */
struct group {
    char detector[DETECTOR_ID_MAX], kind[DETECTOR_ID_MAX], side[SIDE_MAX], thr[THR_MAX];
    size_t n;
    bool directed;         /* each says where the price should go; else there are no trials */
    struct event *events;  /* owned; n, by confirmed_ns */
    struct trial *trials;  /* owned; [latency][horizon] */
    double *q;             /* owned; of each trial, NaN: not in the family */
    enum finding *verdict; /* owned */
    struct curve_point (*curves)[CURVE_POINTS]; /* owned; per latency */
    struct score_bin (*bins)[SCORE_BINS];       /* owned; per trial; n 0: too few */
    double shuffled_per_h, noise_per_h;         /* NaN: not run */
};

struct told_ticker {
    const char *name;         /* borrowed, as the files are */
    const char *const *files; /* in order of time */
    size_t n_files;
    struct course course;
    struct match match;
    struct bench bench;
    int64_t px_tick;
    cJSON *end;                    /* owned: FRAME_END */
    double shuffled_h, noise_h;    /* length of the null tapes; 0: not run */
    struct told_episode *episodes; /* owned; by confirmed_ns */
    size_t n_episodes, cap_episodes;
    struct group *groups; /* owned; by detector, kind, side */
    size_t n_groups;
};

struct family {
    size_t size, here;    /* all tests that count, and those of this run */
    char log[PATH_BYTES]; /* "": this run alone */
};

struct backtest {
    const struct program *program;
    struct backtest_options o;
    struct file_groups files;    /* owned */
    struct told_ticker *tickers; /* owned; one for each of files */
    size_t n_tickers;
    struct family family;
    struct labels *labels; /* borrowed; with o.truth, else NULL: backtest_label.h */
};

/* backtest_run.c: all of it, from files to table and JSON; o and program are set. Exit status. */
int backtest_files(struct backtest *b, const char *const *files, size_t n);

/* backtest_take.c: runs the engine over the files and takes in what it says. bar: draw progress. */
MUST_CHECK bool backtest_take(const struct backtest *b, struct told_ticker *t, bool bar,
                              struct err *err);
void told_ticker_fini(struct told_ticker *t); /* {0} is fine */

/* backtest_groups.c: sorts the episodes, makes the groups and scores. */
MUST_CHECK bool backtest_group(struct told_ticker *t, struct err *err);
const char *group_side(const struct told_episode *e); /* "bid" "ask" "up" "down" "none" */

/* backtest_judge.c: every trial, curve and bin of a ticker (tests: how many there are of all, so
 * that p can be as small as the family asks for); then, with all tickers, q and verdicts. */
MUST_CHECK bool backtest_try(const struct backtest *b, struct told_ticker *t, size_t tests,
                             FILE *audit, struct err *err);
MUST_CHECK bool backtest_judge(struct backtest *b, struct err *err);

/* backtest_family.c: puts p of every test of this run into the log, and takes what it holds of
 * others. *p_out: all of them, those of this run first, in order of ticker, group, latency and
 * horizon. Owned by the caller. check: could it? The log is as it was. */
MUST_CHECK bool backtest_family_check(const struct backtest *b, struct err *err);
MUST_CHECK bool backtest_family(struct backtest *b, double **p_out, struct err *err);

/* backtest_null.c: episodes per hour of every group where there is nothing to find. */
MUST_CHECK bool backtest_null(const struct backtest *b, struct told_ticker *t, struct err *err);

/* backtest_json.c, backtest_html.c, backtest_scores.c, backtest_text.c */
void backtest_json(const struct backtest *b, struct buf *out);
/* For the page: at most 1,500 episodes of a ticker, evenly chosen, without their evidence. */
void backtest_json_drawn(const struct backtest *b, struct buf *out);
MUST_CHECK bool backtest_html(const struct backtest *b, struct buf *out, struct err *err);
void backtest_scores(const struct backtest *b, struct buf *out);
void backtest_text(const struct backtest *b, struct buf *out);

#endif
