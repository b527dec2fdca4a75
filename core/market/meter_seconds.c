/* SPDX-License-Identifier: MIT */
/* What was in force at whole seconds, so that a grid is read and not walked. */
#include "meter_blocks.h"

#include <stdlib.h>
#include <string.h>

enum { RUNS_MIN = 8 };

static bool make_ring(struct seconds *s, int64_t keep_ns)
{
    s->cap = keep_ns / NS_PER_S + 2;
    s->square = calloc((size_t)s->cap, sizeof *s->square);
    return s->square != NULL;
}

/* k >= first. */
static double *at(const struct seconds *s, int64_t k)
{
    return &s->square[k % s->cap];
}

void seconds_fini(struct seconds *s)
{
    free(s->square);
    free(s->run);
    *s = (struct seconds){ 0 };
}

static bool make_room(struct seconds *s)
{
    if (s->head + s->n_runs < s->cap_runs) {
        return true;
    }
    if (s->head > s->cap_runs / 4) {
        memmove(s->run, s->run + s->head, s->n_runs * sizeof *s->run);
        s->head = 0;
        return true;
    }
    size_t cap = s->cap_runs == 0 ? RUNS_MIN : s->cap_runs + s->cap_runs / 2;
    struct spread_run *grown = realloc(s->run, cap * sizeof *grown);
    if (grown == NULL) {
        return false;
    }
    s->run = grown;
    s->cap_runs = cap;
    return true;
}

/* Of second `end`. False: no memory. */
static bool put_spread(struct seconds *s, int64_t spread_px)
{
    if (s->n_runs > 0 && s->run[s->head + s->n_runs - 1].spread_px == spread_px) {
        return true;
    }
    if (!make_room(s)) {
        return false;
    }
    s->run[s->head + s->n_runs++] = (struct spread_run){ .spread_px = spread_px, .from = s->end };
    return true;
}

static bool put(struct seconds *s, int64_t mid2_px, int64_t spread_px)
{
    if (!put_spread(s, mid2_px == 0 ? NO_MID : spread_px)) {
        return false;
    }
    *at(s, s->end) = s->end > s->first ? grid_square(s->mid2_px, mid2_px) : 0;
    s->mid2_px = mid2_px;
    s->end++;
    if (s->end - s->first > s->cap) {
        s->first++;
        s->whole = false;
    }
    while (s->n_runs > 1 && s->run[s->head + 1].from <= s->first) {
        s->head++;
        s->n_runs--;
    }
    return true;
}

static void begin_at(struct seconds *s, int64_t second)
{
    s->first = s->end = second;
    s->head = s->n_runs = 0;
}

void seconds_forget(struct seconds *s)
{
    begin_at(s, INT64_MIN);
    s->whole = false;
}

bool seconds_take(struct seconds *s, const struct metrics_config *cfg, int64_t keep_ns,
                  const struct rows *r, size_t i, bool is_first)
{
    int64_t end = second_from(r->ts_ns[i]);
    if (s->square == NULL && !make_ring(s, keep_ns)) {
        return false;
    }
    if (is_first) {
        begin_at(s, end);
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
        begin_at(s, end - s->cap);
        s->whole = false;
    }
    while (s->end < end) {
        bool in_force = s->end * NS_PER_S <= hold_ns;
        if (!put(s, in_force ? mid2_px : 0, in_force ? spread_px : 0)) {
            return false;
        }
    }
    return true;
}

/* Squares of changes into the seconds [from, to), in order. */
static void read_squares(const struct seconds *s, int64_t from, int64_t to, struct grid *g)
{
    double squares = g->squares;
    const double *ring_end = s->square + s->cap, *now = at(s, from);
    for (int64_t left = to - from; left > 0; left--) {
        squares += *now++;
        now = now == ring_end ? s->square : now;
    }
    g->squares = squares;
}

/* All of [from, to) are there. True: there was a mid at the last. */
static bool read_runs(const struct seconds *s, int64_t from, int64_t to, struct grid *g)
{
    const struct spread_run *run = s->run + s->head + s->n_runs - 1;
    const struct spread_run *runs_end = run + 1;
    bool had_mid = false;
    while (run->from > from) {
        run--;
    }
    for (; from < to; run++) {
        int64_t end = run + 1 < runs_end && run[1].from < to ? run[1].from : to;
        bool has_mid = run->spread_px != NO_MID;
        if (run->spread_px > 0) {
            size_t n = (size_t)(end - from);
            g->spread[g->runs++] = (struct value_run){ .value = run->spread_px, .n = n };
            g->n += n;
        }
        g->changes += has_mid ? end - from - !had_mid : 0;
        had_mid = has_mid;
        from = end;
    }
    return had_mid;
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
    read_squares(s, from + 1, to, g);
    bool has_mid = read_runs(s, from, to, g);
    if (has_mid) {
        g->mid2_px =
            to == s->end ? s->mid2_px : row_mid2_px(r, rows_after(r, (to - 1) * NS_PER_S) - 1);
    }
    return true;
}
