/* SPDX-License-Identifier: MIT */
/* What the parts of episode.h share: where episodes are kept, and the life of one. [engine] Pure.
 *
 * Every confirmed episode is in `shown`, by onset. Whatever may still change is in `open`:
 * candidates, active ones, and ended ones that may be revived or whose rows are judged again. What
 * has left `open` is in `past`, too: all that later episodes depend on; its node is only for those
 * who ask for it. */
#ifndef MARKET_EPISODE_INTERNAL_H
#define MARKET_EPISODE_INTERNAL_H

#include "episode.h"

#include <string.h>

#define KIND_UNKNOWN UINT32_MAX

/* What is looked at for every emission lies together. */
struct node {
    uint32_t kind;      /* index into the declaration, or KIND_UNKNOWN */
    bool open;          /* in tracker.open */
    bool sealed;        /* nothing after last_ns can belong to it */
    bool undecided;     /* restored active, and no row that could tell has come */
    bool doubtful;      /* restored active, and its end cannot be known: false_ns is last_ns */
    bool changed;       /* since it was last handed out */
    int64_t false_ns;   /* first row after last_ns; 0: none known */
    uint64_t after_seq; /* number of that row, or of the next one to come; UINT64_MAX: not looked */
    struct episode e;
    int64_t seen_to_ns; /* restored: what was said up to here is in it already */
};

/* Of a closed episode. */
struct past {
    int64_t price, end_ns;
    uint32_t kind; /* as node.kind */
    int16_t side, dir;
};

struct tracker {
    char ticker[TICKER_MAX];
    const struct declaration *decl;
    struct episode_rules rules;
    int64_t keep_ns;
    struct node **shown, **open; /* cap pointers each */
    size_t n_shown, n_open;
    size_t n_nodes, cap; /* nodes <= cap, so both arrays always have room */
    struct past *past;   /* owned; in the order of their closing, room for what is open */
    size_t n_past, cap_past;
    const struct emission **order; /* scratch of tracker_step() */
    size_t cap_order;
    int64_t boundary_ns; /* the previous one */
    int64_t judged_to_ns, judged_from_ns;
    int64_t oldest_end_ns; /* of the closed ones, at most */
    int64_t due_ns;        /* before that episodes_settle() would do nothing in this step */
    size_t near;           /* known row at which was looked last */
};

/* One tracker_step(), or another call that hands episodes out. */
struct step {
    struct tracker *t;
    struct rows known; /* the rows up to the boundary */
    int64_t px_tick;
    tracker_changed_fn *changed;
    void *ctx;
};

/* rows_after() of the known rows: what is asked for lies near what was asked for before. */
static inline size_t step_rows_after(const struct step *s, int64_t ts_ns)
{
    size_t hint = s->t->near < s->known.n ? s->t->near : s->known.n;
    s->t->near = rows_after_near(&s->known, ts_ns, hint);
    return s->t->near;
}

/* Flags that at least one of n rows has. */
static inline uint32_t flags_of_rows(const uint32_t *flags, size_t n)
{
    uint64_t all = 0, four[4];
    uint32_t rest = 0;
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        memcpy(four, flags + i, sizeof four);
        all |= four[0] | four[1] | four[2] | four[3];
    }
    for (; i < n; i++) {
        rest |= flags[i];
    }
    return rest | (uint32_t)all | (uint32_t)(all >> 32);
}

/* ---- keeping ---- */

/* A zeroed node, counted but in no array yet; drops old ended ones to make room. NULL: no memory,
 * or (*full_out) TRACKER_MAX live ones. */
struct node *node_create(struct tracker *t, bool *full_out);
void node_open(struct tracker *t, struct node *n);
void node_show(struct tracker *t, struct node *n);
void node_drop(struct tracker *t, struct node *n); /* an open candidate: it never existed */
/* Reports it; then it cannot change, and may be gone. */
void node_close(const struct step *s, struct node *n);
void node_report(const struct step *s, struct node *n);
void tracker_prune(struct tracker *t);
/* How long after its end an episode can matter to another one. */
int64_t tracker_reach_ns(const struct tracker *t);

/* ---- living ---- */

/* All rows and emissions before until_ns have been seen: candidates are confirmed or undone, what
 * faded ends and, once nothing can revive it, is closed. Sets due_ns, which also the other calls
 * keep true. */
void episodes_settle(const struct step *s, int64_t until_ns);
/* The pattern was true. Everything before m->ts_ns has been settled. */
MUST_CHECK bool episodes_take(const struct step *s, const struct emission *m, struct err *err);
/* Known row i is the first after a gap. Everything before it has been settled. */
void episodes_break(const struct step *s, size_t i);
/* No row has come for longer than the gap limit. Everything up to the boundary has been settled. */
void episodes_silence(const struct step *s, int64_t boundary_ns);

/* Time of the first known row after n's last true one, 0 if there is none; remembered. */
int64_t node_false_ns(const struct step *s, struct node *n);
void node_end(struct node *n, enum end_reason why, int64_t end_ns);
/* It ends where it stopped being true. n->false_ns is known. */
void node_fade(struct node *n);

/* Judges restored episodes by the first rows known. */
void episodes_decide(const struct step *s);

#endif
