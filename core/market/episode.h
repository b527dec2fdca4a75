/* SPDX-License-Identifier: MIT */
/*
 * Episodes: a detector says at which rows a pattern is true; the tracker joins these rows into one
 * episode with onset, peak and end. [engine] Pure.
 *
 * An episode is known by (detector, kind, side, price): an emission of the same detector, kind and
 * side within merge_ticks of its price belongs to it, the nearest one if there are several. It
 * begins as a candidate, which nobody sees: a row at which it is not true before it is confirmed
 * undoes it. Confirmed it is ACTIVE, and stays so from row to row as long as no judged row comes at
 * which it is not true, so a quiet market does not chop it. It ENDS:
 *   faded   end_ns is the first row at which it was not true. Shown once exit_hold has passed since
 *           that row; an emission within max(exit_hold, merge) of that row revives it.
 *   gap     end_ns is the last row before a gap in the data (a row flagged OFD_ROW_GAP, or silence
 *           longer than the gap limit), but never before confirmed_ns. Nothing revives it.
 *   restart, detector: see tracker_end_restored() and tracker_end_all().
 * For cooldown after an end no episode of that kind, side and price begins.
 *
 * Every value depends on the rows and emissions alone, never on the boundaries at which they were
 * handed over: those decide only when a change is seen.
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
    END_FADED,    /* rows came at which it was not true */
    END_GAP,      /* the data stopped */
    END_RESTART,  /* stored by an earlier engine, not confirmed by this one */
    END_DETECTOR, /* its detector was disabled */
    END_REMOVED   /* its detector's file was removed */
};

enum {
    EPISODE_ID_MAX = 17,
    TRACKER_MAX = 4096 /* episodes a tracker holds: the oldest ended ones go first; while all of
                          them are live no other begins */
};

struct episode {
    int32_t side, dir; /* dir as of the peak; without a side it is part of the identity */
    int64_t price;     /* OFD_NO_PRICE: none. The price it began at */
    int64_t onset_ns;  /* first row at which it was true; the emission's start_ns, unless an
                          earlier episode of the same key lasted until then (one that ended
                          within declaration_sight_ns() before the emission) */
    int64_t last_ns;   /* last row at which it was true */
    enum episode_state state;
    enum end_reason end_reason;
    char id[EPISODE_ID_MAX]; /* 16 hex digits of a hash of (ticker, detector, kind, side, price,
                                onset) */
    char detector[DETECTOR_ID_MAX], kind[DETECTOR_ID_MAX];
    int64_t confirmed_ns; /* earliest time it could be known: onset + min_hold, but not before its
                             first emission; of the hold only what was judged counts */
    int64_t peak_ns;      /* first row with the largest value */
    double peak_value;
    double known_value; /* the largest value up to confirmed_ns, and the direction it came with: */
    int32_t known_dir;  /* what could be known then. Not stored: 0 after a restart */
    int64_t end_ns;     /* 0 while active */
    uint32_t quality;   /* quality.def bits of the rows it lived on */
    uint32_t n_ev;
    struct evidence ev[EVIDENCE_MAX]; /* as of the peak */
};

struct episode_rules { /* host keys of every detector section, in ns */
    int64_t min_hold_ns, exit_hold_ns, merge_ns, cooldown_ns;
    int64_t merge_ticks;
};

struct tracker; /* opaque: the episodes of one (ticker, detector) */

/* decl is borrowed and must outlive the tracker. keep_ns: how long ended episodes stay, at least;
 * 0: until nothing can change them. It changes no episode. NULL when out of memory. */
struct tracker *tracker_create(const char *ticker, const struct declaration *decl,
                               const struct episode_rules *rules, int64_t keep_ns);
void tracker_destroy(struct tracker *t); /* NULL is fine */

/* What a detector said about the rows after the previous boundary. Borrowed. */
struct judged {
    const struct rows *rows;   /* the rows after the previous boundary and one before them; rows
                                  after boundary_ns are not looked at */
    int64_t boundary_ns;       /* judged up to here, inclusive */
    int64_t px_tick;           /* > 0 */
    int64_t gap_limit_ns;      /* in force after the last row; 0: unknown. window_gap_limit_ns() */
    int64_t from_ns;           /* emissions before this are ignored */
    const struct emission *em; /* any order; what is not of (previous boundary, boundary_ns] is
                                  ignored */
    size_t n;
};

/* Hands every episode whose published state changed to changed(): one that nobody has seen, a new
 * last_ns or peak, an end, a revival. Borrowed during the call. False when out of memory, or when
 * boundary_ns is not after the previous one (nothing was done then). */
typedef void tracker_changed_fn(void *ctx, const struct episode *e);
MUST_CHECK bool tracker_step(struct tracker *t, const struct judged *j, tracker_changed_fn *changed,
                             void *ctx, struct err *err);

/* Every live episode ends for this reason at at_ns, or where it faded before. Candidates vanish. */
void tracker_end_all(struct tracker *t, enum end_reason why, int64_t at_ns,
                     tracker_changed_fn *changed, void *ctx);

/* The detector goes on as another build, or under other rules: its episodes stay. Kinds and
 * evidence are found again by their keys; evidence that the new declaration does not have is
 * dropped, an episode whose kind it does not have fades like one that is not said any more. Not
 * between two calls of changed() and their use: the old declaration may then go. */
void tracker_rebind(struct tracker *t, const struct declaration *decl,
                    const struct episode_rules *rules);

/* Confirmed episodes: the live ones and those that ended within keep_ns before the last boundary
 * (some older), by onset. Borrowed until the next call that changes the tracker. */
size_t tracker_count(const struct tracker *t);
const struct episode *tracker_get(const struct tracker *t, size_t i);
/* The active ones of these, newest onset first, at most `most` in out. Returns how many there are.
 */
size_t tracker_active(const struct tracker *t, const struct episode **out, size_t most);

/* tracker_active() will be asked (prefetch.h). */
void tracker_expect(const struct tracker *t, int step);

/* ---- after a restart: before the first tracker_step() ---------------------------------------- */

/*
 * Gives a stored episode back, active or ended. Where the rows are judged a second time its
 * emissions find it again and change nothing; where they are judged for the first time it goes on
 * under its id, onset and peak as if nothing had happened. Of more than TRACKER_MAX only the first
 * are taken. False when out of memory, when it is of another detector, or a candidate.
 */
MUST_CHECK bool tracker_restore(struct tracker *t, const struct episode *stored, struct err *err);

/*
 * An earlier engine judged the rows up to judged_to_ns; this one judges those from judged_from_ns
 * on. With judged_from_ns <= judged_to_ns - min_hold the episodes are those of an engine that never
 * stopped. (Candidates are not stored: with a min_hold, prices within merge_ticks of each other
 * that flicker just at judged_from_ns may be joined differently.) An active episode that may have
 * ended in rows nobody judged or that are gone ends with `restart` at last_ns, unless an emission
 * still comes within max(exit_hold, merge) of that.
 */
void tracker_begin(struct tracker *t, int64_t judged_to_ns, int64_t judged_from_ns);

/* Ends with `restart` (end_ns = last_ns) the restored episodes of which still nothing is known: no
 * row that could tell has come. Call it once what history there was has been judged. */
void tracker_end_restored(struct tracker *t, tracker_changed_fn *changed, void *ctx);

const char *episode_state_name(enum episode_state s); /* "candidate", "active", "ended" */
const char *end_reason_name(enum end_reason r);       /* "", "faded", "gap", ... */

#endif
