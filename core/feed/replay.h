/* SPDX-License-Identifier: MIT */
/*
 * Recorded quotes into Redis, as a broker does it. [orderflow replay, demo]
 *
 * Each file is one ticker; all files keep their time relative to each other. What is written are
 * the quotes that `--file` sees (ties collapsed unless keep_ties), always with a seq that grows
 * with every quote: ZADD to the quotes key and PUBLISH for each, HSET of the newest, and at most
 * once a second per ticker trimming and EXPIRE. Or to the firehose: a batch as one entry
 * (firehose.h), nothing else.
 */
#ifndef FEED_REPLAY_H
#define FEED_REPLAY_H

#include "err.h"
#include "import.h"
#include "keys.h"
#include "redis.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- pacing: pure ---- */

/* How a tape of [first, last] is played from wall_ns on. Its times move by a whole number of
 * minutes: the largest with which no quote lies in the future when it is written. At speed 1 each
 * quote is due at its own new time, so the first minute may begin with a burst; at any other speed
 * the first is due at wall_ns. */
struct replay_plan {
    int64_t first_ns;
    int64_t shift_ns;  /* whole minutes */
    int64_t start_ns;  /* wall time at which the first quote is due */
    int64_t period_ns; /* of one pass when looping: whole seconds, longer than the tape */
    double speed;      /* 0: as fast as possible */
};
struct replay_plan replay_plan_make(int64_t first_ns, int64_t last_ns, int64_t wall_ns,
                                    double speed);
/* The time a quote is given in a pass (0, 1, ...), and when it is to be written: never before. */
int64_t replay_plan_ts_ns(const struct replay_plan *p, uint64_t pass, int64_t ts_ns);
int64_t replay_plan_due_ns(const struct replay_plan *p, uint64_t pass, int64_t ts_ns);

/* ---- playing ---- */

struct replay_config {
    struct import_options from; /* ticker NULL: import_file_ticker() of each. Not for several */
    double speed;               /* 1: as recorded; 0: as fast as possible */
    bool loop;                  /* for ever; from the second pass on never faster than 1 */
    bool quiet;                 /* replay_run() draws nothing */
    int64_t ttl_s; /* of the keys; quotes older than this before the newest are trimmed */
    struct keys keys;
    const char *firehose;     /* NULL: zsets; else the key of the stream */
    int64_t firehose_entries; /* about so many are left in it (MAXLEN ~) */
};

struct replay_state {
    uint64_t written; /* quotes that Redis has */
    uint64_t pass;    /* 0 in the first */
    uint64_t malformed;
    double part;         /* of this pass, 0..1; -1: unknown */
    bool quiet;          /* as configured */
    bool away;           /* the last write failed and is being retried */
    const char *trouble; /* why; borrowed until the next step */
    char tickers[128];   /* "BTCUSDT ETHUSDT" */
};

struct replay; /* opaque */

/* Opens and measures the files. "-" is standard input: not with loop, nor faster than 1. redis is
 * borrowed. NULL: err says which file and why. */
struct replay *replay_create(const struct replay_config *cfg, const char *const *paths, size_t n,
                             struct redis *redis, struct err *err);
void replay_destroy(struct replay *r); /* NULL is fine */

/* Writes what is due, at most some hundred quotes. *sleep_ms_out: when to call again; -1: all is
 * written. A write that Redis did not confirm is repeated, so nothing is lost (a subscriber may see
 * a quote twice). False: a file cannot be read, Redis refuses, or it was never there. */
MUST_CHECK bool replay_step(struct replay *r, int64_t wall_ns, int64_t *sleep_ms_out,
                            struct err *err);
struct replay_state replay_state(const struct replay *r);

/* Steps until all is written or *cancel becomes true, asleep in between; draws a progress bar when
 * standard error is a terminal. Reads the clock: for fronts. */
MUST_CHECK bool replay_run(struct replay *r, const atomic_bool *cancel, struct err *err);

#endif
