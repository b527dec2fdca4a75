/* SPDX-License-Identifier: MIT */
/* Stored episodes of many tickers: those of a span of time, or those that changed since a cursor.
 * [front]
 *
 * A cursor is a place in the order in which the engine wrote changes: the number of a write, and
 * within it an id. It holds no state here: an episode that was updated in place has moved behind
 * it, one that was not stays before it, one that expired is gone. */
#ifndef SERVE_EPISODES_H
#define SERVE_EPISODES_H

#include "names.h"

enum { CURSOR_MAX = 48 };

struct cursor {
    int64_t sequence;        /* 0: before everything */
    char id[EPISODE_ID_MAX]; /* "": behind the whole write */
};

void cursor_print(const struct cursor *c, char out[CURSOR_MAX]);
MUST_CHECK bool cursor_parse(const char *text, struct cursor *out, struct err *err);

struct episode_filter { /* "" and 0: any */
    char type[DETECTOR_ID_MAX];
    int32_t side;
    bool active, ended;
    int64_t from_ns; /* last true at or after this; not with a cursor */
};

struct found_episode {
    char ticker[TICKER_MAX];
    struct cursor at; /* with a cursor only */
    struct stored_pattern p;
};

struct episodes {
    struct found_episode *items; /* owned */
    size_t n, limit, total;      /* total: that fit the filter */
    struct cursor next;          /* for the next call */
    bool reset;                  /* the cursor was of a store that has been emptied since */
};

void episodes_fini(struct episodes *e); /* {0} is fine */

/* The newest `limit` of those that fit, the one last true first. */
MUST_CHECK bool episodes_newest(struct query *q, const struct names *names,
                                const struct episode_filter *f, size_t limit, struct episodes *out,
                                struct err *err);
/* Those changed after the cursor, in the order of their last change; the first `limit` of them. */
MUST_CHECK bool episodes_changed(struct query *q, const struct names *names,
                                 const struct episode_filter *f, const struct cursor *after,
                                 size_t limit, struct episodes *out, struct err *err);
/* The episode whose id begins so. *found_out: 0 none, 1 it is in *out, more: it is not one alone.
 */
MUST_CHECK bool episodes_find(struct query *q, const struct names *names, const char *prefix,
                              struct found_episode *out, size_t *found_out, struct err *err);

/* One episode as members of an object. unknown: whether it is still active is not known. hist: what
 * such patterns were worth, as view_hist() says it; NULL: nothing of that here. */
struct jput;
void episode_put(struct jput *o, const struct found_episode *f, int decimals, bool unknown,
                 const char *hist);

#endif
