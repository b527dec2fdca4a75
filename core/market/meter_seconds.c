/* SPDX-License-Identifier: MIT */
/* What was in force at whole seconds, so that a grid is read and not walked. */
#include "meter_blocks.h"

#include <stdlib.h>

static bool make_ring(struct seconds *s, int64_t keep_ns)
{
    int64_t length = 1;
    while (length < keep_ns / NS_PER_S + 2) {
        length *= 2;
    }
    s->ring = calloc((size_t)length, sizeof *s->ring);
    s->mask = length - 1;
    return s->ring != NULL;
}

void seconds_fini(struct seconds *s)
{
    free(s->ring);
    *s = (struct seconds){ 0 };
}

static void put(struct seconds *s, int64_t mid2_px, int64_t spread_px)
{
    struct second now = { .mid2_px = mid2_px, .spread_px = spread_px };
    if (s->end > s->first) {
        now.square = grid_square(s->ring[(s->end - 1) & s->mask].mid2_px, mid2_px);
    }
    s->ring[s->end & s->mask] = now;
    s->end++;
    if (s->end - s->first > s->mask + 1) {
        s->first++;
        s->whole = false;
    }
}

void seconds_forget(struct seconds *s)
{
    s->first = s->end = INT64_MIN;
    s->whole = false;
}

bool seconds_take(struct seconds *s, const struct metrics_config *cfg, int64_t keep_ns,
                  const struct rows *r, size_t i, bool is_first)
{
    int64_t end = second_from(r->ts_ns[i]);
    if (s->ring == NULL && !make_ring(s, keep_ns)) {
        return false;
    }
    if (is_first) {
        s->first = s->end = end;
        s->first_seq = r->first_seq + i;
        s->whole = true;
        return true;
    }
    if (end <= s->end) {
        return true;
    }
    int64_t hold_ns = hold_end_ns(cfg, r->ts_ns[i - 1], r->ts_ns[i], r->flags[i]);
    int64_t mid2_px = row_mid2_px(r, i - 1);
    int64_t spread_px = mid2_px == 0 ? 0 : r->ask_px[i - 1] - r->bid_px[i - 1];
    if (end - s->end > s->mask + 1) { /* nothing older fits, and the mid stays what it is */
        s->first = s->end = end - s->mask - 1;
        s->whole = false;
    }
    while (s->end < end) {
        bool in_force = s->end * NS_PER_S <= hold_ns;
        put(s, in_force ? mid2_px : 0, in_force ? spread_px : 0);
    }
    return true;
}

bool seconds_read(const struct seconds *s, const struct rows *r, int64_t from, int64_t to,
                  struct grid *g)
{
    if (to <= from) {
        return true;
    }
    bool since_first_row = s->whole && s->first_seq == r->first_seq;
    bool known =
        to <= s->end && ((from >= s->first && r->ts_ns[0] <= from * NS_PER_S) || since_first_row);
    for (int64_t k = from > s->first ? from : s->first; known && k < to; k++) {
        const struct second *now = &s->ring[k & s->mask];
        grid_add_known(g, now->mid2_px, now->spread_px, now->square);
    }
    return known;
}
