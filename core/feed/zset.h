/* SPDX-License-Identifier: MIT */
/* Quotes from Redis sorted sets, one per ticker: which tickers there are, and what is new. [engine]
 */
#ifndef FEED_ZSET_H
#define FEED_ZSET_H

#include "feed.h"
#include "keys.h"
#include "redis.h"
#include "zset_known.h"

enum { ZSET_BAD_KEPT = 64 };

/* One ticker's reading. Zero all but ticker, stream and from_ms at first. */
struct zset_source {
    const char *ticker;      /* borrowed */
    struct stream *stream;   /* borrowed */
    int64_t from_ms;         /* score to read from, inclusive; moves on with the reading */
    int64_t skip;            /* members from there on that were read already: one ms holds many */
    struct zset_known known; /* what needs not be read again */
    bool narrow;             /* the read under way asks for what is new alone */
    bool drained;            /* out: the last read saw the end of the data */
    bool fresh;              /* out: the last read brought a newer quote than any before */
    int64_t ahead; /* out: quotes further ahead of the clock than is read; zset_look_ahead() */
    bool failed;   /* out: Redis answered this ticker with an error, in `trouble` */
    char trouble[160];
    uint64_t
        bad[ZSET_BAD_KEPT]; /* hashes of unreadable members, so that a re-read counts them once */
    size_t n_bad;
};

/* Reads one chunk of every source in one pipeline, up to 2 s ahead of wall_ms, and pushes the rows
 * into its stream; unreadable ones are counted there and one of each batch is logged. False: Redis
 * is away (nothing is drained then). A ticker's own error (wrong type, no permission) only fails
 * that ticker. */
MUST_CHECK bool zset_read(struct redis *redis, const struct keys *keys,
                          struct zset_source *const *sources, size_t n, int64_t wall_ms,
                          struct err *err);

/* The same in two halves, for at most ZSET_PIPELINE sources: Redis works in between, and until the
 * second half neither the connection nor a source may be used. After a failure of the first there
 * is no second. */
enum { ZSET_PIPELINE = 60 };
MUST_CHECK bool zset_start(struct redis *redis, const struct keys *keys,
                           struct zset_source *const *sources, size_t n, int64_t wall_ms,
                           struct err *err);
MUST_CHECK bool zset_finish(struct redis *redis, const struct keys *keys,
                            struct zset_source *const *sources, size_t n, int64_t wall_ms,
                            struct err *err);

/* The newest score of a ticker not more than 2 s ahead of wall_ms; 0: none. */
MUST_CHECK bool zset_newest(struct redis *redis, const struct keys *keys, const char *ticker,
                            int64_t wall_ms, int64_t *newest_ms_out, struct err *err);
/* Counts the quotes that lie further ahead: they are read when their time has come. Each look that
 * finds some counts as one in the stream. */
MUST_CHECK bool zset_look_ahead(struct redis *redis, const struct keys *keys,
                                struct zset_source *const *sources, size_t n, int64_t wall_ms,
                                struct err *err);
/* Whether a ticker has members before from_ms. */
MUST_CHECK bool zset_has_older(struct redis *redis, const struct keys *keys, const char *ticker,
                               int64_t from_ms, bool *out, struct err *err);

/* Whether a name or glob of `wanted` is that ticker. */
bool zset_wants(const char *wanted, const char *ticker);
/* Calls found() for every ticker of `wanted` (names and globs, separated by spaces or commas):
 * names as they stand, globs by SCAN. May name one twice. */
typedef void zset_found_fn(void *ctx, const char *ticker);
MUST_CHECK bool zset_discover(struct redis *redis, const struct keys *keys, const char *wanted,
                              zset_found_fn *found, void *ctx, struct err *err);

#endif
