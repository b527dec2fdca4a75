/* SPDX-License-Identifier: MIT */
/* What is still to be written of one ticker, and what Redis already holds of its patterns. [engine]
 * No Redis here. */
#ifndef RESULT_OUTBOX_H
#define RESULT_OUTBOX_H

#include "held.h"
#include "report.h"
#include "shapes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OUTBOX_MEMBERS_MAX = 16384, SPARE_REPORTS_MAX = 128 };

/* One episode of orderflow:patterns:T. */
struct member {
    char id[EPISODE_ID_MAX];
    bool listed;        /* it stands in `changed` */
    bool seen;          /* between outbox_recall_begin() and _end() */
    bool lasting;       /* what is pending will hardly change any more */
    uint32_t pending_n; /* bytes of `pending` */
    uint32_t stored_n;  /* of what is stored, in whatever form */
    int64_t last_ns;
    char *stored;              /* owned; its text in Redis, NULL: not there, or: */
    struct squeezed *squeezed; /* owned; the same in little memory */
    char *pending;             /* owned; its text to be written, NULL: nothing new */
};

/* What the outboxes of all tickers have in common. */
struct outbox_shared {
    struct report *spare[SPARE_REPORTS_MAX]; /* owned; written, to be used again */
    size_t n_spare;
    struct shapes shapes; /* of stored texts */
};

void outbox_shared_init(struct outbox_shared *s);
void outbox_shared_fini(struct outbox_shared *s); /* when no outbox is left */

struct outbox {
    char ticker[TICKER_MAX];
    struct outbox_shared *shared; /* borrowed */
    struct report *report;        /* owned; NULL: no tick is queued */
    bool queued;                  /* the sink has it on its list */
    bool flying;                  /* its write is under way: nothing is added meanwhile */
    struct member **members;      /* owned; sorted by id */
    uint64_t *ranks; /* owned, cap as members; the first bytes of each id, in its order */
    size_t n, cap;
    struct member **changed; /* owned; those with something pending are among them */
    size_t n_changed, cap_changed;
    int64_t oldest_ns; /* no member was last true before this */
    int64_t newest_ns; /* in Redis is a member that was last true then; INT64_MIN: perhaps none */
    char **trash;      /* owned; members of Redis that a newer form of the same episode replaces */
    size_t n_trash, cap_trash;
    struct held held;      /* in the other keys */
    struct mono trimmed;   /* when patterns were last trimmed and their TTL set; 0: never */
    bool trims;            /* the write under way does so */
    double stored_tick_ms; /* of the tick in Redis; 0: none */
    bool unsure;           /* Redis may hold other members than are remembered */
    bool usurped;          /* it holds something else under our key, which goes */
    bool changes_usurped;  /* the same of our key of changes */
    uint64_t dropped;      /* episodes that gave way because there were too many */
};

/* shared is borrowed. NULL: no memory. */
struct outbox *outbox_create(const char *ticker, struct outbox_shared *shared);
void outbox_destroy(struct outbox *o);

/* Memory for a report, if none is queued. False: there is none. */
MUST_CHECK bool outbox_begin_report(struct outbox *o);
/* It will be written, or has been (prefetch.h); the texts come last. */
void outbox_expect(const struct outbox *o, int step);
void outbox_expect_texts(const struct outbox *o);
/* outbox_add_pattern() will be called (prefetch.h). */
void outbox_expect_pattern(const struct outbox *o, const char *id);
/* Keeps the newer of this report and the one queued; it may be that one. */
MUST_CHECK bool outbox_add_report(struct outbox *o, const struct report *r, struct err *err);
/* Forgets episodes that were last true before cutoff_ns. */
void outbox_forget_older(struct outbox *o, int64_t cutoff_ns);
/* This is now the text of an episode; lasting: it will hardly change any more. */
MUST_CHECK bool outbox_add_pattern(struct outbox *o, const char *id, int64_t last_ns,
                                   const char *json, size_t n, bool lasting, struct err *err);
/* Is it in Redis? Its text there, until the next call of this or outbox_recall(); NULL: no memory.
 */
bool member_is_stored(const struct member *m);
const char *outbox_stored_text(const struct outbox *o, const struct member *m, size_t *n_out);

/* Redis was asked what it holds: every member of it goes to outbox_recall(). What was remembered
 * and is not among them becomes pending again. */
void outbox_recall_begin(struct outbox *o);
MUST_CHECK bool outbox_recall(struct outbox *o, const char *id, int64_t last_ns, const char *json,
                              size_t n, struct err *err);
MUST_CHECK bool outbox_recall_end(struct outbox *o, struct err *err);

/* Every member is to be listed as changed: the list has to be made anew. False: no memory. */
MUST_CHECK bool outbox_list_all(struct outbox *o);
/* Member i of `changed` is to be listed as such. */
bool outbox_changes(const struct outbox *o, size_t i);
bool outbox_has_changes(const struct outbox *o);
/* All that was queued is in Redis. Returns how many patterns that were. */
size_t outbox_written(struct outbox *o, struct mono now);
/* Metrics, state and levels are to be written whole. */
void outbox_forget_held(struct outbox *o);
/* The report is out of date; the episodes wait for the next. */
void outbox_drop_report(struct outbox *o);

#endif
