/* SPDX-License-Identifier: MIT */
/*
 * Episodes held against what is known to have been there. [any] Pure.
 *
 * A thing and an episode of its kind fit each other when
 * - they are of the same side, and their directions are not opposite;
 * - they overlap in time: the thing, longer by the tolerance at both ends, and the episode from
 *   onset to the last time it was true;
 * - the episode's price, if both have one, is at most the tolerance away from the thing's.
 * Of all ways to pair them, each thing and each episode in one pair at most, that one is taken
 * which finds the most things that were asked for, then the most incidental ones.
 */
#ifndef EVAL_TRUTH_H
#define EVAL_TRUTH_H

#include "err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct truth {
    int32_t side, dir; /* OFD_*; dir 0: none */
    int64_t onset_ns, end_ns;
    int64_t px_lo, px_hi; /* OFD_NO_PRICE: nowhere */
    bool incidental;      /* true as well, and nobody has to find it */
};
struct truth_episode {
    int32_t side, dir;
    int64_t onset_ns, last_ns;
    int64_t price; /* OFD_NO_PRICE: none */
};
struct truth_rule {
    int64_t tolerance_ns, tolerance_px;
};

bool truth_fits(const struct truth *t, const struct truth_episode *e,
                const struct truth_rule *rule);
bool truth_fits_any(const struct truth *truths, size_t n, const struct truth_episode *e,
                    const struct truth_rule *rule);

#define TRUTH_NONE SIZE_MAX
/* of_truth[i]: the episode of thing i, of_episode[k]: the thing of episode k, or TRUTH_NONE.
 * Episodes in order of time: of several that fit one thing alone the first is taken. False: no
 * memory. */
MUST_CHECK bool truth_match(const struct truth *truths, size_t n, const struct truth_episode *found,
                            size_t m, const struct truth_rule *rule, size_t *of_truth,
                            size_t *of_episode, struct err *err);

struct truth_score {
    size_t asked, found;         /* things, but incidental ones; of those, paired ones */
    size_t episodes, incidental; /* all of them; paired with an incidental thing */
    size_t again;                /* not paired, but they fit a thing: it was told more than once */
    size_t wrong;                /* nothing like it was there */
};
/* found / asked, and found / (episodes - incidental); NaN: of none. So `again` counts against
 * precision. */
double truth_recall(const struct truth_score *s);
double truth_precision(const struct truth_score *s);

#endif
