/* SPDX-License-Identifier: MIT */
/*
 * What our last write left in a ticker's keys, so that the next one sends what differs and nothing
 * else. [engine] No Redis here.
 *
 * What is held are the values, not their texts: equal values have the same text, and a text that
 * has to be named again (a level that goes) is made again. A write becomes what is held once Redis
 * has carried it out. Whoever doubts it, for a reply that does not fit or a new connection, forgets
 * it: the key is then written whole.
 */
#ifndef RESULT_HELD_H
#define RESULT_HELD_H

#include "clock.h"
#include "report.h"

#include <stdbool.h>

struct held_key {
    bool known;            /* it is as we left it */
    bool refreshes;        /* the write under way sets its TTL */
    struct mono refreshed; /* when its TTL was last set */
};

struct held {
    struct held_key metrics_key[REPORT_WINDOWS_MAX], state_key, levels_key[2];
    struct metrics metrics[REPORT_WINDOWS_MAX];
    struct behaviors behaviors;
    struct state_marks state, next_state; /* the latter of the write under way */
    struct level levels[2][LEVELS_MAX];
    int n_levels[2];
};

/* All keys are to be written whole. */
static inline void held_forget(struct held *h)
{
    for (int i = 0; i < REPORT_WINDOWS_MAX; i++) {
        h->metrics_key[i].known = false;
    }
    h->state_key.known = false;
    h->levels_key[0].known = false;
    h->levels_key[1].known = false;
    h->n_levels[0] = 0;
    h->n_levels[1] = 0;
}

static inline void held_key_written(struct held_key *k, struct mono now)
{
    k->known = true;
    k->refreshed = k->refreshes ? now : k->refreshed;
}

/* The report is in Redis now. */
static inline void held_written(struct held *h, const struct report *r, struct mono now)
{
    for (int i = 0; i < r->n_windows; i++) {
        held_key_written(&h->metrics_key[i], now);
        h->metrics[i] = r->windows[i].m;
    }
    h->behaviors = r->behaviors;
    held_key_written(&h->state_key, now);
    h->state = h->next_state;
    for (int side = 0; side < 2; side++) {
        held_key_written(&h->levels_key[side], now);
        h->n_levels[side] = r->n_levels[side];
        memcpy(h->levels[side], r->levels[side], (size_t)r->n_levels[side] * sizeof(struct level));
    }
}

#endif
