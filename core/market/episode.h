/* SPDX-License-Identifier: MIT */
/*
 * Episodes: a detector says at which rows a pattern is true; the tracker joins these rows into one
 * episode with onset, peak and end. [engine] Pure.
 *
 * An episode is known by (detector, kind, side, price): an emission of the same detector, kind and
 * side within merge_ticks of its price belongs to it. It stays ACTIVE from row to row as long as no
 * judged row comes at which it is not true, so a quiet market does not chop it. It ENDS (reason
 * faded, end_ns = time of the first row at which it was not true) when exit_hold_ms have passed
 * since that row without another emission; an emission within merge_ms of that row revives it. A
 * gap in the data ends it (reason gap, end_ns = last row + gap limit). All times are data time of
 * rows, so neither batching nor the tick interval changes the set of episodes.
 */
#ifndef MARKET_EPISODE_H
#define MARKET_EPISODE_H

#include "pattern.h"
#include "window.h"

#include <stdbool.h>
#include <stdint.h>

enum episode_state { EPISODE_CANDIDATE, EPISODE_ACTIVE, EPISODE_ENDED };

enum end_reason {
    END_NONE,
    END_FADED,   /* rows came at which it was not true */
    END_GAP,     /* the data stopped */
    END_RESTART, /* stored by an earlier engine, not confirmed by this one */
    END_DETECTOR /* its detector was removed, disabled or reconfigured */
};

enum { EPISODE_ID_MAX = 17 };

struct episode {
    char id[EPISODE_ID_MAX]; /* 16 hex digits of a hash of (ticker, detector, kind, side, price,
                                onset) */
    char detector[DETECTOR_ID_MAX], kind[DETECTOR_ID_MAX];
    int32_t side, dir;
    int64_t price; /* OFD_NO_PRICE: none. The price it began at */
    enum episode_state state;
    enum end_reason end_reason;
    int64_t onset_ns;     /* first row at which it was true (or the emission's start_ns) */
    int64_t confirmed_ns; /* earliest time it could be known: onset + min_hold_ms */
    int64_t peak_ns;      /* row with the largest value */
    double peak_value;
    int64_t last_ns;  /* last row at which it was true */
    int64_t end_ns;   /* 0 while active */
    uint32_t quality; /* quality.def bits of the rows it lived on */
    uint32_t n_ev;
    struct evidence ev[EVIDENCE_MAX]; /* as of the peak */
};

struct episode_rules { /* host keys of every detector section, in ns */
    int64_t min_hold_ns, exit_hold_ns, merge_ns, cooldown_ns;
    int64_t merge_ticks;
};

struct tracker; /* opaque: the episodes of one (ticker, detector) */

/* decl is borrowed and must outlive the tracker. NULL when out of memory. */
struct tracker *tracker_create(const char *ticker, const struct declaration *decl,
                               const struct episode_rules *rules);
void tracker_destroy(struct tracker *t);

/* Gives a stored episode back after a restart, before the first tracker_step(). When an emission
 * would begin an episode that this one covers, it is continued under its id, onset and peak
 * instead. */
MUST_CHECK bool tracker_restore(struct tracker *t, const struct episode *stored, struct err *err);

/* The detector judged all rows up to and including boundary_ns and said em[0..n) (any order). rows
 * must still hold every row since the last true row of the active episodes. row_quality maps a
 * row's OFD_ROW_* flags to quality bits. gap_limit_ns: see window_gap_limit_ns(). Episodes that
 * changed are handed to changed(). */
typedef void tracker_changed_fn(void *ctx, const struct episode *e);
MUST_CHECK bool tracker_step(struct tracker *t, const struct rows *rows, int64_t boundary_ns,
                             int64_t px_tick, int64_t gap_limit_ns, const struct emission *em,
                             size_t n, tracker_changed_fn *changed, void *ctx, struct err *err);

/* Restored episodes that no emission has confirmed end with `restart` (end_ns = last_ns). Call it
 * once the backfill has been judged. */
void tracker_end_restored(struct tracker *t, tracker_changed_fn *changed, void *ctx);
/* Every live episode ends at at_ns for this reason. */
void tracker_end_all(struct tracker *t, enum end_reason why, int64_t at_ns,
                     tracker_changed_fn *changed, void *ctx);
/* Live ones, and ended ones not older than keep_ns before the last boundary. Borrowed until the
 * next call. */
size_t tracker_list(const struct tracker *t, const struct episode **out);

const char *episode_state_name(enum episode_state s); /* "active", "ended" */
const char *end_reason_name(enum end_reason r);       /* "faded" ... */

#endif
