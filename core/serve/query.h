/* SPDX-License-Identifier: MIT */
/*
 * From stored results to an answer: out of Redis in one pipelined round trip, or out of the
 * document an offline engine writes. [front]
 */
#ifndef SERVE_QUERY_H
#define SERVE_QUERY_H

#include "answer.h"
#include "keys.h"
#include "redis.h"

#include <stdatomic.h>

/* Starts an engine, or finds that the one started before still runs. Called when no engine holds
 * the lease; may be called again and again. */
typedef bool ensure_engine_fn(void *ctx, struct err *err);

/* The hash of this front's settings as their file is now. Any thread. */
typedef void own_hash_fn(void *ctx, char out[20]);

struct query_config {
    struct redis_config redis;
    struct keys keys;
    int64_t warmup_ms; /* longest wait for the engine to report a ticker */
    char windows[REPORT_WINDOWS_MAX][WINDOW_NAME_MAX]; /* further windows of [windows] extra */
    int n_windows;
    char own_config_hash[20]; /* as they were read */
    own_hash_fn *own_hash;    /* asked when it is not that of the engine; NULL: never */
    void *own_hash_ctx;
    ensure_engine_fn *ensure_engine; /* NULL: no engine is started from here */
    void *ensure_ctx;
    struct recent *recent; /* shared by queries; NULL: each reads all patterns every time */
};

struct query; /* one connection: for one thread at a time */

/* cfg is borrowed. NULL: no memory. Connects lazily. */
struct query *query_create(const struct query_config *cfg);
void query_destroy(struct query *q);
int64_t query_warmup_ms(const struct query *q); /* as configured */
/* Any thread may set it: query_answer() then fails with ERR_CANCELLED within 50 ms. NULL: none. */
void query_set_cancel(struct query *q, const atomic_bool *cancel);

/*
 * Fills *out (answer_fini() it, also after false). The ticker is sought as given, then in capitals,
 * then among all quotes keys without regard to case. Not found: true, out->found false, and
 * suggestions. When no engine holds the lease the hook is called; while the engine has not
 * reported the ticker the answer waits, at most warmup_ms. The base of the quote is the one of the
 * engine's tick; a newer one among the newest members of the quotes key stands over it, if it can
 * be read. Of the patterns come the patterns_max that a drawing of so many shows, or all
 * (answer.h). False: Redis is away or refuses (the text names its URL without password), or the
 * ticker is no ticker.
 *
 * What is expected in the keys that other programs' contracts leave open:
 *   engine     {"config": path, "hash": text, ...}
 *   detectors  field = id, text = {"state": text, "reason": text, ...}; or the state alone
 */
MUST_CHECK bool query_answer(struct query *q, const char *ticker, int64_t history_ns,
                             size_t patterns_max, struct answer *out, struct err *err);

/* The detectors of the serving engine into out->detectors (answer_fini() it). */
MUST_CHECK bool query_detectors(struct query *q, struct answer *out, struct err *err);

/* Stored things as JSON objects, appended to *out. False: Redis is away or refuses.
 *   patterns   {"ticker", "timestamp_ms", "stored", "patterns": [member, ...]}, at most 100, the
 * one last true first; *found_out false: the ticker, in whatever case, has no quotes detectors
 * {"serving", "detectors": [{"id", "state", ...}, ...]} by id status     {"serving", "engine": the
 * lease or null, "counters": {...}} */
MUST_CHECK bool query_patterns_json(struct query *q, const char *ticker, struct buf *out,
                                    bool *found_out, struct err *err);
MUST_CHECK bool query_detectors_json(struct query *q, struct buf *out, struct err *err);
MUST_CHECK bool query_status_json(struct query *q, struct buf *out, struct err *err);

/*
 * The same from one JSON document, hash fields and members as report_put_*() writes them:
 *   {"ticker": "SPY",
 *    "state": {field: text, ...},
 *    "metrics": {"10s": {field: text, ...}, ...},
 *    "levels": {"bid": [member, ...], "ask": [member, ...]},
 *    "patterns": [member, ...],
 *    "detectors": [{"id": text, "state": text, "reason": text}, ...],
 *    "config": path, "hash": text,
 *    "history_quotes": quotes within history, counted by the engine}
 * Members are objects, or the same as JSON text in a string. Now is the tick; unless the document
 * is for a live answer of the past: "now_ns", "serving", "newest": {"ts_ns", "bid_px", "ask_px",
 * "bid_sz", "ask_sz"}.
 */
MUST_CHECK bool query_report_json(const char *json, size_t n, int64_t history_ns,
                                  bool include_patterns, struct answer *out, struct err *err);

#endif
