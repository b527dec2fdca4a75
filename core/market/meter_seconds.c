/* SPDX-License-Identifier: MIT */
/* What was in force at whole seconds, so that a grid is read and not walked. */
#include "meter_blocks.h"

#include <stdlib.h>

static bool make_ring(struct seconds *s, int64_t keep_ns)
{
    s->cap = keep_ns / NS_PER_S + 2;
    s->ring = calloc((size_t)s->cap, sizeof *s->ring);
    return s->ring != NULL;
}

/* k >= first. */
static struct second *at(const struct seconds *s, int64_t k)
{
    return &s->ring[k % s->cap];
}

void seconds_fini(struct seconds *s)
{
    free(s->ring);
    *s = (struct seconds){ 0 };
}

static void put(struct seconds *s, int64_t mid2_px, int64_t spread_px)
{
    *at(s, s->end) = (struct second){
        .spread_px = mid2_px == 0 ? NO_MID : spread_px,
        .square = s->end > s->first ? grid_square(s->mid2_px, mid2_px) : 0,
    };
    s->mid2_px = mid2_px;
    s->end++;
    if (s->end - s->first > s->cap) {
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
    if (end - s->end > s->cap) { /* nothing older fits, and the mid stays what it is */
        s->first = s->end = end - s->cap;
        s->whole = false;
    }
    while (s->end < end) {
        bool in_force = s->end * NS_PER_S <= hold_ns;
        put(s, in_force ? mid2_px : 0, in_force ? spread_px : 0);
    }
    return true;
}

/* Of [now, end); true: there was a mid at the last. The first square is of a change into it. */
static bool read_run(const struct second *now, const struct second *end, bool had_mid,
                     struct grid *g)
{
    int64_t changes = 0;
    double squares = g->squares;
    struct value_run *run = g->spread + g->runs - (g->runs > 0);
    size_t n = g->n;
    for (; now < end; now++) {
        bool has_mid = now->spread_px != NO_MID;
        if (now->spread_px > 0) {
            if (g->runs == 0 || now->spread_px != run->value) { /* rare */
                run = &g->spread[g->runs++];
                *run = (struct value_run){ .value = now->spread_px };
            }
            run->n++;
            n++;
        }
        squares += now->square;
        changes += had_mid & has_mid;
        had_mid = has_mid;
    }
    g->n = n;
    g->changes += changes;
    g->squares = squares;
    return had_mid;
}

/* All of [from, to) are there. True: there was a mid at the last. */
static bool read_ring(const struct seconds *s, int64_t from, int64_t to, struct grid *g)
{
    const struct second *begin = at(s, from), *ring_end = s->ring + s->cap;
    int64_t left = to - from, run = ring_end - begin < left ? ring_end - begin : left;
    g->squares -= begin->square;
    bool had_mid = read_run(begin, begin + run, false, g);
    return read_run(s->ring, s->ring + (left - run), had_mid, g);
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
    from = from > s->first ? from : s->first;
    if (!known || from >= to) {
        return known;
    }
    bool has_mid = read_ring(s, from, to, g);
    if (has_mid) {
        g->mid2_px =
            to == s->end ? s->mid2_px : row_mid2_px(r, rows_after(r, (to - 1) * NS_PER_S) - 1);
    }
    return true;
}
