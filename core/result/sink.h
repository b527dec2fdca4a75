/* SPDX-License-Identifier: MIT */
/*
 * Reports and episodes to Redis, exactly as DESIGN 5.1; the lease that decides which engine writes.
 * [engine]
 *
 * Each ticker's tick is one MULTI/EXEC under WATCH of the lease; an older tick than the one stored,
 * or a lost lease, writes nothing.
 */
#ifndef RESULT_SINK_H
#define RESULT_SINK_H

#include "keys.h"
#include "pattern.h"
#include "redis.h"
#include "report.h"

struct sink_config {
    struct keys keys;
    char engine_id[40];   /* unique per process */
    char lease_text[256]; /* JSON value of the lease: id, pid, host, since, config path and hash */
    int64_t lease_ms;
    int64_t ttl_10s_s, ttl_1min_s, ttl_5min_s, ttl_patterns_s, ttl_levels_s, ttl_state_s;
};

enum lease { LEASE_MINE, LEASE_OTHER, LEASE_UNKNOWN /* Redis away */ };

struct sink;

struct sink *sink_create(const struct sink_config *cfg, struct redis *redis); /* redis borrowed */
void sink_destroy(struct sink *s);

/* Takes the lease if it is free, keeps it if it is ours. other_out: who holds it. */
enum lease sink_hold(struct sink *s, char other_out[256], struct err *err);
/* Gives it back (compare and delete). */
void sink_release(struct sink *s);

/* What an earlier engine stored about a ticker: last tick (0 none), px_tick (0 none), its patterns
 * (malloc'ed array, members remembered for replacement). */
MUST_CHECK bool sink_load(struct sink *s, const char *ticker, int64_t *tick_ns_out,
                          int64_t *px_tick_out, struct stored_pattern **patterns_out, size_t *n_out,
                          struct err *err);

/* Queues a ticker's tick: the report, and episodes that changed since the last write. decl_of gives
 * a detector's declaration by id. Nothing is sent before sink_flush(). */
struct sink_pattern {
    const struct episode *e;
    const struct declaration *decl;
};
MUST_CHECK bool sink_add(struct sink *s, const struct report *r,
                         const struct sink_pattern *patterns, size_t n, struct err *err);

enum flush {
    FLUSH_OK,
    FLUSH_NOT_OURS /* lease lost: stand by */,
    FLUSH_FAILED /* try again: all is kept */
};
/* Writes all that is queued: one round trip to WATCH and look, one to write. Tickers whose stored
 * tick is newer are skipped and counted. On FLUSH_FAILED what was queued stays queued (newer
 * reports of a ticker replace older ones; episodes are merged by id). */
enum flush sink_flush(struct sink *s, struct err *err);

/* Hashes orderflow:status and orderflow:detectors, replaced whole; field/text pairs. */
MUST_CHECK bool sink_status(struct sink *s, const char *const *field_text, size_t n_pairs,
                            struct err *err);
MUST_CHECK bool sink_detectors(struct sink *s, const char *const *field_text, size_t n_pairs,
                               struct err *err);

#endif
