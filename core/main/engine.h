/* SPDX-License-Identifier: MIT */
/* The engine without its surroundings: tickers, detectors, and the way between them. [engine]
 * live.c feeds it from Redis, offline.c from files. */
#ifndef MAIN_ENGINE_H
#define MAIN_ENGINE_H

#include "bind.h"
#include "paths.h"
#include "pool.h"
#include "shm.h"
#include "ticker.h"

enum { JOB_PRIMING = 0, JOB_JUDGING = 1 }; /* ids of jobs */

/* Emissions of the job that a detector is working on. */
struct said {
    struct emission *items;
    size_t n, cap;
};

struct engine {
    const struct settings *cfg;
    struct shm shm;
    struct arena arena;
    struct pool *pool;
    struct said *said; /* one per detector */
    struct job *batch; /* scratch */
    size_t n_detectors;
    struct ticker_env env;
    struct ticker **tickers; /* by id */
    struct ticker **by_name; /* sorted */
    size_t n_tickers, cap_tickers;
    size_t next_turn; /* ticker with which the next batch begins */
    uint64_t boundaries, discarded;
    int64_t track_ns;            /* time spent on turning emissions into episodes */
    struct questions *questions; /* owned; NULL: nobody ever asked */
};

MUST_CHECK bool engine_init(struct engine *e, const struct settings *cfg, const struct paths *paths,
                            struct err *err);
void engine_fini(struct engine *e);

struct ticker *engine_find(const struct engine *e, const char *name); /* or NULL */
/* A new ticker with its detectors bound. */
struct ticker *engine_add(struct engine *e, const char *name, int64_t stored_px_tick,
                          struct err *err);

/* Tells detector i the ticker's parameters; *bound_out are its settings there. */
MUST_CHECK bool engine_tell(struct engine *e, size_t i, struct ticker *t, struct bound *bound_out,
                            struct err *err);

/* Gives every ready detector its next batch. */
MUST_CHECK bool engine_dispatch(struct engine *e, struct err *err);
/* Takes results in, for at most timeout_ms; changed episodes are left in each ticker's `changes`.
 */
void engine_poll(struct engine *e, struct mono now, int64_t timeout_ms);
/* Its id; the name of its file if it was refused, for another may have the id. */
const char *engine_detector_name(const struct engine *e, size_t i);
uint64_t engine_skipped(const struct engine *e, size_t i); /* boundaries, of all tickers */
/* One JSON object: id, state, reason, path, version, counters, parameters with their values. */
void engine_put_detector(const struct engine *e, size_t i, struct buf *out);

/* True when every boundary that can be judged has been, by every detector that runs. */
bool engine_settled(const struct engine *e);

#endif
