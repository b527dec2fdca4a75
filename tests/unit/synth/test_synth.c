/* SPDX-License-Identifier: MIT */
/* Made tapes: the same everywhere, queues that react, and every planted thing where it is said. */
#include "market.h"
#include "synth.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ROWS_MAX = 100000 };
static const int64_t CENT = 10000000;

struct tape {
    struct synth *s;
    struct synth_quote *q; /* owned */
    size_t n, n_truths;
    const struct synth_truth *truths;
};

static struct synth_config plain(int64_t seconds)
{
    return (struct synth_config){ .seed = 7,
                                  .start_ms = 1767623400000,
                                  .seconds = seconds,
                                  .days = 1,
                                  .rate = 10,
                                  .px = 45000 * CENT,
                                  .px_tick = CENT,
                                  .mean_sz = 3000,
                                  .lot = 100 };
}

static struct tape make(const struct synth_config *c)
{
    struct err err = { 0 };
    struct tape t = { .s = synth_create(c, &err), .q = calloc(ROWS_MAX, sizeof *t.q) };
    assert_non_null(t.s);
    assert_non_null(t.q);
    while (synth_next(t.s, &t.q[t.n], &err)) {
        t.n++;
        assert_true(t.n < ROWS_MAX);
    }
    assert_int_equal(err.code, ERR_NONE);
    t.truths = synth_truths(t.s, &t.n_truths);
    return t;
}

static void drop(struct tape *t)
{
    synth_destroy(t->s);
    free(t->q);
}

static uint64_t digest(const struct tape *t) /* FNV-1a over the fields, least byte first */
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < t->n; i++) {
        const int64_t fields[] = { t->q[i].ts_ms, t->q[i].bid_px, t->q[i].ask_px, t->q[i].bid_sz,
                                   t->q[i].ask_sz };
        for (size_t k = 0; k < 40; k++) {
            h = (h ^ (((uint64_t)fields[k / 8] >> (k % 8 * 8)) & 255)) * UINT64_C(0x100000001b3);
        }
    }
    return h;
}

static size_t row_at(const struct tape *t, int64_t ts_ms) /* last row at or before */
{
    size_t i = 0;
    while (i + 1 < t->n && t->q[i + 1].ts_ms <= ts_ms) {
        i++;
    }
    return i;
}

/* The number was recorded once: any machine, compiler or change that gives another tape fails. */
static void tape_of_a_seed_is_the_same_everywhere(void **state)
{
    (void)state;
    struct synth_config c = plain(1800);
    for (int k = 0; k < PLANTS; k++) {
        c.per_h[k] = 2;
    }
    struct tape t = make(&c);
    assert_int_equal(t.n, 19827);
    assert_int_equal(digest(&t), UINT64_C(0xa83d383c8401ffcd));
    drop(&t);
}

static void rows_are_well_formed(void **state)
{
    (void)state;
    struct synth_config c = plain(900);
    c.days = 3;
    c.per_h[PLANT_VACUUM] = c.per_h[PLANT_SWEEP] = c.per_h[PLANT_SHIFT] = 8;
    struct tape t = make(&c);
    for (size_t i = 0; i < t.n; i++) {
        const struct synth_quote *q = &t.q[i];
        assert_true(i == 0 || q->ts_ms > q[-1].ts_ms);
        assert_true(q->bid_px < q->ask_px && q->bid_px % CENT == 0 && q->ask_px % CENT == 0);
        assert_true(q->bid_sz > 0 && q->bid_sz % 100 == 0 && q->ask_sz > 0 && q->ask_sz % 100 == 0);
        int64_t within = (q->ts_ms - c.start_ms) % 86400000;
        assert_true(within >= 0 && within < 900 * 1000);
    }
    assert_true(t.q[t.n - 1].ts_ms > c.start_ms + 2 * INT64_C(86400000));
    drop(&t);
}

/* Of the orders that come to a queue, fewer add to it the longer it is; and it is no random size:
 * a change is an order, not a new draw. */
static void queues_react_to_their_size(void **state)
{
    (void)state;
    struct market m;
    unsigned adds[3] = { 0 }, all[3] = { 0 };
    market_init(&m, 3, 45000, 30, (UINT64_C(50) << 32) / 1000);
    for (int i = 0; i < 2000000; i++) {
        int64_t px = m.ticks[BID], lots = m.lots[BID];
        (void)market_step(&m);
        if (m.ticks[BID] == px && m.lots[BID] != lots) {
            int bin = lots < 15 ? 0 : lots < 45 ? 1 : 2;
            all[bin]++;
            adds[bin] += m.lots[BID] > lots;
        }
    }
    assert_true(all[0] > 1000 && all[1] > 1000 && all[2] > 1000);
    double short_queue = (double)adds[0] / all[0], usual = (double)adds[1] / all[1];
    double long_queue = (double)adds[2] / all[2];
    assert_true(short_queue > usual + 0.03 && usual > long_queue + 0.1);
}

static void an_empty_queue_moves_the_price_by_a_tick(void **state)
{
    (void)state;
    struct market m;
    market_init(&m, 5, 45000, 30, (UINT64_C(50) << 32) / 1000);
    int moves = 0;
    for (int i = 0; i < 500000; i++) {
        int64_t bid = m.ticks[BID], ask = m.ticks[ASK];
        if (!market_step(&m)) {
            continue;
        }
        int64_t gone = llabs(m.ticks[BID] - bid) + llabs(m.ticks[ASK] - ask);
        assert_true(gone <= 1);
        moves += gone == 1;
    }
    assert_true(moves > 500);
}

static void no_price_moves_while_it_is_pinned(void **state)
{
    (void)state;
    struct market m;
    market_init(&m, 5, 45000, 30, (UINT64_C(50) << 32) / 1000);
    m.pinned = m.stale = true;
    for (int i = 0; i < 200000; i++) {
        (void)market_step(&m);
        assert_true(m.ticks[BID] == 45000 && m.ticks[ASK] == 45001 && m.lots[BID] > 0);
    }
}

static void check_absorption(const struct tape *t, const struct synth_truth *x)
{
    int64_t removed = 0;
    for (size_t i = row_at(t, x->onset_ms) + 1; t->q[i].ts_ms <= x->end_ms; i++) {
        const struct synth_quote *q = &t->q[i];
        int64_t px = x->side == SYNTH_BID ? q->bid_px : q->ask_px;
        int64_t sz = x->side == SYNTH_BID ? q->bid_sz : q->ask_sz;
        int64_t before = x->side == SYNTH_BID ? q[-1].bid_sz : q[-1].ask_sz;
        assert_int_equal(px, x->px);
        removed += sz < before ? before - sz : 0;
    }
    assert_int_equal(removed * 1000 / 3000, x->strength_milli);
    assert_true(x->strength_milli > 20000);
    assert_int_equal(x->dir, x->side == SYNTH_BID ? 1 : -1);
}

static void check_stacking(const struct tape *t, const struct synth_truth *x)
{
    size_t steps = 0;
    for (size_t i = row_at(t, x->onset_ms) + 1; t->q[i].ts_ms < x->end_ms; i++) {
        const struct synth_quote *q = &t->q[i];
        int64_t sz = x->side == SYNTH_BID ? q->bid_sz : q->ask_sz;
        int64_t before = x->side == SYNTH_BID ? q[-1].bid_sz : q[-1].ask_sz;
        assert_int_equal(x->side == SYNTH_BID ? q->bid_px : q->ask_px, x->px);
        assert_true(sz >= before && sz > 5000);
        steps += sz > before;
    }
    assert_in_range(steps, 3, 5);
}

static void check_sweep(const struct tape *t, const struct synth_truth *x)
{
    size_t i = row_at(t, x->onset_ms);
    const struct synth_quote *q = &t->q[i];
    int64_t before = x->side == SYNTH_BID ? q[-1].bid_sz : q[-1].ask_sz;
    assert_int_equal(x->side == SYNTH_BID ? q[-1].bid_px : q[-1].ask_px, x->px);
    assert_int_equal(x->side == SYNTH_BID ? q->bid_px : q->ask_px, x->px_to);
    assert_true(before > 15000 && (x->px_to - x->px) * x->dir >= CENT);
}

/* Every thing that is told stands on the tape. */
static void planted_things_are_where_the_truth_says(void **state)
{
    (void)state;
    struct synth_config c = plain(3600);
    c.per_h[PLANT_ABSORPTION] = 12;
    c.per_h[PLANT_STACKING] = 20;
    c.per_h[PLANT_SWEEP] = 30;
    struct tape t = make(&c);
    size_t found[3] = { 0 };
    for (size_t i = 0; i < t.n_truths; i++) {
        const struct synth_truth *x = &t.truths[i];
        assert_false(x->incidental);
        assert_true(i == 0 || x->onset_ms > t.truths[i - 1].end_ms);
        assert_true(x->onset_ms >= c.start_ms + 120000 && x->end_ms > x->onset_ms);
        if (strcmp(x->type, "absorption") == 0) {
            check_absorption(&t, x);
            found[0]++;
        } else if (strcmp(x->type, "stacking") == 0) {
            check_stacking(&t, x);
            found[1]++;
        } else {
            check_sweep(&t, x);
            found[2]++;
        }
    }
    assert_int_equal(found[0], 12);
    assert_int_equal(found[1], 20);
    assert_int_equal(found[2], 30);
    drop(&t);
}

static void a_shift_moves_the_price_its_way(void **state)
{
    (void)state;
    struct synth_config c = plain(7200);
    c.per_h[PLANT_SHIFT] = 20;
    struct tape t = make(&c);
    size_t shifts = 0;
    for (size_t i = 0; i < t.n_truths; i++) {
        const struct synth_truth *x = &t.truths[i];
        if (!x->incidental) {
            int64_t from = t.q[row_at(&t, x->onset_ms)].bid_px;
            int64_t to = t.q[row_at(&t, x->end_ms)].bid_px;
            assert_true((to - from) * x->dir >= 8 * CENT);
            shifts++;
        }
    }
    assert_int_equal(shifts, 40);
    drop(&t);
}

/* Mean move in the direction of the truths within 60 s of their end, in ticks. */
static double mean_move(int64_t effect_ticks, int64_t ppm, size_t *moved_out)
{
    struct synth_config c = plain(7200);
    c.per_h[PLANT_STACKING] = 30;
    c.effect_ticks = effect_ticks;
    c.effect_s = 60;
    c.effect_ppm = ppm;
    struct tape t = make(&c);
    double sum = 0;
    *moved_out = 0;
    for (size_t i = 0; i < t.n_truths; i++) {
        const struct synth_truth *x = &t.truths[i];
        const struct synth_quote *a = &t.q[row_at(&t, x->end_ms)];
        const struct synth_quote *b = &t.q[row_at(&t, x->end_ms + 60000)];
        sum +=
            (double)((b->bid_px + b->ask_px - a->bid_px - a->ask_px) * x->dir) / (2 * (double)CENT);
        *moved_out += x->effect_ticks != 0;
        assert_true(x->effect_ticks == 0 || x->effect_ticks == effect_ticks * x->dir);
    }
    assert_int_equal(t.n_truths, 60);
    sum /= (double)t.n_truths;
    drop(&t);
    return sum;
}

/* The standard error of each mean is 0.3 ticks. */
static void an_effect_has_the_size_that_was_asked_for(void **state)
{
    (void)state;
    size_t moved = 0;
    double none = mean_move(0, 1000000, &moved);
    assert_true(none > -1 && none < 1);
    assert_int_equal(moved, 0);
    double always = mean_move(6, 1000000, &moved);
    assert_true(always > 5 && always < 7);
    assert_int_equal(moved, 60);
    (void)mean_move(6, 500000, &moved);
    assert_in_range(moved, 18, 42);
}

static void more_than_fits_is_refused(void **state)
{
    (void)state;
    struct err err = { 0 };
    struct synth_config c = plain(3600);
    c.per_h[PLANT_SHIFT] = 100;
    assert_null(synth_create(&c, &err));
    assert_int_equal(err.code, ERR_INVALID);
    assert_non_null(strstr(err.text, "a session has 3600"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tape_of_a_seed_is_the_same_everywhere),
        cmocka_unit_test(rows_are_well_formed),
        cmocka_unit_test(queues_react_to_their_size),
        cmocka_unit_test(an_empty_queue_moves_the_price_by_a_tick),
        cmocka_unit_test(no_price_moves_while_it_is_pinned),
        cmocka_unit_test(planted_things_are_where_the_truth_says),
        cmocka_unit_test(a_shift_moves_the_price_its_way),
        cmocka_unit_test(an_effect_has_the_size_that_was_asked_for),
        cmocka_unit_test(more_than_fits_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
