/* SPDX-License-Identifier: MIT */
#include "tape.h"

#include "tick_size.h"

static struct quote at(int64_t ts_ms, int64_t bid_px, int64_t ask_px)
{
    return (struct quote){
        .ts_ns = MS(ts_ms),
        .bid_px = bid_px,
        .ask_px = ask_px,
        .bid_sz = bid_px != 0,
        .ask_sz = ask_px != 0,
    };
}

static bool push(struct tick_size *t, int64_t ts_ms, int64_t bid_px, int64_t ask_px)
{
    struct quote q = at(ts_ms, bid_px, ask_px);
    return tick_size_push(t, &q);
}

static void hundred_rows_settle_the_step(void **state)
{
    (void)state;
    struct tick_size t;
    tick_size_init(&t, 0, 0);
    for (int i = 0; i < 99; i++) {
        assert_false(push(&t, i, PX(45000 + i), PX(45001 + i)));
    }
    assert_int_equal(t.px, 0);
    assert_true(push(&t, 99, PX(45000), PX(45001)));
    assert_int_equal(t.px, PX(1));
}

static void ten_seconds_settle_the_step(void **state)
{
    (void)state;
    struct tick_size t;
    tick_size_init(&t, 0, 0);
    assert_false(push(&t, 1000, PX(45000), PX(45005)));
    assert_false(tick_size_settle(&t, MS(10999), false));
    assert_true(tick_size_settle(&t, MS(11000), false));
    assert_int_equal(t.px, PX(5));
    assert_false(tick_size_settle(&t, MS(99000), false));
}

static void a_row_after_ten_seconds_is_not_part_of_the_inference(void **state)
{
    (void)state;
    struct tick_size by_row, by_boundary;
    tick_size_init(&by_row, 0, 0);
    tick_size_init(&by_boundary, 0, 0);
    assert_false(push(&by_row, 1000, PX(45000), PX(45010)));
    assert_false(push(&by_boundary, 1000, PX(45000), PX(45010)));
    assert_true(tick_size_settle(&by_boundary, MS(11000), false));
    assert_true(push(&by_row, 11000, PX(45001), PX(45010)));
    assert_false(push(&by_boundary, 11000, PX(45001), PX(45010)));
    assert_int_equal(by_row.px, PX(10));
    assert_int_equal(by_boundary.px, PX(10));
    assert_int_equal(by_row.off_grid, by_boundary.off_grid);
}

static void the_end_settles_what_there_is(void **state)
{
    (void)state;
    struct tick_size t;
    tick_size_init(&t, 0, 0);
    assert_false(tick_size_settle(&t, MS(1), true));
    assert_false(push(&t, 1000, INT64_C(61800200000000), INT64_C(61800300000000)));
    assert_true(tick_size_settle(&t, MS(1000), true));
    assert_int_equal(t.px, INT64_C(100000000));
}

static void the_step_is_one_two_or_five_times_a_power_of_ten(void **state)
{
    (void)state;
    const int64_t cases[][3] = {
        { 400, 404, 2 }, { 400, 425, 5 },  { 400, 440, 20 },
        { 400, 403, 1 }, { 300, 330, 10 }, { 1250, 1375, 5 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct tick_size t;
        tick_size_init(&t, 0, 0);
        assert_false(push(&t, 1000, cases[i][0], cases[i][1]));
        assert_true(tick_size_settle(&t, MS(1000), true));
        assert_int_equal(t.px, cases[i][2]);
    }
}

static void three_rows_off_the_grid_make_it_finer(void **state)
{
    (void)state;
    struct tick_size t;
    tick_size_init(&t, 0, PX(1));
    assert_false(push(&t, 1, PX(45000) + PX(1) / 2, PX(45001)));
    assert_false(push(&t, 2, PX(45000), PX(45001)));
    assert_false(push(&t, 3, PX(45000) + PX(1) / 2, PX(45001)));
    assert_int_equal(t.px, PX(1));
    assert_true(push(&t, 4, PX(45000), PX(45001) + PX(1) / 2));
    assert_int_equal(t.px, PX(1) / 2);
}

static void it_never_gets_coarser(void **state)
{
    (void)state;
    struct tick_size t;
    tick_size_init(&t, 0, PX(1));
    for (int i = 0; i < 1000; i++) {
        assert_false(push(&t, 1000 * (int64_t)i, PX(45000), PX(45010)));
    }
    assert_int_equal(t.px, PX(1));
}

static void a_configured_step_never_changes(void **state)
{
    (void)state;
    struct tick_size t;
    tick_size_init(&t, PX(5), PX(1));
    for (int i = 0; i < 1000; i++) {
        assert_false(push(&t, i, PX(45001), PX(45002)));
    }
    assert_false(tick_size_settle(&t, MS(1000000), true));
    assert_int_equal(t.px, PX(5));
}

static void absent_sides_do_not_count(void **state)
{
    (void)state;
    struct tick_size t;
    tick_size_init(&t, 0, 0);
    for (int i = 0; i < 200; i++) {
        assert_false(push(&t, i, 0, 0));
    }
    assert_int_equal(t.rows, 0);
    assert_false(push(&t, 200, 0, PX(45005)));
    assert_false(push(&t, 201, PX(45000), 0));
    assert_true(tick_size_settle(&t, MS(1000), true));
    assert_int_equal(t.px, PX(5));
}

static void steps_are_remembered_with_their_first_row(void **state)
{
    (void)state;
    struct tick_size t;
    tick_size_init(&t, 0, 0);
    assert_int_equal(tick_steps_at(&t.steps, MS(5)), 0);
    for (int i = 0; i < 100; i++) {
        (void)push(&t, i, PX(45000), PX(45005));
    }
    assert_int_equal(t.steps.n, 1);
    for (int i = 0; i < 3; i++) {
        (void)push(&t, 200 + i, PX(45001), PX(45005));
    }
    assert_int_equal(t.px, PX(1));
    assert_int_equal(tick_steps_at(&t.steps, 0), PX(5));
    assert_int_equal(tick_steps_at(&t.steps, MS(202) - 1), PX(5));
    assert_int_equal(tick_steps_at(&t.steps, MS(202)), PX(1));
    for (int64_t px = PX(1) / 10; px > 1000; px /= 10) {
        for (int i = 0; i < 3; i++) {
            (void)push(&t, 300 + i, PX(45000) + px, PX(45005));
        }
    }
    assert_int_equal(t.steps.n, TICK_STEPS_MAX);
    assert_int_equal(tick_steps_at(&t.steps, MS(1000)), t.px);
    assert_true(tick_steps_at(&t.steps, 0) > t.px);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hundred_rows_settle_the_step),
        cmocka_unit_test(ten_seconds_settle_the_step),
        cmocka_unit_test(a_row_after_ten_seconds_is_not_part_of_the_inference),
        cmocka_unit_test(the_end_settles_what_there_is),
        cmocka_unit_test(the_step_is_one_two_or_five_times_a_power_of_ten),
        cmocka_unit_test(three_rows_off_the_grid_make_it_finer),
        cmocka_unit_test(it_never_gets_coarser),
        cmocka_unit_test(a_configured_step_never_changes),
        cmocka_unit_test(absent_sides_do_not_count),
        cmocka_unit_test(steps_are_remembered_with_their_first_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
