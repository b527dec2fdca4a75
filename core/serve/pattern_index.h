/* SPDX-License-Identifier: MIT */
/* What of each stored pattern decides whether it is shown, in 24 bytes: so a call chooses among
 * thousands and reads the few. [front] Pure. */
#ifndef SERVE_PATTERN_INDEX_H
#define SERVE_PATTERN_INDEX_H

#include "err.h"
#include "report.h"

enum { INDEX_KINDS_MAX = 64 };

struct index_item {
    int64_t last_ns;
    uint64_t id;
    uint8_t kind; /* among the kinds */
    bool active;
};

struct index_kind {
    char kind[DETECTOR_ID_MAX];
    int32_t side, dir; /* dir: of kinds without a side */
};

struct pattern_index {        /* {0} is empty */
    struct index_item *items; /* owned; by last_ns, then id */
    size_t n, cap;
    struct index_kind kinds[INDEX_KINDS_MAX];
    int n_kinds;
};

void index_fini(struct pattern_index *x);
/* False: no memory, or more kinds than it takes. */
MUST_CHECK bool index_put(struct pattern_index *x, const struct episode *e, struct err *err);
/* Takes the pattern out, if it is there. */
void index_take(struct pattern_index *x, uint64_t id);
/* The oldest n go. */
void index_drop(struct pattern_index *x, size_t n);

/* The id as a number, whose order is that of the texts. */
uint64_t index_id(const char *hex);
void index_print_id(char out[EPISODE_ID_MAX], uint64_t id); /* the way back */

/* Which patterns last true at from_ns or later are shown if at most `max` are, by the rule of
 * view_patterns(), ascending. *total_out: of how many. Returns how many. */
size_t index_choose(const struct pattern_index *x, int64_t from_ns, size_t max, size_t *out,
                    size_t *total_out);

#endif
