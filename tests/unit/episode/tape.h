/* SPDX-License-Identifier: MIT */
/* Rows and emissions made by hand or by chance, and what a tracker publishes about them. */
#ifndef TEST_EPISODE_TAPE_H
#define TEST_EPISODE_TAPE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "episode.h"
#include "orderflow/detector.h"
#include "random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS(x) ((int64_t)(x)*1000000)
#define SECONDS(x) MS((x)*1000)
#define TICK_PX INT64_C(10000000)
#define PX(cents) ((int64_t)(cents)*TICK_PX)

enum { TAPE_ROWS_MAX = 4000, TAPE_EMISSIONS_MAX = 16000, BOOK_MAX = 8000 };

static char kind_a[] = "absorption", kind_b[] = "pulling";
static const struct declaration decl = {
    .id = "demo", .memory_s = 600, .n_kinds = 2, .kinds = { kind_a, kind_b }
};

struct tape {
    size_t n_rows, n_em;
    int64_t ts_ns[TAPE_ROWS_MAX];
    uint32_t flags[TAPE_ROWS_MAX];
    struct emission em[TAPE_EMISSIONS_MAX];
};

/* Everything published, newest state by id: what Redis would hold. */
struct book {
    size_t n, calls;
    struct episode e[BOOK_MAX];
};

static inline void book_put(void *ctx, const struct episode *e)
{
    struct book *b = ctx;
    size_t i = 0;
    while (i < b->n && strcmp(b->e[i].id, e->id) != 0) {
        i++;
    }
    assert_true(i < BOOK_MAX);
    b->e[i] = *e;
    b->n += i == b->n;
    b->calls++;
}

static inline int by_id(const void *a, const void *b)
{
    return strcmp(((const struct episode *)a)->id, ((const struct episode *)b)->id);
}

static inline void print_episode(const char *name, const struct episode *e)
{
    printf("%s %s %s side=%d px=%lld onset %lld confirmed %lld peak %lld last %lld end %lld %s\n",
           name, e->id, e->kind, (int)e->side, (long long)(e->price / TICK_PX),
           (long long)(e->onset_ns / MS(1)), (long long)(e->confirmed_ns / MS(1)),
           (long long)(e->peak_ns / MS(1)), (long long)(e->last_ns / MS(1)),
           (long long)(e->end_ns / MS(1)), end_reason_name(e->end_reason));
}

static inline bool same_episode(const struct episode *a, const struct episode *b)
{
    return strcmp(a->id, b->id) == 0 && strcmp(a->kind, b->kind) == 0 && a->side == b->side &&
           a->dir == b->dir && a->price == b->price && a->state == b->state &&
           a->end_reason == b->end_reason && a->onset_ns == b->onset_ns &&
           a->confirmed_ns == b->confirmed_ns && a->peak_ns == b->peak_ns &&
           a->peak_value >= b->peak_value && a->peak_value <= b->peak_value &&
           a->last_ns == b->last_ns && a->end_ns == b->end_ns && a->quality == b->quality &&
           a->n_ev == b->n_ev && (a->n_ev == 0 || a->ev[0].i == b->ev[0].i);
}

static inline bool holds(const struct book *b, const struct episode *e)
{
    for (size_t i = 0; i < b->n; i++) {
        if (same_episode(&b->e[i], e)) {
            return true;
        }
    }
    return false;
}

/* The same episodes; prints those that are not in both. */
static inline bool same_book(const struct book *a, const struct book *b)
{
    bool same = a->n == b->n;
    for (size_t i = 0; i < a->n; i++) {
        if (!holds(b, &a->e[i])) {
            print_episode("only a:", &a->e[i]);
            same = false;
        }
    }
    for (size_t i = 0; i < b->n; i++) {
        if (!holds(a, &b->e[i])) {
            print_episode("only b:", &b->e[i]);
            same = false;
        }
    }
    return same;
}

/* ---- by hand ---- */

static inline void add_row(struct tape *t, int64_t ts_ns, uint32_t flags)
{
    assert_true(t->n_rows < TAPE_ROWS_MAX);
    t->ts_ns[t->n_rows] = ts_ns;
    t->flags[t->n_rows++] = flags;
}

static inline struct emission *add_emission(struct tape *t, int64_t ts_ns, int32_t side,
                                            int64_t price, double value)
{
    assert_true(t->n_em < TAPE_EMISSIONS_MAX);
    struct emission *m = &t->em[t->n_em++];
    *m = (struct emission){ .side = side, .ts_ns = ts_ns, .price = price, .value = value };
    return m;
}

/* ---- by chance ---- */

static inline int64_t pick(uint64_t *state, int64_t n)
{
    return (int64_t)(random_next(state) % (uint64_t)n);
}

enum { TAPE_KEYS = 7 };

/* on_ns: since when each key is true, 0: it is not. Every second key also says so, with a head
 * start. */
static inline void random_emissions(struct tape *t, uint64_t *r, const int64_t on_ns[TAPE_KEYS])
{
    static const struct {
        uint32_t kind;
        int32_t side;
        int64_t price;
    } keys[TAPE_KEYS] = { { 0, OFD_BID, PX(10000) },   { 0, OFD_BID, PX(10001) },
                          { 0, OFD_BID, PX(10003) },   { 0, OFD_ASK, PX(10001) },
                          { 1, OFD_BID, PX(10000) },   { 1, OFD_NO_SIDE, OFD_NO_PRICE },
                          { 0, OFD_BID, OFD_NO_PRICE } };
    int64_t ts_ns = t->ts_ns[t->n_rows - 1];
    size_t first = (size_t)pick(r, TAPE_KEYS);
    for (size_t k = 0; k < TAPE_KEYS; k++) {
        size_t i = (first + k) % TAPE_KEYS;
        if (on_ns[i] != 0) {
            struct emission *m =
                add_emission(t, ts_ns, keys[i].side, keys[i].price, (double)pick(r, 1000) / 7);
            m->kind = keys[i].kind;
            m->dir = (int32_t)pick(r, 3) - 1;
            m->n_ev = 1;
            m->ev[0] = (struct evidence){ .i = pick(r, 1000000) };
            m->start_ns = i % 2 == 0 ? on_ns[i] - MS(400 * i) : 0;
        }
    }
}

/* Rows of a nervous market with gaps longer than 5 s, and patterns that come, flicker and go. */
static inline void random_tape(struct tape *t, uint64_t seed, size_t n_rows)
{
    uint64_t r = seed;
    int64_t on_ns[TAPE_KEYS] = { 0 };
    int64_t ts_ns = SECONDS(1000000);
    t->n_rows = t->n_em = 0;
    for (size_t i = 0; i < n_rows; i++) {
        int64_t kind = pick(&r, 100);
        int64_t dt_ns = kind < 8    ? 0
                        : kind < 70 ? MS(pick(&r, 120))
                        : kind < 97 ? MS(pick(&r, 1500))
                        : kind < 98 ? pick(&r, SECONDS(4))
                                    : MS(3000 + pick(&r, 9000));
        ts_ns += dt_ns;
        add_row(t, ts_ns, (uint32_t)(1 << pick(&r, 6)) | (dt_ns > SECONDS(5) ? OFD_ROW_GAP : 0));
        for (size_t k = 0; k < TAPE_KEYS; k++) {
            if (pick(&r, 100) < (on_ns[k] != 0 ? 12 : 5)) {
                on_ns[k] = on_ns[k] != 0 ? 0 : ts_ns;
            }
        }
        random_emissions(t, &r, on_ns);
    }
}

static inline struct episode_rules random_rules(uint64_t seed)
{
    uint64_t r = seed * 31 + 7;
    static const int64_t holds_ms[] = { 0, 0, 300, 2000, 7000 };
    static const int64_t exits_ms[] = { 0, 1000, 1000, 3000 };
    static const int64_t merges_ms[] = { 0, 2000, 2000, 6000 };
    static const int64_t cooldowns_ms[] = { 0, 0, 4000, 1000 };
    return (struct episode_rules){
        .min_hold_ns = MS(holds_ms[pick(&r, 5)]),
        .exit_hold_ns = MS(exits_ms[pick(&r, 4)]),
        .merge_ns = MS(merges_ms[pick(&r, 4)]),
        .cooldown_ns = MS(cooldowns_ms[pick(&r, 4)]),
        .merge_ticks = pick(&r, 3),
    };
}

/* ---- through a tracker ---- */

/* Rows from first_row on are known, emissions from from_ns on are heard. */
struct run {
    const struct tape *tape;
    struct tracker *tracker;
    struct book *book;
    size_t first_row;
    int64_t from_ns, interval_ns;
};

static inline void step_to(struct run *run, int64_t after_ns, int64_t boundary_ns)
{
    static struct emission said[TAPE_EMISSIONS_MAX];
    const struct tape *t = run->tape;
    struct rows rows = {
        .n = t->n_rows - run->first_row,
        .ts_ns = t->ts_ns + run->first_row,
        .flags = t->flags + run->first_row,
    };
    struct err err = { 0 };
    size_t n = 0;
    for (size_t i = 0; i < t->n_em; i++) {
        if (t->em[i].ts_ns > after_ns && t->em[i].ts_ns <= boundary_ns &&
            t->em[i].ts_ns >= run->from_ns) {
            said[n++] = t->em[i];
        }
    }
    struct judged judged = {
        .rows = &rows,
        .boundary_ns = boundary_ns,
        .px_tick = TICK_PX,
        .gap_limit_ns = SECONDS(5),
        .em = said,
        .n = n,
    };
    if (!tracker_step(run->tracker, &judged, book_put, run->book, &err)) {
        fail_msg("%s", err.text);
    }
}

/* Every boundary in (after_ns, to_ns], multiples of the interval. Returns the last one. */
static inline int64_t run_to(struct run *run, int64_t after_ns, int64_t to_ns)
{
    int64_t b = (after_ns / run->interval_ns + 1) * run->interval_ns;
    for (; b <= to_ns; b += run->interval_ns) {
        step_to(run, after_ns, b);
        after_ns = b;
    }
    return after_ns;
}

static inline int64_t tape_end(const struct tape *t)
{
    return (t->ts_ns[t->n_rows - 1] / SECONDS(60) + 2) * SECONDS(60);
}

#endif
