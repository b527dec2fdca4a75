/* SPDX-License-Identifier: MIT */
/*
 * The report of one ticker's tick: what result/ writes to Redis, what an offline engine sends back,
 * and what serve/ turns into an answer. Its text forms stand here once, both ways. [any] Pure.
 *
 * What the original Python server wrote is written as Python would: "0.2" and "0.0" for prices,
 * whole sizes without a point, ", " and ": " in JSON. Whatever a double cannot carry exactly is a
 * JSON string instead of a number. Times are milliseconds with as many decimals as they need; they
 * come back to the microsecond, those of episodes exactly.
 */
#ifndef MARKET_REPORT_H
#define MARKET_REPORT_H

#include "buf.h"
#include "episode.h"
#include "pressure.h"
#include "score.h"
#include "tick_size.h"

enum { WINDOW_NAME_MAX = 12, REPORT_WINDOWS_MAX = 8, REPORT_ACTIVE_MAX = 12 };

/* An episode that is active at the tick, in short. */
struct active_pattern {
    char id[EPISODE_ID_MAX], kind[DETECTOR_ID_MAX];
    int32_t side, dir;
    int64_t onset_ns, price; /* OFD_NO_PRICE: none */
};

struct report_window {
    char name[WINDOW_NAME_MAX]; /* "10s" "1min" "5min" "30s" ... */
    struct metrics m;
};

struct report {
    char ticker[TICKER_MAX];
    int64_t tick_ns; /* the boundary */
    int64_t px_tick;
    struct tick_steps px_steps; /* with the steps before it */
    char size_unit[8];          /* as configured: "shares", "lots"; "": not said */
    char thr[16];               /* calibrated thresholds in force: "cal#9f3a"; "": none */
    bool warming;               /* history is still being read */
    bool stale;                 /* newest quote older than gap_limit at the tick */
    struct quote quote;         /* in force at the tick; ts_ns 0: none */
    int64_t feed_lag_ms;        /* wall - newest quote when it was read; 0 offline */
    struct quality quality;
    struct behaviors behaviors;
    struct pressure pressure;
    int64_t active_total;
    int n_active, n_scores, n_windows;
    int n_levels[2];
    /* from here on nothing is cleared behind what these count */
    struct active_pattern active[REPORT_ACTIVE_MAX]; /* the newest ones, newest first */
    struct report_window windows[REPORT_WINDOWS_MAX];
    struct level levels[2][LEVELS_MAX]; /* [0] bid, [1] ask; strongest first */
    struct score scores[SCORES_MAX];    /* of this ticker under the thresholds in force */
};

/* A report and a window in which nothing is known yet: metrics undefined, behaviours UNKNOWN. */
void report_init(struct report *r);
/* Nothing at all, cheaper than = { 0 }: lists are emptied, not cleared. */
void report_clear(struct report *r);
void report_window_init(struct report_window *w, const char *name, int64_t seconds);

/* One field of a hash: name and text (n bytes, and a NUL), as Redis keeps them. */
typedef void report_field_fn(void *ctx, const char *name, const char *text, size_t n);

/* The metrics of a window by name: the peer's as the peer's text, then ours; what is undefined is
 * left out. The window named 10s also carries `behaviors` and, for each, since when and which
 * direction, `behaviors_since`. */
void report_put_metrics(const struct report *r, int window, report_field_fn *put, void *ctx);
/* The same as hash fields of orderflow:metrics:T:W: ours are one, a JSON object of them, and only
 * fields are put whose value is not that of the former report of this ticker (its metrics of this
 * window, and its behaviours; NULL: there is none). scratch: a buffer of REPORT_SCRATCH_MAX. What
 * it does to a hash that holds the former fields: */
#define REPORT_MORE "more" /* the field of ours */
enum { REPORT_SCRATCH_MAX = 4096 };
struct field_changes {
    int added;     /* fields that are not there yet, all of them put */
    bool vanished; /* a field has to go: the hash must be written whole */
};
struct field_changes report_put_metrics_since(const struct report *r, const struct metrics *former,
                                              const struct behaviors *former_behaviors, int window,
                                              struct buf *scratch, report_field_fn *put, void *ctx);
/* Hash fields of orderflow:state:T: tick_ms px_tick px_steps size_unit thr warming stale
 * feed_lag_ms windows quality quote pressure active active_total scores strengths (of levels, by
 * price): all of the report that no other key holds. */
void report_put_state(const struct report *r, report_field_fn *put, void *ctx);
/* What the fields of a state are made of, as hashes; 0: the report has no such field. */
enum { STATE_FIELDS = 16 };
struct state_marks {
    uint64_t of[STATE_FIELDS];
};
void report_mark_state(const struct report *r, struct state_marks *out);
/* The fields whose marks *now, which are those of r, differ from *former. */
struct field_changes report_put_state_since(const struct report *r,
                                            const struct state_marks *former,
                                            const struct state_marks *now, struct buf *scratch,
                                            report_field_fn *put, void *ctx);
/* Equal levels have the same text as members: their strength, which changes by itself, is not told
 * there. */
bool level_equal(const struct level *a, const struct level *b);
/* One member of orderflow:levels:T:S / of orderflow:patterns:T as JSON, on one line. */
void report_put_level_member(const struct level *l, struct buf *out);
/* A level with its strength. */
void report_put_level(const struct level *l, struct buf *out);
void report_put_episode(const struct episode *e, const struct declaration *decl, struct buf *out);

/* The way back, into what report_init() left or read before. Unknown names are ignored, what is
 * missing stays as it was, what is broken is an error. report_get_state() makes the windows, and of
 * levels price and strength (last_ns: 0); report_get_metrics() fills a window from either form (b:
 * NULL unless its behaviours are wanted too); a level whose text tells no strength has NAN. */
MUST_CHECK bool report_get_metrics(struct report_window *w, struct behaviors *b, const char *name,
                                   const char *text, size_t n, struct err *err);
MUST_CHECK bool report_get_state(struct report *r, const char *name, const char *text, size_t n,
                                 struct err *err);
MUST_CHECK bool report_get_level(struct level *l, const char *json, size_t n, struct err *err);

/* A pattern as stored: the fixed members, and the declared fields as name and text in stored order,
 * so that a pattern can be drawn without its declaration. A declared field that is called like a
 * fixed member is stored with a '_' behind its name. */
struct stored_field {
    char name[DETECTOR_ID_MAX];
    char text[64]; /* longer ones are left out */
    bool number;   /* JSON number, else string */
};
enum { DESCRIPTION_MAX = 160 };
struct stored_pattern {
    struct episode e; /* without ev */
    char description[DESCRIPTION_MAX];
    int n_fields;
    struct stored_field fields[EVIDENCE_MAX];
};
MUST_CHECK bool report_get_pattern(struct stored_pattern *p, const char *json, size_t n,
                                   struct err *err);
/* Puts the stored fields back into p->e.ev by the declaration (after a restart). Fields it does not
 * know are dropped. */
void stored_pattern_bind(struct stored_pattern *p, const struct declaration *decl);

#endif
