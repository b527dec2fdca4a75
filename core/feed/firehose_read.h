/* SPDX-License-Identifier: MIT */
/*
 * The firehose as it is read: XREAD behind the last id, entry by entry in order. [engine]
 *
 * Redis numbers the entries of a stream, so nothing is read twice; each writer numbers its own, so
 * entries that were trimmed before they were read, or never came, are missed (counted as lost), and
 * one that a writer sent again is known.
 */
#ifndef FEED_FIREHOSE_READ_H
#define FEED_FIREHOSE_READ_H

#include "firehose.h"
#include "redis.h"

enum { STREAM_ID_MAX = 44, FIREHOSE_WRITERS_MAX = 64 };

/* Entries of a stream are ordered by this. */
struct stream_id {
    uint64_t ms, n;
};
MUST_CHECK bool stream_id_parse(const char *text, size_t n, struct stream_id *out);
void stream_id_print(struct stream_id id, char out[STREAM_ID_MAX]);
int stream_id_compare(struct stream_id a, struct stream_id b);

struct firehose_counts {
    uint64_t entries; /* read, sound or not */
    uint64_t bytes;
    uint64_t repeated; /* entries that were there before under another id */
    uint64_t lost;     /* entries that no one can read any more; no more than INT64_MAX */
    uint64_t unwanted; /* quotes of tickers that nobody wants */
    uint64_t unnamed;  /* quotes of which not even the ticker can be told */
    uint64_t malformed[FIREHOSE_FAULTS];
};

struct firehose; /* opaque */

/* redis: a connection of its own, since an answer of it is used while others are asked. Borrowed.
 * NULL: no memory. */
struct firehose *firehose_create(struct redis *redis, const char *key);
void firehose_destroy(struct firehose *f); /* NULL is fine */

struct stream_id firehose_last(const struct firehose *f);
const struct firehose_counts *firehose_counts(const struct firehose *f);
/* Writers and their last numbers, as text for firehose_expect(). */
void firehose_put_writers(const struct firehose *f, struct buf *out);
/* What an earlier reader had seen of each writer: entries between that and what is read now are
 * lost. A text that is no such list is ignored. */
void firehose_expect(struct firehose *f, const char *writers);
/* The next read begins behind this id. */
void firehose_seek(struct firehose *f, struct stream_id id);
/* All tickers are asked for again. */
void firehose_forget_tickers(struct firehose *f);

#define FIREHOSE_UNWANTED UINT32_MAX

struct firehose_sink {
    /* The caller's number of a ticker, or FIREHOSE_UNWANTED; remembered. False with err ends the
     * read: the entry will be read again. */
    bool (*ticker)(void *ctx, const char *name, uint32_t *number_out, struct err *err);
    /* A quote, with the seq of its place in the stream. False with err: no memory. */
    bool (*quote)(void *ctx, uint32_t ticker, const struct row *row, struct err *err);
    void (*malformed)(void *ctx, uint32_t ticker, enum malformed why);
    /* A quote of it will come soon: prefetch.h. */
    void (*expect)(void *ctx, uint32_t ticker, int step);
    void *ctx;
};

/* Reads at most one answer's entries. *drained_out: there were no more. Unsound ones and
 * gaps are counted, and the first of each is logged: of the
 * first such read, the second, the fourth, and so on. False: Redis is away or refuses
 * (*refused_out: it answered), or the sink said so; what was handed over before stays, and is not
 * handed over again. */
MUST_CHECK bool firehose_read(struct firehose *f, const struct firehose_sink *sink,
                              bool *drained_out, struct err *err);

/* The ids of the oldest and the newest entry; {0, 0}: there is none. False: Redis is away, or the
 * key is no stream. */
MUST_CHECK bool firehose_ends(struct redis *redis, const char *key, struct stream_id *oldest_out,
                              struct stream_id *newest_out, struct err *err);

#endif
