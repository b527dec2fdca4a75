/* SPDX-License-Identifier: MIT */
#include "finding.h"
#include "rng.h"
#include "trial.h"
#include "unit.h"

enum { DAYS = 12, DAY_S = 1200, EVERY_S = 60, EVENTS = DAYS * (DAY_S / EVERY_S - 2) };

/* Twelve days of a random walk, a quote a second. Every minute from the second on there is an event
 * that says "up"; with a chance of 1/2 + effect the price then rises by 5 cents, else it falls. */
struct market {
    struct course c;
    struct match m;
    struct bench b;
    struct event events[EVENTS];
    float *residuals;
};

static bool make(struct market *k, double effect, uint64_t seed)
{
    struct err err;
    uint64_t at = 0;
    size_t n = 0;
    *k = (struct market){ .c = { .n_days = 0 } };
    for (int64_t d = 0; d < DAYS; d++) {
        int64_t bid = 1000, open = (20000 + d) * 86400 + 50000, up = 0;
        for (int64_t s = 0; s < DAY_S; s++) {
            bool event = s % EVERY_S == 0 && s >= EVERY_S && s < DAY_S - EVERY_S;
            if (event) {
                double u = (double)(rng_at(seed, at++) >> 11) / 9007199254740992.0;
                up = u < 0.5 + effect ? 1 : -1;
                k->events[n++] =
                    (struct event){ .confirmed_ns = S(open + s), .dir = 1, .score = (double)up };
            }
            bid += s % EVERY_S == 3 ? 5 * up : 0;
            bid += s % EVERY_S >= 40 ? (int64_t)rng_below(seed, at++, 3) - 1 : 0;
            struct quote q = { .ts_ns = S(open + s),
                               .bid_px = bid * CENT,
                               .ask_px = (bid + 1) * CENT };
            q.bid_sz = 100 + rng_below(seed, at++, 100);
            q.ask_sz = 100 + rng_below(seed, at++, 100);
            assert_true(course_push(&k->c, &q, &err));
        }
    }
    end(&k->c);
    k->residuals = malloc((k->c.n_grid + 1) * sizeof *k->residuals);
    assert_non_null(k->residuals);
    assert_int_equal(n, EVENTS);
    bool ok =
        match_init(&k->m, &k->c, &err) && bench_init(&k->b, &k->c, &k->m, (double)CENT, seed, &err);
    k->b.shifts_max = 999;
    match_residuals(&k->m, 10, k->residuals);
    return ok;
}

static void drop(struct market *k)
{
    free(k->residuals);
    bench_fini(&k->b);
    match_fini(&k->m);
    course_fini(&k->c);
}

static struct trial run(struct market *k, size_t n, int64_t horizon_ms)
{
    struct trial t = { .latency_ms = 0, .horizon_ms = horizon_ms };
    struct trial_room room = { .sights = NULL };
    struct err err;
    assert_true(trial_run(&k->b, k->events, n, k->residuals, "T", &t, &room, &err));
    trial_room_fini(&room);
    return t;
}

static void a_planted_effect_is_measured_as_large_as_it_is(void **state)
{
    (void)state;
    struct market k;
    assert_true(make(&k, 0.25, 3));
    struct trial t = run(&k, EVENTS, 10000);
    double ups = 0;
    for (size_t i = 0; i < EVENTS; i++) {
        ups += k.events[i].score > 0;
    }
    size_t unmatched = t.excluded[EXCL_UNMATCHED];
    assert_int_equal(t.n + unmatched, EVENTS);
    assert_true(unmatched <= DAYS);
    assert_true(fabs(t.hit - ups / EVENTS) < 0.03);
    NEAR(t.ticks.value, 5 * (2 * t.hit - 1));
    NEAR(t.net.value, t.ticks.value - 1);
    assert_true(t.lift.value > 0.15 && t.lift.ci.lo > 0.08 && t.lift.ci.hi < 0.45);
    assert_true(t.p <= 0.001 + 1e-12);
    assert_int_equal(t.n_days, DAYS);
    assert_true(k.b.by_day && t.n_blocks == DAYS);
    NEAR(t.ic.value, 1); /* the score is the outcome here */
    assert_int_equal(finding_of(&t, 0.01), FINDING_EDGE);
    drop(&k);
}

static void no_effect_is_no_edge(void **state)
{
    (void)state;
    size_t lifts = 0;
    for (uint64_t seed = 100; seed < 120; seed++) {
        struct market k;
        assert_true(make(&k, 0, seed));
        struct trial t = run(&k, EVENTS, 10000);
        lifts += finding_lifts(&t, t.p);
        drop(&k);
    }
    assert_true(lifts <= 5); /* each with a chance of .1 at most: more than 5 of 20 in one of 90 */
}

static void episodes_within_the_horizon_of_one_counted_are_left_out(void **state)
{
    (void)state;
    struct market k;
    assert_true(make(&k, 0, 7));
    match_residuals(&k.m, 60, k.residuals);
    assert_int_equal(run(&k, EVENTS, 60000).excluded[EXCL_OVERLAP], 0);
    match_residuals(&k.m, 61, k.residuals);
    struct trial t = run(&k, EVENTS, 61000);
    assert_in_range(t.excluded[EXCL_OVERLAP], EVENTS / 2 - 2 * DAYS, EVENTS / 2);
    drop(&k);
}

static void few_days_make_half_hours_the_blocks(void **state)
{
    (void)state;
    struct course c = { .n_days = 0 };
    struct match m;
    struct bench b;
    struct err err;
    for (int64_t s = 0; s < 4000; s++) {
        push(&c, S(20000 * INT64_C(86400) + s), 1000 + s % 7, 1002 + s % 7, 0);
    }
    end(&c);
    assert_true(match_init(&m, &c, &err) && bench_init(&b, &c, &m, (double)CENT, 1, &err));
    assert_false(b.by_day);
    assert_int_equal(b.n_blocks, 3);
    bench_fini(&b);
    match_fini(&m);
    course_fini(&c);
}

static void nothing_to_look_at_is_no_number(void **state)
{
    (void)state;
    struct market k;
    assert_true(make(&k, 0, 9));
    struct trial t = run(&k, 0, 10000);
    assert_int_equal(t.n, 0);
    assert_true(isnan(t.p));
    assert_int_equal(finding_of(&t, NAN), FINDING_INSUFFICIENT);
    drop(&k);
}

static void draws_keep_their_distance_and_their_likeness(void **state)
{
    (void)state;
    struct market k;
    uint32_t draws[MATCH_DRAWS];
    uint64_t at = 0;
    bool wider;
    assert_true(make(&k, 0, 11));
    size_t tried = 0;
    for (size_t i = 0; i < k.c.n_grid; i += 101) {
        size_t n = match_draw(&k.m, i, 10, 1, &at, draws, &wider);
        tried += n > 0;
        for (size_t j = 0; j < n; j++) {
            size_t apart = draws[j] > i ? draws[j] - i : i - draws[j];
            assert_true(apart > 10);
            assert_true(!wider ? k.m.cell[draws[j]] == k.m.cell[i]
                               : k.m.cell[draws[j]] / 40 == k.m.cell[i] / 40);
        }
    }
    assert_true(tried > 100);
    drop(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_planted_effect_is_measured_as_large_as_it_is),
        cmocka_unit_test(no_effect_is_no_edge),
        cmocka_unit_test(episodes_within_the_horizon_of_one_counted_are_left_out),
        cmocka_unit_test(few_days_make_half_hours_the_blocks),
        cmocka_unit_test(nothing_to_look_at_is_no_number),
        cmocka_unit_test(draws_keep_their_distance_and_their_likeness),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
