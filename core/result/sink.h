/* SPDX-License-Identifier: MIT */
/*
 * Reports and episodes to Redis; the lease that decides which engine writes.
 * [engine]
 *
 * A ticker's tick is written whole in one MULTI/EXEC (several tickers share it) under WATCH of the
 * lease. A lost lease, or a tick older than the one stored, writes nothing. What could not be
 * written is kept: of each ticker the newest report, of each episode the newest form, and no
 * episode for longer than its TTL.
 *
 * The sink remembers the stored text of every episode, to replace it or write it again, and what it
 * left in the other keys, to write what differs. Whenever Redis may have changed behind its back
 * (new connection, lease taken) it first reads a ticker's patterns again: doubles go, what Redis
 * has lost is written again, and the other keys are written whole. So they are after a reply that
 * tells of a key that is not as we left it.
 */
#ifndef RESULT_SINK_H
#define RESULT_SINK_H

#include "clock.h"
#include "keys.h"
#include "pattern.h"
#include "redis.h"
#include "report.h"

struct sink_config {
    struct keys keys;
    char engine_id[40];   /* unique per process; a lease that contains it is ours */
    char lease_text[512]; /* JSON value of the lease: id, pid, host, since, config path and hash */
    int64_t lease_ms;
    int64_t ttl_10s_s, ttl_1min_s, ttl_5min_s, ttl_patterns_s, ttl_levels_s, ttl_state_s;
};

enum lease { LEASE_MINE, LEASE_OTHER, LEASE_UNKNOWN /* Redis away, or it refuses */ };

struct sink;

/* redis is borrowed. NULL: no memory. */
struct sink *sink_create(const struct sink_config *cfg, struct redis *redis);
void sink_destroy(struct sink *s);

/* The time of the flushes to come. With it a tick is written as what differs from the one before,
 * and a TTL is set again when a quarter of it is over; never told, everything is written every
 * time. */
void sink_set_time(struct sink *s, struct mono now);

/* Takes the lease if it is free, keeps it if it is ours. other_out: who holds it. */
enum lease sink_hold(struct sink *s, char other_out[256], struct err *err);
/* Gives it back (compare and delete). Does nothing while the connection's cancel flag is set. */
void sink_release(struct sink *s);
/* The TTLs of *cfg from now on. */
void sink_set_ttls(struct sink *s, const struct sink_config *cfg);
/* Another text for the lease, written with the next sink_hold(); it must contain engine_id. */
void sink_set_lease_text(struct sink *s, const char *text);

/* What an earlier engine stored about a ticker. */
struct sink_stored {
    int64_t tick_ns, px_tick;        /* 0: none */
    struct tick_steps px_steps;      /* none when the step has always been px_tick */
    struct pressure pressure;        /* as of tick_ns */
    struct stored_pattern *patterns; /* malloc'ed; in the order of their scores */
    size_t n_patterns;
};
/* Members are remembered for replacement; those that cannot be read are left out. */
MUST_CHECK bool sink_load(struct sink *s, const char *ticker, struct sink_stored *out,
                          struct err *err);

enum { SINK_BATCH = 64 }; /* tickers in one transaction */

/* Memory for the ticker's next report, instead of the one that is queued: who fills it and gives it
 * to sink_add() saves a copy. Borrowed until then. NULL: no memory. *place: where the ticker was
 * found the last time, and now; any number will do. */
struct report *sink_report(struct sink *s, const char *ticker, size_t *place, struct err *err);
/* A call of it is near (prefetch.h). */
void sink_expect(const struct sink *s, size_t place);
/* And after that: this episode will be among its patterns. */
void sink_expect_pattern(const struct sink *s, size_t place, const char *id);
/* Queues a ticker's tick: the report, and episodes that changed since the last write. Both are
 * copied. Nothing is sent before sink_flush(). False: no memory; adding again is harmless. */
struct sink_pattern {
    const struct episode *e;
    const struct declaration *decl;
};
MUST_CHECK bool sink_add(struct sink *s, const struct report *r,
                         const struct sink_pattern *patterns, size_t n, struct err *err);

enum flush {
    FLUSH_OK,
    FLUSH_NOT_OURS /* lease lost: stand by */,
    FLUSH_FAILED /* try again */
};
/* Writes all that is queued, SINK_BATCH tickers at a time: one round trip to WATCH and look, one to
 * write. A report whose ticker has a newer tick stored is dropped and counted; its episodes wait
 * for a tick that is not older. Whatever else was not written stays queued. */
enum flush sink_flush(struct sink *s, struct err *err);
/* The same, but the last transaction may still be under way when it returns, so that Redis works
 * while the next tickers are added; its outcome is told by the next call of this, of sink_flush()
 * or of sink_settle(), before which the connection must not be used. Adding to one of its tickers
 * waits for it. */
enum flush sink_flush_on(struct sink *s, struct err *err);
/* The same, and what is still under way has been sent whole: it will be carried out whether or not
 * anybody asks what became of it. */
enum flush sink_send(struct sink *s, struct err *err);
bool sink_flies(const struct sink *s); /* one is */
/* While one is under way: Redis gets more of it. To be called between other work. */
void sink_pump(struct sink *s);
/* Waits for what is under way. */
enum flush sink_settle(struct sink *s, struct err *err);
/* Drops all that is queued or remembered: for an engine that stands by. */
void sink_forget(struct sink *s);

struct sink_counts {
    uint64_t reports, patterns; /* written */
    uint64_t older;             /* reports not written because a newer one was there */
    uint64_t dropped;           /* episodes not written because too many waited */
    uint64_t transactions;      /* that were carried out */
    uint64_t mended; /* tickers written whole because Redis held not what we left there */
};
const struct sink_counts *sink_counts(const struct sink *s);

/* Hashes orderflow:status and orderflow:detectors, as a whole; field/text pairs, copied. They are
 * written by the next sink_flush(), with the last of its tickers if there is any, as what differs;
 * they live for three lease times. False: no memory. */
MUST_CHECK bool sink_status(struct sink *s, const char *const *field_text, size_t n_pairs,
                            struct err *err);
MUST_CHECK bool sink_detectors(struct sink *s, const char *const *field_text, size_t n_pairs,
                               struct err *err);
/* How far the feed was read, likewise: orderflow:feed, with the TTL of a ticker's state. */
MUST_CHECK bool sink_feed(struct sink *s, const char *const *field_text, size_t n_pairs,
                          struct err *err);

#endif
