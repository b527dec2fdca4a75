/* SPDX-License-Identifier: MIT */
/* The parts of the sink among themselves: sink.c (queue and flush), sink_put.c (commands of a
 * tick), sink_load.c (reading back), lease.c (the guard around every write). */
#ifndef RESULT_SINK_INTERNAL_H
#define RESULT_SINK_INTERNAL_H

#include "outbox.h"
#include "sink.h"

enum { FLUSH_TICKERS = SINK_BATCH, RACES_MAX = 4 };

enum { EXPECT_ANY = -1 };

struct sink {
    struct sink_config cfg;
    struct redis *redis;   /* borrowed */
    struct outbox **boxes; /* owned; sorted by ticker */
    size_t n, cap;
    struct outbox **queued; /* owned; those with a report, cap as boxes; borrowed from there */
    size_t n_queued;
    struct buf json;   /* scratch */
    size_t n_words;    /* of the command begun, behind its key */
    size_t n_commands; /* queued since MULTI */
    int64_t *expected; /* owned; the integer each of them is to answer, or EXPECT_ANY */
    size_t cap_expected;
    int64_t sequence;        /* number of the last write that changed episodes */
    struct mono now;         /* sink_set_time(); 0: never set */
    bool lease_text_changed; /* since it was last written */
    uint64_t connects;       /* redis_connects() when the outboxes were last known to be right */
    struct sink_counts counts;
};

/* ---- sink.c ---- */

/* The ticker's outbox, made if there is none. NULL: no memory. */
struct outbox *sink_box(struct sink *s, const char *ticker);
/* Every outbox has to be recalled before it is written. */
void sink_mark_unsure(struct sink *s);
/* After a reply: on a new connection all outboxes are unsure. True if that was so. */
bool sink_notice_connection(struct sink *s);

/* ---- lease.c ---- */

enum guard { GUARD_MINE, GUARD_FREE, GUARD_OTHER, GUARD_FAILED };
enum { LOOK_LEASE = 2, LOOK_REPLIES }; /* replies of sink_queue_look() */

/* Queues what begins every look: WATCH the lease and read it. */
MUST_CHECK bool sink_queue_look(struct sink *s, struct err *err);
/* Whose lease the replies to it show; GUARD_FAILED fills err. */
enum guard sink_guard(const struct sink *s, const struct reply *replies, struct err *err);

/* MULTI, and the lease renewed: result 0 of the transaction. */
MUST_CHECK bool sink_queue_multi(struct sink *s, struct err *err);
enum commit {
    COMMIT_DONE,
    COMMIT_RACED, /* the lease was touched since the look: nothing was written */
    COMMIT_FAILED /* refused, or the outcome is unknown; err says why */
};
/* EXEC, on the connection that looked. results: one for each command since MULTI. */
enum commit sink_commit(struct sink *s, const struct reply **results_out, struct err *err);

/* ---- sink_put.c ---- */

/* One command: its verb and key, its other words, its end. No others are queued meanwhile. */
void sink_begin_command(struct sink *s, const char *verb, const char *key);
void sink_word(struct sink *s, const char *text);
void sink_word_int(struct sink *s, int64_t value);
MUST_CHECK bool sink_end_command(struct sink *s, int64_t expected, struct err *err);

/* The number of this write, for readers that ask what has changed since another one. */
MUST_CHECK bool sink_put_sequence(struct sink *s, struct err *err);
/* All commands of one ticker's tick. */
MUST_CHECK bool sink_put_box(struct sink *s, struct outbox *o, struct err *err);
/* DEL, HSET, PEXPIRE. */
MUST_CHECK bool sink_put_hash(struct sink *s, const char *key, const char *const *field_text,
                              size_t n_pairs, int64_t ttl_ms, struct err *err);

/* ---- sink_load.c ---- */

/* An error reply other than WRONGTYPE; that one means that there is nothing of ours. */
bool reply_refused(const struct reply *r, struct err *err);
/* Takes what Redis holds of a ticker's patterns (reply to ZRANGE 0 -1) into its outbox. */
MUST_CHECK bool sink_recall(struct outbox *o, const struct reply *members, struct err *err);

#endif
