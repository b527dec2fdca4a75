/* SPDX-License-Identifier: MIT */
/* The parts of the sink among themselves: sink.c (queue and flush), sink_put.c (commands of a
 * tick), sink_load.c (reading back), lease.c (the guard around every write). */
#ifndef RESULT_SINK_INTERNAL_H
#define RESULT_SINK_INTERNAL_H

#include "outbox.h"
#include "sink.h"

enum { ARGS_MAX = 256, FLUSH_TICKERS = 64, RACES_MAX = 4 };

enum { EXPECT_ANY = -1 };

/* One command being put together. */
struct args {
    struct buf text; /* all arguments, one behind the other */
    size_t end_bytes[ARGS_MAX];
    int n;
};

struct sink {
    struct sink_config cfg;
    struct redis *redis;   /* borrowed */
    struct outbox **boxes; /* owned; sorted by ticker */
    size_t n, cap;
    struct args args;  /* scratch */
    struct buf json;   /* scratch */
    struct buf pairs;  /* scratch; fields of a hash: name, NUL, length of text, text */
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

void args_begin(struct args *a, const char *verb, const char *key);
void args_add(struct args *a, const char *text);
void args_add_int(struct args *a, int64_t value);
MUST_CHECK bool sink_queue_args(struct sink *s, int64_t expected, struct err *err);

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
