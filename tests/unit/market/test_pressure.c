/* SPDX-License-Identifier: MIT */
#include "tape.h"

#include "clock.h"
#include "report.h"
#include "report_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct pressure_rules rules = { .ofi_min = .25, .hold_ns = SECONDS(3) };

/* Windows of which each has this order flow and move. */
struct flow {
    double ofi_n[3];
    int64_t net_ticks[3];
};
static const struct flow buying = { { .3, .25, 2 }, { 0, 1, 5 } };
static const struct flow selling = { { -.3, -.25, -2 }, { 0, -1, -5 } };
static const struct flow mixed = { { .3, -.3, 2 }, { 1, -1, 5 } };

static void fill(struct metrics m[3], const struct flow *f, double coverage)
{
    for (int i = 0; i < 3; i++) {
        m[i] = (struct metrics){ .ofi_n = f->ofi_n[i],
                                 .net_ticks = f->net_ticks[i],
                                 .coverage = coverage };
    }
}

static void step_at(struct pressure *p, int s, const struct flow *f, double coverage, bool stale)
{
    struct metrics m[3];
    fill(m, f, coverage);
    pressure_step(p, &rules, SECONDS(1000 + s), m, stale);
}

/* Ticks of the seconds [from, to). */
static void steps(struct pressure *p, int from, int to, const struct flow *f)
{
    for (int s = from; s < to; s++) {
        step_at(p, s, f, 1, false);
    }
}

static enum pressure_state after_hold(const struct flow *f)
{
    struct pressure p = { .tick_ns = 0 };
    steps(&p, 0, 5, f);
    return p.state;
}

/* ---- what is read ---- */

static void three_windows_one_way_are_pressure(void **state)
{
    (void)state;
    assert_int_equal(after_hold(&buying), PRESSURE_BUYING);
    assert_int_equal(after_hold(&selling), PRESSURE_SELLING);
}

static void two_windows_are_enough_if_the_third_is_neutral(void **state)
{
    (void)state;
    const struct flow two = { { .3, 0, 2 }, { 0, 0, 5 } };
    const struct flow one = { { .3, 0, 0 }, { 0, 0, 5 } };
    assert_int_equal(after_hold(&two), PRESSURE_BUYING);
    assert_int_equal(after_hold(&one), PRESSURE_MIXED);
}

static void one_window_against_two_is_mixed(void **state)
{
    (void)state;
    const struct flow against = { { .3, .3, -.3 }, { 1, 1, -1 } };
    assert_int_equal(after_hold(&against), PRESSURE_MIXED);
    assert_int_equal(after_hold(&mixed), PRESSURE_MIXED);
}

static void flow_just_below_the_least_has_no_sign(void **state)
{
    (void)state;
    const struct flow below = { { .2499, .2499, .2499 }, { 1, 1, 1 } };
    assert_int_equal(after_hold(&below), PRESSURE_MIXED);
}

static void flow_against_the_price_has_no_sign(void **state)
{
    (void)state;
    const struct flow falling = { { 2, 2, 2 }, { -1, -1, -1 } };
    const struct flow rising = { { -2, -2, -2 }, { 1, 1, 1 } };
    assert_int_equal(after_hold(&falling), PRESSURE_MIXED);
    assert_int_equal(after_hold(&rising), PRESSURE_MIXED);
}

static void undefined_flow_has_no_sign(void **state)
{
    (void)state;
    const struct flow none = { { NAN, NAN, NAN }, { 0, 0, 0 } };
    assert_int_equal(after_hold(&none), PRESSURE_MIXED);
}

/* ---- hold ---- */

static void new_state_counts_once_it_has_held(void **state)
{
    (void)state;
    struct pressure p = { .tick_ns = 0 };
    steps(&p, 0, 3, &buying);
    assert_int_equal(p.state, PRESSURE_UNKNOWN);
    steps(&p, 3, 4, &buying);
    assert_int_equal(p.state, PRESSURE_BUYING);
    assert_int_equal(p.since_ns, SECONDS(1000));
}

static void short_reading_changes_nothing(void **state)
{
    (void)state;
    struct pressure p = { .tick_ns = 0 };
    steps(&p, 0, 10, &buying);
    steps(&p, 10, 13, &selling);
    assert_int_equal(p.state, PRESSURE_BUYING);
    steps(&p, 13, 14, &buying);
    steps(&p, 14, 17, &selling); /* begins anew: 10..13 does not count */
    assert_int_equal(p.state, PRESSURE_BUYING);
    assert_int_equal(p.since_ns, SECONDS(1000));
    assert_int_equal(pressure_flips(&p, SECONDS(1017)), 0);
}

static void another_reading_in_between_begins_the_hold_anew(void **state)
{
    (void)state;
    struct pressure p = { .tick_ns = 0 };
    steps(&p, 0, 10, &buying);
    steps(&p, 10, 12, &selling);
    steps(&p, 12, 13, &mixed);
    steps(&p, 13, 16, &selling);
    assert_int_equal(p.state, PRESSURE_BUYING);
    steps(&p, 16, 17, &selling);
    assert_int_equal(p.state, PRESSURE_SELLING);
    assert_int_equal(p.since_ns, SECONDS(1013));
}

static void flip_is_counted_with_previous_and_since(void **state)
{
    (void)state;
    struct pressure p = { .tick_ns = 0 };
    steps(&p, 0, 10, &buying);
    steps(&p, 10, 20, &selling);
    assert_int_equal(p.state, PRESSURE_SELLING);
    assert_int_equal(pressure_previous(&p), PRESSURE_BUYING);
    assert_int_equal(p.since_ns, SECONDS(1010));
    assert_int_equal(pressure_flips(&p, SECONDS(1020)), 1);
}

static void no_hold_counts_at_once(void **state)
{
    (void)state;
    const struct pressure_rules at_once = { .ofi_min = .25 };
    struct pressure p = { .tick_ns = 0 };
    struct metrics m[3];
    fill(m, &buying, 1);
    pressure_step(&p, &at_once, SECONDS(1), m, false);
    assert_int_equal(p.state, PRESSURE_BUYING);
}

/* ---- unknown ---- */

static void stale_is_unknown_at_once_and_the_way_back_is_held(void **state)
{
    (void)state;
    struct pressure p = { .tick_ns = 0 };
    steps(&p, 0, 10, &buying);
    step_at(&p, 10, &buying, 1, true);
    assert_int_equal(p.state, PRESSURE_UNKNOWN);
    assert_int_equal(p.since_ns, SECONDS(1010));
    assert_int_equal(pressure_previous(&p), PRESSURE_BUYING);
    steps(&p, 11, 14, &buying);
    assert_int_equal(p.state, PRESSURE_UNKNOWN);
    steps(&p, 14, 15, &buying);
    assert_int_equal(p.state, PRESSURE_BUYING);
    assert_int_equal(p.since_ns, SECONDS(1011));
    assert_int_equal(pressure_flips(&p, SECONDS(1015)), 0);
}

static void flip_through_unknown_is_a_flip(void **state)
{
    (void)state;
    struct pressure p = { .tick_ns = 0 };
    steps(&p, 0, 10, &buying);
    step_at(&p, 10, &buying, 1, true);
    steps(&p, 11, 15, &selling);
    assert_int_equal(p.state, PRESSURE_SELLING);
    assert_int_equal(pressure_previous(&p), PRESSURE_BUYING);
    assert_int_equal(pressure_flips(&p, SECONDS(1015)), 1);
}

static void coverage_below_one_half_is_unknown(void **state)
{
    (void)state;
    struct pressure p = { .tick_ns = 0 };
    steps(&p, 0, 10, &buying);
    step_at(&p, 10, &buying, .5, false);
    assert_int_equal(p.state, PRESSURE_BUYING);
    step_at(&p, 11, &buying, .4999, false);
    assert_int_equal(p.state, PRESSURE_UNKNOWN);
    steps(&p, 12, 16, &buying);
    assert_int_equal(p.state, PRESSURE_BUYING);
    step_at(&p, 16, &buying, NAN, false);
    assert_int_equal(p.state, PRESSURE_UNKNOWN);
}

static void one_uncovered_window_is_enough_for_unknown(void **state)
{
    (void)state;
    for (int uncovered = 0; uncovered < 3; uncovered++) {
        struct pressure p = { .tick_ns = 0 };
        struct metrics m[3];
        fill(m, &buying, 1);
        m[uncovered].coverage = .4;
        for (int s = 1; s < 10; s++) {
            pressure_step(&p, &rules, SECONDS(s), m, false);
        }
        assert_int_equal(p.state, PRESSURE_UNKNOWN);
    }
}

/* ---- flips, agreement ---- */

static void flips_are_forgotten_after_half_an_hour(void **state)
{
    (void)state;
    struct pressure p = { .tick_ns = 0 };
    for (int k = 0; k < 6; k++) {
        steps(&p, 10 * k, 10 * k + 10, k % 2 == 0 ? &buying : &selling);
    }
    assert_int_equal(pressure_flips(&p, SECONDS(1060)), 5);
    assert_int_equal(pressure_flips(&p, SECONDS(1060 + 28 * 60)), 5);
    assert_int_equal(pressure_flips(&p, SECONDS(1060 + 31 * 60)), 0);
    assert_int_equal(pressure_flips(&p, SECONDS(1060)), 5);
}

static void agreement_counts_the_windows_of_the_state(void **state)
{
    (void)state;
    struct pressure p = { .tick_ns = 0 };
    char signs[PRESSURE_WINDOWS + 1];
    const struct flow two = { { 0, -.3, -2 }, { 0, 0, -5 } };
    steps(&p, 0, 5, &two);
    pressure_signs(&p, signs);
    assert_string_equal(signs, "0--");
    assert_int_equal(pressure_agreement(&p), 2);
    steps(&p, 5, 9, &buying);
    assert_int_equal(pressure_agreement(&p), 3);
}

/* ---- restart ---- */

static void put_state(void *ctx, const char *name, const char *text, size_t n)
{
    struct report *r = ctx;
    struct err err = { 0 };
    if (!report_get_state(r, name, text, n, &err)) {
        fail_msg("%s", err.text);
    }
}

static struct pressure stored_and_read(const struct pressure *p)
{
    struct report r, back;
    report_init(&r);
    report_init(&back);
    r.pressure = *p;
    report_put_state(&r, put_state, &back);
    return back.pressure;
}

static const struct flow *some_flow(uint64_t *seed)
{
    const struct flow *const all[] = { &buying, &selling, &mixed, &buying, &selling };
    return all[chance(seed, 5)];
}

/* One that is stopped at any tick, stored, read back and shown the ticks from some time before
 * again says the same as one that never stopped. */
static void restart_at_any_tick_goes_on_as_if_nothing_had_happened(void **state)
{
    (void)state;
    enum { TICKS = 400 };
    static const struct flow *tape[TICKS];
    static bool stale[TICKS];
    uint64_t seed = 7;
    for (int s = 0; s < TICKS; s++) {
        tape[s] = s > 0 && chance(&seed, 5) != 0 ? tape[s - 1] : some_flow(&seed);
        stale[s] = chance(&seed, 40) == 0;
    }
    struct pressure whole = { .tick_ns = 0 }, restarted = { .tick_ns = 0 };
    int known = 0;
    for (int s = 0; s < TICKS; s++) {
        step_at(&whole, s * 20, tape[s], 1, stale[s]);
        restarted = stored_and_read(&restarted);
        for (int again = s > 50 ? s - 50 : 0; again <= s; again++) {
            step_at(&restarted, again * 20, tape[again], 1, stale[again]);
        }
        assert_int_equal(restarted.state, whole.state);
        assert_int_equal(restarted.since_ns, whole.since_ns);
        assert_int_equal(pressure_previous(&restarted), pressure_previous(&whole));
        assert_int_equal(restarted.pending, whole.pending);
        assert_int_equal(restarted.pending_ns, whole.pending_ns);
        int64_t now_ns = SECONDS(1000 + s * 20);
        assert_int_equal(pressure_flips(&restarted, now_ns), pressure_flips(&whole, now_ns));
        known += whole.state >= PRESSURE_BUYING;
    }
    assert_true(known > 50);
    assert_true(pressure_flips(&whole, SECONDS(1000 + TICKS * 20)) > 3);
}

static void text_of_windows_reads_back(void **state)
{
    (void)state;
    struct pressure p = { .tick_ns = 0 };
    const struct flow flow = { { 1.5, NAN, -2.25 }, { 3, 0, -44 } };
    steps(&p, 0, 5, &flow);
    struct pressure back = stored_and_read(&p);
    assert_int_equal(back.windows[2].net_ticks, -44);
    assert_true(back.windows[0].ofi_n == 1.5);
    assert_true(isnan(back.windows[1].ofi_n));
    assert_int_equal(back.windows[0].sign, 1);
    assert_int_equal(back.windows[2].sign, -1);
}

static void broken_texts_are_refused(void **state)
{
    (void)state;
    struct pressure p = { .tick_ns = 0 };
    steps(&p, 0, 5, &buying);
    struct buf good;
    buf_init(&good, 4096);
    pressure_put(&p, &good);
    static const char *const broken[][2] = {
        { "\"BUYING\"", "\"HOLDING\"" },
        { "[0, 1, 5]", "[0, 1]" },
        { "\"+++\"", "\"++x\"" },
        { "\"flips\": \"\"", "\"flips\": \"1:\"" },
        { "\"flips\": \"\"", "\"flips\": \"9999999999:1\"" },
        { "{", "[" },
    };
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        char text[2048];
        struct err err = { 0 };
        const char *at = strstr(good.data, broken[i][0]);
        assert_non_null(at);
        (void)snprintf(text, sizeof text, "%.*s%s%s", (int)(at - good.data), good.data,
                       broken[i][1], at + strlen(broken[i][0]));
        assert_false(pressure_get(&p, text, strlen(text), &err));
        assert_int_equal(err.code, ERR_INVALID);
    }
    buf_fini(&good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_windows_one_way_are_pressure),
        cmocka_unit_test(two_windows_are_enough_if_the_third_is_neutral),
        cmocka_unit_test(one_window_against_two_is_mixed),
        cmocka_unit_test(flow_just_below_the_least_has_no_sign),
        cmocka_unit_test(flow_against_the_price_has_no_sign),
        cmocka_unit_test(undefined_flow_has_no_sign),
        cmocka_unit_test(new_state_counts_once_it_has_held),
        cmocka_unit_test(short_reading_changes_nothing),
        cmocka_unit_test(another_reading_in_between_begins_the_hold_anew),
        cmocka_unit_test(flip_is_counted_with_previous_and_since),
        cmocka_unit_test(no_hold_counts_at_once),
        cmocka_unit_test(stale_is_unknown_at_once_and_the_way_back_is_held),
        cmocka_unit_test(flip_through_unknown_is_a_flip),
        cmocka_unit_test(coverage_below_one_half_is_unknown),
        cmocka_unit_test(one_uncovered_window_is_enough_for_unknown),
        cmocka_unit_test(flips_are_forgotten_after_half_an_hour),
        cmocka_unit_test(agreement_counts_the_windows_of_the_state),
        cmocka_unit_test(restart_at_any_tick_goes_on_as_if_nothing_had_happened),
        cmocka_unit_test(text_of_windows_reads_back),
        cmocka_unit_test(broken_texts_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
