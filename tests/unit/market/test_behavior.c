/* SPDX-License-Identifier: MIT */
#include "tape.h"

#include <string.h>

enum { ARENA_BYTES = 1 << 18 };

static struct behaviors read_behaviors(const struct tape *t, int64_t now_ms, bool unknown,
                                       const struct behaviors *prev)
{
    struct rows r = window_rows(&t->window);
    struct metrics m;
    struct behaviors b;
    metrics_scan(&r, MS(now_ms), 10, TICK_PX, &tape_config, &m);
    behaviors_read(&r, MS(now_ms), &m, &m, &m, unknown, prev, &b);
    return b;
}

/* Bid sizes a second apart, on top of an ask that stands still. Read at 20000. */
static void push_bids(struct tape *t, const double *sz, int n)
{
    for (int i = 0; i < n; i++) {
        tape_push(t, 20000 - 1000 * (int64_t)(n - i), 10000, sz[i], 10001, 500);
    }
}

static void push_asks(struct tape *t, const double *sz, int n)
{
    for (int i = 0; i < n; i++) {
        tape_push(t, 20000 - 1000 * (int64_t)(n - i), 10000, 500, 10001, sz[i]);
    }
}

static struct behaviors of_bids(const double *sz, int n)
{
    struct tape t;
    tape_init(&t, ARENA_BYTES);
    push_bids(&t, sz, n);
    struct behaviors b = read_behaviors(&t, 20000, false, NULL);
    tape_fini(&t);
    return b;
}

static struct behaviors of_asks(const double *sz, int n)
{
    struct tape t;
    tape_init(&t, ARENA_BYTES);
    push_asks(&t, sz, n);
    struct behaviors b = read_behaviors(&t, 20000, false, NULL);
    tape_fini(&t);
    return b;
}

static void five_rising_sizes_are_stacking_on_their_side_only(void **state)
{
    (void)state;
    const double sz[] = { 9000, 2400, 2410, 2700, 3000, 3121 };
    struct behaviors b = of_bids(sz, 6), a = of_asks(sz, 6);
    assert_int_equal(b.bid_stacking.value, ANSWER_YES);
    assert_int_equal(b.bid_stacking.dir, 1);
    assert_int_equal(b.ask_stacking.value, ANSWER_NO);
    assert_int_equal(a.ask_stacking.value, ANSWER_YES);
    assert_int_equal(a.ask_stacking.dir, -1);
    assert_int_equal(a.bid_stacking.value, ANSWER_NO);
}

static void stacking_just_misses(void **state)
{
    (void)state;
    const double not_large[] = { 2000, 2100, 2200, 2700, 3000 };
    const double not_steep[] = { 2400, 2410, 2420, 2700, 3120 };
    const double not_steady[] = { 2000, 2900, 2899, 3500, 4000 };
    assert_int_equal(of_bids(not_large, 5).bid_stacking.value, ANSWER_NO);
    assert_int_equal(of_bids(not_steep, 5).bid_stacking.value, ANSWER_NO);
    assert_int_equal(of_bids(not_steady, 5).bid_stacking.value, ANSWER_NO);
}

static void five_falling_sizes_are_pulling(void **state)
{
    (void)state;
    const double falling[] = { 1000, 950, 900, 800, 699 };
    const double too_little[] = { 1000, 950, 900, 800, 700 };
    assert_int_equal(of_bids(falling, 5).bid_pulling.value, ANSWER_YES);
    assert_int_equal(of_bids(falling, 5).bid_pulling.dir, -1);
    assert_int_equal(of_asks(falling, 5).ask_pulling.value, ANSWER_YES);
    assert_int_equal(of_asks(falling, 5).ask_pulling.dir, 1);
    assert_int_equal(of_bids(too_little, 5).bid_pulling.value, ANSWER_NO);
    assert_int_equal(of_asks(falling, 5).bid_pulling.value, ANSWER_NO);
}

static void four_states_are_too_few(void **state)
{
    (void)state;
    const double sz[] = { 1000, 900, 800, 600 };
    assert_int_equal(of_bids(sz, 4).bid_pulling.value, ANSWER_UNKNOWN);
    assert_int_equal(of_bids(sz, 4).bid_stacking.value, ANSWER_UNKNOWN);
    assert_int_equal(of_bids(sz, 4).bid_stacking.since_ns, 0);
}

static void repeats_are_no_states(void **state)
{
    (void)state;
    const double sz[] = { 1000, 900, 900, 800, 600 };
    struct tape t;
    tape_init(&t, ARENA_BYTES);
    push_asks(&t, sz, 5);
    assert_int_equal(read_behaviors(&t, 20000, false, NULL).ask_pulling.value, ANSWER_UNKNOWN);
    tape_fini(&t);
}

static void low_coverage_is_unknown(void **state)
{
    (void)state;
    struct tape t;
    tape_init(&t, ARENA_BYTES);
    for (int i = 0; i < 20; i++) {
        tape_push(&t, 19000 + 10 * (int64_t)i, 10000 + i, 100 + i, 10001 + i, 100);
    }
    struct behaviors b = read_behaviors(&t, 20000, false, NULL);
#define BEHAVIOR(member, name, dir) assert_int_equal(b.member.value, ANSWER_UNKNOWN);
#include "behaviors.def"
#undef BEHAVIOR
    tape_fini(&t);
}

static void stale_input_is_unknown(void **state)
{
    (void)state;
    const double sz[] = { 2400, 2500, 2700, 3000, 4000, 5000 };
    struct tape t;
    tape_init(&t, ARENA_BYTES);
    push_bids(&t, sz, 6);
    struct behaviors b = read_behaviors(&t, 20000, true, NULL);
#define BEHAVIOR(member, name, dir) assert_int_equal(b.member.value, ANSWER_UNKNOWN);
#include "behaviors.def"
#undef BEHAVIOR
    tape_fini(&t);
}

static void spread_of_the_newest_three_is_compared_with_all(void **state)
{
    (void)state;
    struct tape t;
    tape_init(&t, ARENA_BYTES);
    for (int i = 0; i < 6; i++) {
        tape_push(&t, 14000 + 1000 * (int64_t)i, 10000, 100 + i, i < 3 ? 10004 : 10002, 100);
    }
    struct behaviors b = read_behaviors(&t, 20000, false, NULL);
    assert_int_equal(b.spread_tightening.value, ANSWER_YES);
    assert_int_equal(b.spread_widening.value, ANSWER_NO);
    for (int i = 0; i < 3; i++) {
        tape_push(&t, 20000 + 100 * (int64_t)i, 10000, 300 + i, 10009, 100);
    }
    b = read_behaviors(&t, 20500, false, NULL);
    assert_int_equal(b.spread_tightening.value, ANSWER_NO);
    assert_int_equal(b.spread_widening.value, ANSWER_YES);
    tape_fini(&t);
}

/* A market that goes faster and faster up (dir 1) or down (dir -1). */
static void push_acceleration(struct tape *t, int dir)
{
    for (int i = 0; i <= 20; i++) {
        int bid = 10000 + dir * i * i / 10;
        tape_push(t, 10000 + 500 * (int64_t)i, bid, 100 + i, bid + 1, 100 + i);
    }
}

static void momentum_building_has_a_direction(void **state)
{
    (void)state;
    for (int dir = -1; dir <= 1; dir += 2) {
        struct tape t;
        tape_init(&t, ARENA_BYTES);
        push_acceleration(&t, dir);
        struct behaviors b = read_behaviors(&t, 20000, false, NULL);
        assert_int_equal(b.momentum_building.value, ANSWER_YES);
        assert_int_equal(b.momentum_building.dir, dir);
        tape_fini(&t);
    }
}

static void momentum_that_fades_is_not_building(void **state)
{
    (void)state;
    struct tape t;
    tape_init(&t, ARENA_BYTES);
    for (int i = 0; i <= 20; i++) {
        int bid = 10040 - (20 - i) * (20 - i) / 10;
        tape_push(&t, 10000 + 500 * (int64_t)i, bid, 100 + i, bid + 1, 100);
    }
    struct behaviors b = read_behaviors(&t, 20000, false, NULL);
    assert_int_equal(b.momentum_building.value, ANSWER_NO);
    assert_int_equal(b.momentum_building.dir, 0);
    tape_fini(&t);
}

static void aggression_needs_two_kinds_of_evidence(void **state)
{
    (void)state;
    struct tape t;
    tape_init(&t, ARENA_BYTES);
    for (int i = 0; i <= 20; i++) {
        tape_push(&t, 10000 + 500 * (int64_t)i, 10000 + i, 100, 10001 + i, 100 + i % 2);
    }
    struct behaviors b = read_behaviors(&t, 20000, false, NULL);
    assert_int_equal(b.aggressive_buying.value, ANSWER_YES);
    assert_int_equal(b.aggressive_selling.value, ANSWER_NO);
    tape_fini(&t);
    tape_init(&t, ARENA_BYTES);
    for (int i = 0; i <= 20; i++) {
        tape_push(&t, 10000 + 500 * (int64_t)i, 10000, 900 + i, 10001, 100);
    }
    b = read_behaviors(&t, 20000, false, NULL);
    assert_int_equal(b.aggressive_buying.value, ANSWER_NO);
    assert_int_equal(b.aggressive_selling.value, ANSWER_NO);
    tape_fini(&t);
}

static void since_is_kept_while_the_answer_is_the_same(void **state)
{
    (void)state;
    const double sz[] = { 1000, 900, 800, 700, 600 };
    struct tape t;
    tape_init(&t, ARENA_BYTES);
    push_bids(&t, sz, 5);
    struct behaviors first = read_behaviors(&t, 20000, false, NULL);
    struct behaviors second = read_behaviors(&t, 20500, false, &first);
    assert_int_equal(second.bid_pulling.since_ns, MS(20000));
    tape_push(&t, 20600, 10000, 5000, 10001, 500);
    struct behaviors third = read_behaviors(&t, 21000, false, &second);
    assert_int_equal(third.bid_pulling.value, ANSWER_NO);
    assert_int_equal(third.bid_pulling.since_ns, MS(21000));
    tape_fini(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(five_rising_sizes_are_stacking_on_their_side_only),
        cmocka_unit_test(stacking_just_misses),
        cmocka_unit_test(five_falling_sizes_are_pulling),
        cmocka_unit_test(four_states_are_too_few),
        cmocka_unit_test(repeats_are_no_states),
        cmocka_unit_test(low_coverage_is_unknown),
        cmocka_unit_test(stale_input_is_unknown),
        cmocka_unit_test(spread_of_the_newest_three_is_compared_with_all),
        cmocka_unit_test(momentum_building_has_a_direction),
        cmocka_unit_test(momentum_that_fades_is_not_building),
        cmocka_unit_test(aggression_needs_two_kinds_of_evidence),
        cmocka_unit_test(since_is_kept_while_the_answer_is_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
