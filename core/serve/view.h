/* SPDX-License-Identifier: MIT */
/* What of an answer is shown, decided once for XML and JSON. [front] Pure. */
#ifndef SERVE_VIEW_H
#define SERVE_VIEW_H

#include "answer.h"

/* The window of that length, or NULL: not reported, or no quote in it. */
const struct report_window *view_window(const struct answer *a, int64_t seconds);

/* Mid of the newest quote in 1e-9; false when a side is missing or the book is crossed. */
bool view_mid(const struct answer *a, int64_t *px_out);
int64_t view_quote_age_ms(const struct answer *a); /* -1: no quote */
/* Decimals that prices of this ticker are written with. */
int view_decimals(const struct answer *a);

/* YES, NO or UNKNOWN, and UNKNOWN for all of them unless the state is OK. */
const char *view_behavior(const struct answer *a, const struct behavior *b);

/* UNKNOWN unless the state is OK: an old verdict is not one. */
enum pressure_state view_pressure(const struct answer *a);
/* The one before it; while UNKNOWN the last one known. */
enum pressure_state view_pressure_previous(const struct answer *a);

/* "OK" or "DEGRADED"; the names of quality bits, separated by spaces. */
const char *view_quality(const struct answer *a);
enum { VIEW_CAUSES_MAX = 200 };
void view_causes(uint32_t bits, char out[VIEW_CAUSES_MAX]);

/* The levels shown of one side of the market: the two nearest, and the strongest of all. A bid
 * level lies at or below the bid, an ask level at or above the ask; broken ones are left out; a
 * flipped one counts for the side on which it now lies. Nearest first. */
enum { VIEW_LEVELS_MAX = 3 };
struct level_view {
    const struct level *l;
    const char *role; /* support resistance at flipped */
};
int view_levels(const struct answer *a, int side, struct level_view out[VIEW_LEVELS_MAX]);

/* The last size jump of the 5 min window if it lies within history, or NULL. */
const struct size_jump *view_jump(const struct answer *a);
const char *view_jump_direction(const struct size_jump *j); /* "lift" "hit" "unchanged" */

/* Indexes of the patterns last true within history, newest first. Of more than max the active ones
 * and the newest of each kind and side are taken, so that no kind crowds out the others. total_out:
 * how many there are. */
size_t view_patterns(const struct answer *a, size_t *out, size_t max, size_t *total_out);
/* True when the detector stored a field of that name itself. */
bool view_has_field(const struct stored_pattern *s, const char *name);
/* What an evaluation found about patterns like this one, or NULL: uncalibrated. */
const struct score *view_score(const struct answer *a, const struct stored_pattern *s);
/* "+2.4pp", and the interval "-2.1,+6.8" or "" if there is none. */
void view_lift(const struct score *s, char lift[24], char interval[24]);
/* In few words: "n=388 60s +2.4pp[-2.1,+6.8] NO EDGE"; of NULL "uncalibrated". */
enum { VIEW_HIST_MAX = 128 };
void view_hist(const struct score *s, char out[VIEW_HIST_MAX]);
/* The engine that serves was started with other settings than this front. */
bool view_other_config(const struct answer *a);
/* False: its silence does not mean that there was no pattern. */
bool view_detector_works(const struct answer_detector *d);
/* It should work and does not: the reader is told. One that is off by the settings is not missed.
 */
bool view_detector_missing(const struct answer_detector *d);

#endif
