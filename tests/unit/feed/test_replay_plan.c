/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "replay.h"

#define MINUTE_NS (60 * NS_PER_S)
#define SPAN_NS (344396 * NS_PER_MS)
#define FIRST_NS (INT64_C(1723161256313) * NS_PER_MS)
#define LAST_NS (FIRST_NS + SPAN_NS)

static const double speeds[] = { 0, 0.25, 1, 1.5, 10, 1000 };
enum { SPEEDS = sizeof speeds / sizeof speeds[0] };

static void plan_any_speed_shifts_by_whole_minutes(void **state)
{
    (void)state;
    for (size_t i = 0; i < SPEEDS; i++) {
        for (int64_t k = 0; k < 200; k++) {
            int64_t wall_ns = T0_NS + k * 777 * NS_PER_MS;
            struct replay_plan p = replay_plan_make(FIRST_NS, LAST_NS, wall_ns, speeds[i]);
            assert_int_equal(p.shift_ns % MINUTE_NS, 0);
            assert_true(p.start_ns <= wall_ns && p.start_ns > wall_ns - MINUTE_NS);
        }
    }
}

static void plan_any_speed_never_writes_a_quote_before_its_time(void **state)
{
    (void)state;
    for (size_t i = 0; i < SPEEDS; i++) {
        struct replay_plan p = replay_plan_make(FIRST_NS, LAST_NS, T0_NS + 1, speeds[i]);
        for (uint64_t pass = 0; pass < 3; pass++) {
            for (int64_t at = 0; at <= SPAN_NS; at += 999 * NS_PER_MS) {
                assert_true(replay_plan_due_ns(&p, pass, FIRST_NS + at) >=
                            replay_plan_ts_ns(&p, pass, FIRST_NS + at));
            }
        }
    }
}

static void plan_paced_first_quote_is_due_within_the_last_minute(void **state)
{
    (void)state;
    struct replay_plan p = replay_plan_make(FIRST_NS, LAST_NS, T0_NS, 1);
    int64_t first_ns = replay_plan_ts_ns(&p, 0, FIRST_NS);
    assert_true(first_ns <= T0_NS && first_ns > T0_NS - MINUTE_NS);
    /* and every quote when its own time comes: no lag */
    assert_int_equal(replay_plan_due_ns(&p, 0, FIRST_NS + 5 * NS_PER_S), first_ns + 5 * NS_PER_S);
}

static void plan_max_all_quotes_are_due_and_the_last_is_within_the_last_minute(void **state)
{
    (void)state;
    struct replay_plan p = replay_plan_make(FIRST_NS, LAST_NS, T0_NS, 0);
    int64_t last_ns = replay_plan_ts_ns(&p, 0, LAST_NS);
    assert_true(last_ns <= T0_NS && last_ns > T0_NS - MINUTE_NS);
    assert_true(replay_plan_due_ns(&p, 0, FIRST_NS) <= T0_NS);
    assert_true(replay_plan_due_ns(&p, 0, LAST_NS) <= T0_NS);
}

static void plan_speed_10_takes_a_tenth_of_the_time(void **state)
{
    (void)state;
    struct replay_plan p = replay_plan_make(FIRST_NS, LAST_NS, T0_NS, 10);
    int64_t takes_ns = replay_plan_due_ns(&p, 0, LAST_NS) - replay_plan_due_ns(&p, 0, FIRST_NS);
    assert_true(takes_ns >= SPAN_NS / 10 - 10 && takes_ns <= SPAN_NS / 10 + 10);
    assert_true(replay_plan_ts_ns(&p, 0, LAST_NS) <= T0_NS + SPAN_NS / 10);
}

static void plan_other_speeds_begin_now(void **state)
{
    (void)state;
    for (size_t i = 0; i < SPEEDS; i++) {
        if (speeds[i] != 1) {
            struct replay_plan p = replay_plan_make(FIRST_NS, LAST_NS, T0_NS, speeds[i]);
            assert_int_equal(replay_plan_due_ns(&p, 0, FIRST_NS), T0_NS);
        }
    }
}

static void plan_half_speed_takes_twice_the_time(void **state)
{
    (void)state;
    struct replay_plan p = replay_plan_make(FIRST_NS, LAST_NS, T0_NS, 0.5);
    assert_int_equal(replay_plan_due_ns(&p, 0, LAST_NS) - replay_plan_due_ns(&p, 0, FIRST_NS),
                     2 * SPAN_NS);
}

static void plan_next_pass_goes_on_in_whole_seconds_behind_the_last(void **state)
{
    (void)state;
    struct replay_plan p = replay_plan_make(FIRST_NS, LAST_NS, T0_NS, 1);
    int64_t step_ns = replay_plan_ts_ns(&p, 1, FIRST_NS) - replay_plan_ts_ns(&p, 0, FIRST_NS);
    assert_int_equal(step_ns, 345 * NS_PER_S);
    assert_true(replay_plan_ts_ns(&p, 1, FIRST_NS) > replay_plan_ts_ns(&p, 0, LAST_NS));
}

static void plan_tape_of_one_instant_still_moves_on_when_looped(void **state)
{
    (void)state;
    struct replay_plan p = replay_plan_make(FIRST_NS, FIRST_NS, T0_NS, 0);
    assert_int_equal(p.period_ns, NS_PER_S);
}

static void plan_tape_from_the_future_is_shifted_back(void **state)
{
    (void)state;
    struct replay_plan p = replay_plan_make(T0_NS + 90 * NS_PER_S, T0_NS + 95 * NS_PER_S, T0_NS, 1);
    assert_int_equal(p.shift_ns, -2 * MINUTE_NS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plan_any_speed_shifts_by_whole_minutes),
        cmocka_unit_test(plan_any_speed_never_writes_a_quote_before_its_time),
        cmocka_unit_test(plan_paced_first_quote_is_due_within_the_last_minute),
        cmocka_unit_test(plan_max_all_quotes_are_due_and_the_last_is_within_the_last_minute),
        cmocka_unit_test(plan_speed_10_takes_a_tenth_of_the_time),
        cmocka_unit_test(plan_other_speeds_begin_now),
        cmocka_unit_test(plan_half_speed_takes_twice_the_time),
        cmocka_unit_test(plan_next_pass_goes_on_in_whole_seconds_behind_the_last),
        cmocka_unit_test(plan_tape_of_one_instant_still_moves_on_when_looped),
        cmocka_unit_test(plan_tape_from_the_future_is_shifted_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
