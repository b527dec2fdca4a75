/* SPDX-License-Identifier: MIT */
/*
 * One ticker inside the engine: quotes in, boundaries taken, rows kept, judged by each detector in
 * its own time. [engine]
 *
 * A boundary is taken once (its rows enter the window) and then waits in `queue` until every
 * detector has judged it; a detector's `next` is its place there. So a slow detector is late only
 * for itself.
 */
#ifndef MAIN_TICKER_H
#define MAIN_TICKER_H

#include "episode.h"
#include "feed.h"
#include "metrics.h"
#include "report.h"
#include "ring.h"
#include "settings.h"
#include "tick_size.h"

struct boundary {
    int64_t ns;
    uint64_t end_seq; /* rows before this number lie at or before it */
    int64_t px_tick;  /* 0: not known yet, may not be judged */
    int64_t gap_limit_ns;
};

/* How far one detector is with this ticker. */
struct judging {
    struct tracker *tracker; /* owned; NULL: not run for this ticker */
    uint64_t next;           /* number of the first boundary not judged */
    uint64_t last_end_seq;   /* of the last one judged; 0 none */
    int64_t last_ns;
    int64_t
        from_ns; /* what it says about rows before this is not counted (their past is unknown) */
    bool needs_priming; /* a fresh instance, that has seen nothing yet */
    bool no_instance;   /* its create() refused this ticker */
    bool one_by_one;    /* boundaries are not judged several at once any more */
    int64_t primed_ns;  /* how far a fresh instance has been shown what lies before last_ns */
    bool settled;       /* restored episodes were confirmed or ended */
    bool open;          /* the engine has it among those to be judged by this detector */
    uint64_t skipped;   /* boundaries never judged */
};

struct changes { /* episodes changed since the last write, newest state each */
    struct episode *items;
    size_t *detector; /* of each */
    size_t n, cap;
};

/* What the feed had counted at a time: the difference says what came since. */
struct feed_mark {
    int64_t ns;
    int64_t late, future, malformed, lost;
};

struct ticker {
    char name[TICKER_MAX];
    uint32_t id;
    struct stream *stream;
    struct window window;
    struct meter *meter;
    struct level_book *levels;
    struct tick_size tick;
    char size_unit[8]; /* as configured; "": not at all */
    char thr[16];      /* calibrated thresholds in force: "cal#9f3a"; "": none */
    uint64_t measured_seq, leveled_seq;
    struct metrics standard[3];          /* of 10, 60 and 300 s, as of standard_ns */
    bool degraded;                       /* quality_degraded(), likewise */
    int64_t standard_ns;                 /* 0: never */
    int64_t taken_ns;                    /* last boundary; 0 none */
    int64_t queued_ns;                   /* last boundary or cut that was put into the queue; */
    uint64_t queued_seq;                 /* rows before this number lie before it */
    int64_t median_gap_ns, gap_limit_ns; /* as of taken_ns */
    struct boundary *queue;
    uint64_t queue_first; /* number of queue[0] */
    size_t n_queue, cap_queue;
    struct judging *judging; /* one per detector */
    size_t n_judging;
    int64_t history_ns; /* the first row that was asked for */
    bool has_older;     /* Redis had rows before it */
    bool dirty;         /* a boundary was taken since the last report */
    bool has_news;      /* its number is in ticker_env.news */
    struct behaviors behaviors;
    struct pressure pressure;
    struct changes changes;
    struct score *scores; /* owned: SCORES_MAX; NULL: none yet */
    int n_scores;
    uint64_t scores_key;       /* of what they were chosen by */
    struct feed_mark marks[2]; /* older, newer: a longest window apart */
    uint64_t backfill_end;     /* boundaries before this number came from history; UINT64_MAX: still
                                  reading */
};

/* What is the same for all tickers. Borrowed from the engine. */
struct ticker_env {
    const struct settings *cfg;
    struct arena *arena;
    struct metrics_config metrics;
    int64_t keep_ns; /* rows older than this before the last boundary may go */
    int64_t longest_window_ns;
    size_t n_detectors;
    struct ring *news;       /* who has queued a boundary is put there; NULL: nobody asks */
    struct journal *journal; /* NULL: none is kept */
    bool bare;    /* only windows and boundaries are kept up: ticker_report() must not be called */
    int64_t lost; /* entries of the firehose */
};

struct ticker *ticker_create(const struct ticker_env *env, const char *name, uint32_t id,
                             int64_t stored_px_tick, struct err *err);
void ticker_destroy(struct ticker *t);
/* Room for n detectors; the new ones judge nothing yet. False when out of memory. */
MUST_CHECK bool ticker_reserve(struct ticker *t, size_t n);

/* Takes every boundary that is due (boundary_next()). With at_end also the first one at or after
 * the last row. */
struct due {
    bool drained, idle, at_end;
    int64_t wall_ns;
    /* Event mode: boundaries wait for no late quote, and between them the rows are cut off to be
     * judged, of a drained read those up to complete_ns. A cut is a boundary for detectors and
     * episodes, for nothing else. */
    bool event;
    int64_t complete_ns;
};
MUST_CHECK bool ticker_advance(const struct ticker_env *env, struct ticker *t,
                               const struct due *due, struct err *err);

/* The memory that ticker_advance() will read and change, most likely. prefetch.h: steps 1 to
 * EXPECT_STEPS; step 0 before them asks for *t itself. [ticker_expect.c] */
void ticker_expect(const struct ticker_env *env, const struct ticker *t, int step);

/* The boundary of that number, or NULL when it is not queued (any more). */
const struct boundary *ticker_boundary(const struct ticker *t, uint64_t number);
uint64_t ticker_queue_end(const struct ticker *t); /* number of the next boundary to be taken */

/* Rows move about while a backlog is read, so judging waits for its end, unless it is long. */
bool ticker_may_be_judged(const struct ticker *t);

/* How many boundaries detector i has yet to judge. */
uint64_t ticker_behind(const struct ticker *t, size_t i);
/* Confirmed episodes that its detectors hold: tracker_count() of all. */
size_t ticker_count_episodes(const struct ticker *t);

/* Forgets boundaries that all detectors have judged, and rows that nobody will look at again. When
 * memory is short, a detector that is far behind skips what is older than anybody else needs. */
void ticker_prune(const struct ticker_env *env, struct ticker *t);

/* Everything but patterns, as of the last boundary taken. */
void ticker_report(const struct ticker_env *env, struct ticker *t, struct report *out);

MUST_CHECK bool changes_put(struct changes *c, const struct episode *e, size_t detector);
void changes_clear(struct changes *c);
/* The memory of many (history was read) is given back. */
void changes_shrink(struct changes *c);

#endif
