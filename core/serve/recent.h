/* SPDX-License-Identifier: MIT */
/*
 * What calls remember of the stored patterns of the tickers asked for last, so that the next call
 * reads what changed instead of all. [front] Any thread.
 *
 * Of each pattern its place in a pattern_index; of the few shown that are not among the newest also
 * the text. It is brought up to date by the numbers of changes that the engine writes
 * (ARCHITECTURE, "Changes have numbers"), and thrown away when what Redis holds is not what it
 * would then be: another number of patterns, another oldest one, a change that is not among the
 * newest, or RECENT_MAX_S without a look. At most RECENT_BYTES in all.
 */
#ifndef SERVE_RECENT_H
#define SERVE_RECENT_H

#include "answer.h"
#include "parsed_patterns.h"
#include "pattern_index.h"
#include "redis.h"

enum { RECENT_NEWEST = 32, RECENT_BYTES = 256 * 1024, RECENT_MAX_S = 60 };

struct recent;

struct recent *recent_create(void); /* NULL: no memory */
void recent_destroy(struct recent *r);

/* What is known of the ticker's patterns last true at from_ns or later: up to which change, and
 * from when. False: nothing. */
struct recent_mark {
    int64_t sequence, from_ns;
};
MUST_CHECK bool recent_mark(struct recent *r, const char *ticker, int64_t from_ns,
                            struct recent_mark *out);

/* Replies of one pipeline, in this order. */
struct recent_look {
    const struct reply *sequence;   /* GET of the sequence */
    const struct reply *changed;    /* ids changed after the mark's sequence */
    const struct reply *newest;     /* the RECENT_NEWEST last true, newest first */
    const struct reply *count;      /* patterns last true at the mark's from_ns or later */
    const struct reply *oldest;     /* the first of them */
    struct parsed_patterns *parsed; /* of the caller, where texts are looked up; NULL: none */
};

/* A text that is wanted: of the a->patterns[at], last true at last_ns. */
struct recent_want {
    size_t at;
    uint64_t id;
    int64_t last_ns;
};

/* Fills a->patterns with those that are shown, at most `max`, and a->patterns_more. Texts that
 * nobody holds are wanted: *wants_out of them in wants[max]; give them to recent_give(). False:
 * read all patterns, and recent_learn(). */
MUST_CHECK bool recent_patterns(struct recent *r, const struct recent_mark *mark,
                                const struct recent_look *look, size_t max, struct answer *a,
                                struct recent_want *wants, size_t *wants_out);
/* members: a reply that holds the text. False: it is not there. */
MUST_CHECK bool recent_give(struct recent *r, const struct recent_want *want,
                            const struct reply *members, struct answer *a);

/* All members last true at from_ns or later, ascending. Fills a->patterns likewise. Remembers them
 * unless one cannot be read (r NULL: never). False: no memory, or more kinds than an index takes.
 */
MUST_CHECK bool recent_learn(struct recent *r, const struct reply *sequence,
                             const struct reply *members, int64_t from_ns, size_t max,
                             struct answer *a, struct err *err);

#endif
