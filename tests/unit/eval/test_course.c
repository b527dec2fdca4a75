/* SPDX-License-Identifier: MIT */
#include "unit.h"

static void the_mid_is_that_of_the_last_row(void **state)
{
    (void)state;
    struct course c = { .n_days = 0 };
    struct mid m;
    push(&c, S(100), 1000, 1001, 0);
    push(&c, S(101), 1002, 1004, 0);
    end(&c);
    assert_int_equal(course_mid(&c, S(100) - 1, &m), MID_ABSENT);
    assert_int_equal(course_mid(&c, S(101) - 1, &m), MID_OK);
    assert_int_equal(m.sum_px, 2001 * CENT);
    assert_int_equal(course_mid(&c, S(101), &m), MID_OK);
    assert_int_equal(m.sum_px, 2006 * CENT);
    assert_int_equal(m.spread_px, 2 * CENT);
    course_fini(&c);
}

static void locked_and_crossed_books_have_no_mid(void **state)
{
    (void)state;
    struct course c = { .n_days = 0 };
    struct mid m;
    push(&c, S(100), 1000, 1001, 0);
    push(&c, S(101), 1001, 1001, 0);
    push(&c, S(102), 1002, 1001, 0);
    push(&c, S(103), 1000, 1001, 0);
    end(&c);
    assert_int_equal(course_mid(&c, S(101), &m), MID_LOCKED);
    assert_int_equal(course_mid(&c, S(102), &m), MID_LOCKED);
    assert_int_equal(course_mid(&c, S(103), &m), MID_OK);
    assert_int_equal(c.grid[1].sum_px, 0);
    assert_int_equal(c.grid[3].sum_px, 2001 * CENT);
    course_fini(&c);
}

static void a_missing_side_is_bridged_for_five_seconds(void **state)
{
    (void)state;
    struct course c = { .n_days = 0 };
    struct mid m;
    push(&c, S(100), 1000, 1001, 0);
    push(&c, S(103), 1000, 0, 0);
    push(&c, S(106), 999, 0, 0);
    push(&c, S(112), 1000, 1001, 0);
    end(&c);
    assert_int_equal(course_mid(&c, S(108), &m), MID_OK);
    assert_int_equal(m.sum_px, 2001 * CENT);
    assert_int_equal(course_mid(&c, S(108) + 1, &m), MID_ABSENT);
    assert_int_equal(c.grid[8].sum_px, 2001 * CENT);
    assert_int_equal(c.grid[9].sum_px, 0);
    assert_int_equal(c.grid[12].sum_px, 2001 * CENT);
    course_fini(&c);
}

static void gaps_and_halts_touch_what_lies_across_them(void **state)
{
    (void)state;
    struct course c = { .n_days = 0 };
    push(&c, S(100), 1000, 1001, 0);
    push(&c, S(110), 1000, 1002, OFD_ROW_GAP);
    push(&c, S(111), 0, 0, 0);
    push(&c, S(114), 1000, 1002, 0);
    push(&c, S(115), 0, 0, 0);
    push(&c, S(116), 1000, 1002, 0);
    end(&c);
    assert_int_equal(c.gaps.n, 1);
    assert_int_equal(c.halts.n, 1);
    assert_true(spans_touch(&c.gaps, S(105), S(106)));
    assert_true(spans_touch(&c.gaps, S(109), S(120)));
    assert_false(spans_touch(&c.gaps, S(110), S(120)));
    assert_false(spans_touch(&c.gaps, S(90), S(100)));
    assert_true(spans_touch(&c.halts, S(100), S(112)));
    assert_false(spans_touch(&c.halts, S(114), S(120)));
    const struct day *d = &c.days[0];
    assert_int_equal(d->n, 17);
    assert_false(course_clean(&c, d, d->off, 10));
    assert_true(course_clean(&c, d, d->off + 10, 0));
    assert_false(course_clean(&c, d, d->off + 10, 4));
    assert_true(course_clean(&c, d, d->off + 14, 2));
    course_fini(&c);
}

static void days_are_apart(void **state)
{
    (void)state;
    struct course c = { .day_start_ns = S(3600) };
    int64_t noon = S(20000 * INT64_C(86400) + 43200);
    push(&c, noon, 1000, 1001, 0);
    push(&c, noon + S(46800) - 1, 1000, 1001, OFD_ROW_GAP); /* just before 01:00 */
    push(&c, noon + S(46800), 1000, 1003, OFD_ROW_GAP);
    push(&c, noon + S(46805), 1000, 1003, 0);
    end(&c);
    assert_int_equal(c.n_days, 2);
    assert_int_equal(c.gaps.n, 1); /* the night between two days is none */
    assert_int_equal(course_day(&c, noon + S(46800) - 1), 0);
    assert_int_equal(course_day(&c, noon + S(46800)), 1);
    assert_true(course_day(&c, noon - 1) == SIZE_MAX);
    assert_true(course_day(&c, noon + S(46806)) == SIZE_MAX);
    assert_false(course_clean(&c, &c.days[1], c.days[1].off + 4, 2));
    course_fini(&c);
}

static void extremes_are_those_between_entry_and_exit(void **state)
{
    (void)state;
    struct course c = { .n_days = 0 };
    struct mid m;
    int64_t lo, hi;
    push(&c, S(100), 1000, 1001, 0);
    push(&c, S(101), 1010, 1011, 0);
    push(&c, S(102), 990, 989, 0); /* crossed: not a price */
    push(&c, S(103), 995, 996, 0);
    push(&c, S(104), 900, 901, 0);
    end(&c);
    assert_int_equal(course_mid(&c, S(100), &m), MID_OK);
    course_extremes(&c, &m, S(103), &lo, &hi);
    assert_int_equal(lo, 1991 * CENT);
    assert_int_equal(hi, 2021 * CENT);
    course_fini(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_mid_is_that_of_the_last_row),
        cmocka_unit_test(locked_and_crossed_books_have_no_mid),
        cmocka_unit_test(a_missing_side_is_bridged_for_five_seconds),
        cmocka_unit_test(gaps_and_halts_touch_what_lies_across_them),
        cmocka_unit_test(days_are_apart),
        cmocka_unit_test(extremes_are_those_between_entry_and_exit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
