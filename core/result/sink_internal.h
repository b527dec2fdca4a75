/* SPDX-License-Identifier: MIT */
/* The parts of the sink among themselves: sink.c (queue and flush), sink_box.c (boxes of tickers),
 * sink_put.c (commands of a tick), sink_load.c (reading back), lease.c (the guard around every
 * write). */
#ifndef RESULT_SINK_INTERNAL_H
#define RESULT_SINK_INTERNAL_H

#include "outbox.h"
#include "sink.h"

enum { FLUSH_TICKERS = SINK_BATCH, RACES_MAX = 4 };

enum { EXPECT_ANY = -1 };

/* A hash of ours that belongs to no ticker: its fields as name, NUL, text, NUL. */
struct texts {
    struct buf next, now; /* to be written; as it was written */
    size_t n_next, n_now;
    bool staged;
    struct held_key key;
};

struct sink {
    struct sink_config cfg;
    struct redis *redis;   /* borrowed */
    struct outbox **boxes; /* owned; sorted by ticker */
    size_t n, cap;
    struct outbox **queued; /* owned; those with a report, cap as boxes; borrowed from there */
    size_t n_queued;
    struct outbox_shared shared;
    struct buf json; /* scratch */
    struct texts status, detectors, feed;
    bool watching;     /* a WATCH stands since the lease was seen to be ours; any EXEC ends it */
    size_t n_words;    /* of the command begun, behind its key */
    size_t n_commands; /* queued since MULTI */
    int64_t *expected; /* owned; the integer each of them is to answer, or EXPECT_ANY */
    size_t cap_expected;
    struct batch *flying;     /* owned; the batch whose write is under way; n 0: none */
    int64_t *expected_flying; /* owned; as expected, of that one */
    size_t n_flying, cap_flying;
    bool staged_flies;       /* what is staged is under way, too: it must not change */
    int64_t sequence;        /* number of the last write that changed episodes */
    struct mono now;         /* sink_set_time(); 0: never set */
    bool lease_text_changed; /* since it was last written */
    uint64_t connects;       /* redis_connects() when the outboxes were last known to be right */
    struct sink_counts counts;
};

/* ---- sink_box.c ---- */

/* The ticker's outbox, made if there is none. NULL: no memory. */
struct outbox *sink_box(struct sink *s, const char *ticker);
/* The same, quick if it is where it was found the last time. */
struct outbox *sink_box_at(struct sink *s, const char *ticker, size_t *place);

/* ---- sink.c ---- */

/* Every outbox has to be recalled before it is written. */
void sink_mark_unsure(struct sink *s);
/* After a reply: on a new connection all outboxes are unsure. True if that was so. */
bool sink_notice_connection(struct sink *s);

/* A key was not as we left it. */
static inline bool sink_is_surprise(int64_t expected, const struct reply *r)
{
    return expected != EXPECT_ANY && r->type == REPLY_INT && r->integer != expected;
}

/* ---- lease.c ---- */

enum guard { GUARD_MINE, GUARD_FREE, GUARD_OTHER, GUARD_FAILED };
enum { LOOK_LEASE = 2, LOOK_REPLIES }; /* replies of sink_queue_look() */

/* The lease has been ours and untouched since the last look, or EXEC will tell: no look is needed.
 */
bool sink_stands(const struct sink *s);
/* Queues what begins every look: WATCH the lease and read it. */
MUST_CHECK bool sink_queue_look(struct sink *s, struct err *err);
/* Whose lease the replies to it show; GUARD_FAILED fills err. */
enum guard sink_guard(struct sink *s, const struct reply *replies, struct err *err);

/* MULTI, and the lease renewed: result 0 of the transaction. */
MUST_CHECK bool sink_queue_multi(struct sink *s, struct err *err);
enum commit {
    COMMIT_DONE,
    COMMIT_RACED, /* the lease was touched since the look: nothing was written */
    COMMIT_FAILED /* refused, or the outcome is unknown; err says why */
};
/* EXEC and the next look, queued; and what their replies, the last of n, say. */
MUST_CHECK bool sink_queue_commit(struct sink *s, struct err *err);
enum commit sink_read_commit(struct sink *s, const struct reply *replies, size_t n,
                             size_t n_commands, const struct reply **results_out, struct err *err);
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
/* Of an interval that began at `since`: are so many ms of it over? True when nobody told the time.
 */
bool sink_is_over(const struct sink *s, struct mono since, int64_t ms);
MUST_CHECK bool sink_put_del(struct sink *s, const char *key, struct err *err);
MUST_CHECK bool sink_put_expire(struct sink *s, const char *key, int64_t ttl_ms, struct err *err);
/* Ends a command with a list of things that may be empty: then there is no command. */
MUST_CHECK bool sink_end_list(struct sink *s, int64_t expected, struct err *err);

/* ---- sink_status.c ---- */

void texts_init(struct texts *t);
void texts_fini(struct texts *t);
/* What is staged of status, detectors and feed. */
MUST_CHECK bool sink_put_staged(struct sink *s, struct err *err);
bool sink_has_staged(const struct sink *s);
/* What the n commands of it answered, and were to. False: one was refused; then, and after a
 * surprise, it is not known what is there. */
MUST_CHECK bool sink_settle_staged(struct sink *s, const int64_t *expected,
                                   const struct reply *results, size_t n, struct err *err);

/* ---- sink_load.c ---- */

/* An error reply other than WRONGTYPE; that one means that there is nothing of ours. */
bool reply_refused(const struct reply *r, struct err *err);
/* Takes what Redis holds of a ticker's patterns (reply to ZRANGE 0 -1) into its outbox. */
MUST_CHECK bool sink_recall(struct outbox *o, const struct reply *members, struct err *err);

#endif
