/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "slack.h"

enum { MOST_MS = 500, ENOUGH = 10000 };

static const struct slack_rule rule = { .min_ms = 20, .soon_ms = 80, .more = 2, .back = 64 };

static void early(struct slack *s)
{
    slack_learn(s, &rule, false, MOST_MS);
}

static void in_time(struct slack *s)
{
    slack_learn(s, &rule, true, MOST_MS);
}

static void first_look_brings_it_to_its_least(void **state)
{
    (void)state;
    struct slack a = { 0 }, b = { 0 };
    early(&a);
    in_time(&b);
    assert_int_equal(a.ms, 20);
    assert_int_equal(b.ms, 20);
}

static void looks_too_early_double_it_and_then_add_a_half(void **state)
{
    (void)state;
    struct slack s = { .ms = 20 };
    static const int64_t then_ms[] = { 40, 80, 120, 180, 270, 405, MOST_MS, MOST_MS };
    for (size_t i = 0; i < sizeof then_ms / sizeof then_ms[0]; i++) {
        early(&s);
        assert_int_equal(s.ms, then_ms[i]);
    }
}

static void looks_in_time_give_a_share_back_and_no_more_than_all(void **state)
{
    (void)state;
    struct slack s = { .ms = 320 };
    in_time(&s);
    assert_int_equal(s.ms, 315);
    s.ms = 40;
    in_time(&s);
    assert_int_equal(s.ms, 39);
    static const struct slack_rule quick = { .min_ms = 8, .soon_ms = 16, .more = 4, .back = 4 };
    for (int i = 0; i < 20; i++) {
        slack_learn(&s, &quick, true, MOST_MS);
    }
    assert_int_equal(s.ms, 8);
}

static void most_is_held_even_where_it_is_less_than_least(void **state)
{
    (void)state;
    struct slack s = { 0 };
    slack_learn(&s, &rule, false, 10);
    assert_int_equal(s.ms, 10);
    slack_learn(&s, &rule, true, 10);
    assert_int_equal(s.ms, 10);
}

/* What comes 100 ms late each time is awaited about so long, and seldom in vain. */
static void it_settles_a_little_above_what_is_needed(void **state)
{
    (void)state;
    struct slack s = { 0 };
    int in_vain = 0;
    for (int i = 0; i < ENOUGH; i++) {
        bool too_early = s.ms < 100;
        in_vain += too_early;
        slack_learn(&s, &rule, !too_early, MOST_MS);
        assert_true(i < 10 || (s.ms >= 98 && s.ms <= 150));
    }
    assert_in_range(in_vain, 1, ENOUGH / 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_look_brings_it_to_its_least),
        cmocka_unit_test(looks_too_early_double_it_and_then_add_a_half),
        cmocka_unit_test(looks_in_time_give_a_share_back_and_no_more_than_all),
        cmocka_unit_test(most_is_held_even_where_it_is_less_than_least),
        cmocka_unit_test(it_settles_a_little_above_what_is_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
