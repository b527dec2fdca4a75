/* SPDX-License-Identifier: MIT */
/* The engine without its surroundings: tickers, detectors, and the way between them. [engine]
 * live.c feeds it from Redis, offline.c from files. */
#ifndef MAIN_ENGINE_H
#define MAIN_ENGINE_H

#include "bind.h"
#include "paths.h"
#include "pool.h"
#include "ring.h"
#include "shm.h"
#include "ticker.h"

enum { JOB_PRIMING = 0, JOB_JUDGING = 1 }; /* ids of jobs */

/* Emissions of the job that a detector has finished. */
struct said {
    const struct emission *items; /* the pool's, until on_done() returns */
    size_t n;
};

/* Of whom an episode that changed is. */
struct change_ctx {
    struct ticker *t;
    size_t detector;
};

struct engine {
    const struct settings *cfg;
    struct shm shm;
    struct arena arena;
    struct pool *pool;
    struct said *said; /* one per detector */
    uint64_t *bound;   /* one per detector: the serial of whom the tickers know there; 0: nobody */
    bool begun;
    bool ignores_changes; /* nobody asks which episodes changed */
    bool keeps_ended;     /* trackers keep ended episodes for as long as Redis, for who asks */
    bool joins;           /* detectors that judge rows take many boundaries at once: for files */
    struct job *batch;    /* scratch */
    size_t n_detectors;
    struct ticker_env env;
    struct ticker **tickers; /* by id */
    struct ticker **by_name; /* sorted */
    size_t n_tickers, cap_tickers;
    struct ring news;  /* tickers of which a boundary was queued since detectors were last told */
    struct ring *open; /* one per detector: tickers of which it has boundaries to judge */
    uint64_t boundaries, discarded;
    uint64_t verdicts;           /* taken; of one in so many the time is measured: */
    int64_t track_ns;            /* CPU time spent on turning emissions into episodes */
    struct questions *questions; /* owned; NULL: nobody ever asked */
    struct score_file scores;    /* of [results] scores */
    uint64_t scores_serial;      /* grows whenever it is read */
};

/* Memory, and the scan of the plugins directory begins. look_ms: how often it is looked at again;
 * 0: never. */
MUST_CHECK bool engine_init(struct engine *e, const struct settings *cfg, const struct paths *paths,
                            int64_t look_ms, struct err *err);
/* How long rows are kept, by the detectors there are and the settings. */
void engine_measure(struct engine *e);
/* How far back a row can matter to one of the detectors that run. [engine_sight.c] */
int64_t engine_longest_sight_ns(const struct engine *e);
/* Boundaries this far apart may be judged at once, 0: never. As far as the shortest window reaches:
 * the first of the rows then still has memory_s behind it. */
int64_t engine_join_ns(const struct detector *d);
/* Every [detector:...] section of cfg against the detectors there are; what is wrong is logged, and
 * kept in *errors_out unless that is NULL. */
MUST_CHECK bool engine_check_sections(const struct engine *e, const struct settings *cfg,
                                      struct settings_errors *errors_out, struct err *err);
/* Once it is over (pool_described(), pool_hangs()): the sections of the settings are checked, the
 * detectors start. */
MUST_CHECK bool engine_begin(struct engine *e, struct err *err);
void engine_fini(struct engine *e);

struct ticker *engine_find(const struct engine *e, const char *name); /* or NULL */
/* A new ticker with its detectors bound. */
struct ticker *engine_add(struct engine *e, const char *name, int64_t stored_px_tick,
                          struct err *err);

/* Notes for reports whether calibrated thresholds are in force for a detector of the ticker. */
void engine_note_thresholds(const struct engine *e, struct ticker *t);

/* Tells detector i the ticker's parameters; *bound_out are its settings there. */
MUST_CHECK bool engine_tell(struct engine *e, size_t i, struct ticker *t, struct bound *bound_out,
                            struct err *err);

/* Detectors that have come join all tickers, those whose file has gone leave them, heirs that are
 * primed take over, the settings that are in force now are told. Where changed episodes still wait
 * to be written, who has to wait for that waits. [engine_join.c] */
MUST_CHECK bool engine_refresh(struct engine *e, struct err *err);
/* Detector i judges the ticker from its next boundary on. */
MUST_CHECK bool engine_join(struct engine *e, size_t i, struct ticker *t, struct err *err);
/* The tickers know detector i no more; nothing is said about its episodes. */
void engine_forget(struct engine *e, size_t i);
/* The heir has been shown what the other, at `place`, has judged; then it goes on at the boundary
 * at which the other stopped, with the other's episodes. [engine_heir.c] */
bool engine_primed(const struct engine *e, size_t heir, size_t place);
MUST_CHECK bool engine_succeed(struct engine *e, size_t heir, size_t place, struct err *err);
void engine_leave(size_t i, struct ticker *t, enum end_reason why); /* its episodes end */
bool engine_runs(const struct detector *d); /* it is to judge, or to take the place of one */
/* e->cfg has changed; *old is what it was. Changed parameters make a new instance, which is primed;
 * episodes stay. Sections have been checked. [engine_settings.c] */
MUST_CHECK bool engine_resettle(struct engine *e, const struct settings *old, struct err *err);
size_t engine_running(const struct engine *e); /* detectors that are to judge */

/* For a detector i that runs for the ticker: it is looked at again, if there is something to judge.
 * [engine_open.c] */
void engine_open(struct engine *e, size_t i, struct ticker *t);
/* Room for all tickers and detectors. False when out of memory. */
MUST_CHECK bool engine_open_reserve(struct engine *e);
/* Of which boundaries were queued (ticker_env.news), for all detectors. */
void engine_spread_news(struct engine *e);
/* The next of open[i], which is not empty, and last from now on; NULL: nothing of it is left to
 * judge, and it is gone from there. */
struct ticker *engine_next_open(struct engine *e, size_t i);

/* Gives every ready detector its next batch. Costs as much as there is to judge, whatever the
 * number of tickers. Who finds no place in the batch is first in the next. */
MUST_CHECK bool engine_dispatch(struct engine *e, struct err *err);
/* A tracker_changed_fn: keeps the episode in the ticker's `changes`; ctx: a struct change_ctx. */
void engine_on_change(void *ctx, const struct episode *ep);
/* Takes results in, for at most timeout_ms; changed episodes are left in each ticker's `changes`.
 */
void engine_poll(struct engine *e, struct mono now, int64_t timeout_ms);
/* Its id; the name of its file if it was refused, for another may have the id. */
const char *engine_detector_name(const struct engine *e, size_t i);
/* Not those that are about to come or go. */
bool engine_shows(const struct engine *e, size_t i);
uint64_t engine_skipped(const struct engine *e); /* boundaries, by all detectors of all tickers */
/* Boundaries it has yet to judge, of the ticker with which it is furthest behind. Looks at those
 * that have such alone. */
uint64_t engine_behind(const struct engine *e, size_t i);
/* One JSON object: id, state, reason, path, version, counters, parameters with their values. */
void engine_put_detector(const struct engine *e, size_t i, struct buf *out);

/* Reads [results] scores anew; what is wrong with it is logged, and there are no scores then.
 * [engine_scores.c] */
void engine_load_scores(struct engine *e);
/* Those that were made with the ticker's detectors as they are, into a report of ticker_report().
 */
void engine_put_scores(const struct engine *e, struct ticker *t, struct report *r);

/* True when every boundary that can be judged has been, by every detector that runs: of all
 * tickers, of one. Looks at tickers that have such alone. [engine_open.c] */
bool engine_settled(struct engine *e);
bool engine_ticker_settled(const struct engine *e, const struct ticker *t);

#endif
