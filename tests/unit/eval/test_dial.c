/* SPDX-License-Identifier: MIT */
/* Sketches and dials. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dial.h"
#include "sketch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct sketch *fresh(void)
{
    struct sketch *s = calloc(1, sizeof *s);
    assert_non_null(s);
    return s;
}

static void quantiles_are_right_to_a_percent(void **state)
{
    (void)state;
    struct sketch *s = fresh(), *a = fresh(), *b = fresh();
    for (int i = 1; i <= 10000; i++) {
        double x = 0.01 * i * i;
        sketch_add(s, x);
        sketch_add(i % 3 == 0 ? a : b, x);
    }
    sketch_merge(a, b);
    assert_memory_equal(a, s, sizeof *s);
    static const double qs[] = { 0.0001, 0.1, 0.5, 0.9, 0.995, 1 };
    for (size_t i = 0; i < sizeof qs / sizeof *qs; i++) {
        double n = ceil(qs[i] * 10000), x = 0.01 * n * n;
        assert_true(fabs(sketch_quantile(s, qs[i]) - x) <= 0.0101 * x);
    }
    free(s);
    free(a);
    free(b);
}

static void odd_values_have_their_place(void **state)
{
    (void)state;
    struct sketch *s = fresh();
    assert_true(isnan(sketch_quantile(s, 0.5)));
    sketch_add(s, NAN);
    sketch_add(s, -1);
    assert_int_equal(s->n, 0);
    sketch_add(s, 0);
    sketch_add(s, 1e-12);
    sketch_add(s, 1e300);
    sketch_add(s, INFINITY);
    assert_int_equal(s->n, 4);
    assert_true(sketch_quantile(s, 0.5) == 0);
    assert_true(fabs(sketch_quantile(s, 0.51) - 1e15) <= 0.011e15);
    free(s);
}

/* Two days; rates halve from level to level: 160, 80, 40, 20, 10 a day. */
static struct dial *halving(void)
{
    struct dial *d = calloc(1, sizeof *d);
    assert_non_null(d);
    d->least = 10;
    d->most = 40;
    d->day_hours = 6.5;
    d->days = 2;
    d->hours[0] = 6.5;
    d->hours[1] = 13;
    for (int i = 0; i < 5; i++) {
        size_t at = dial_insert(d, 100 << i, false);
        assert_int_equal(at, i);
        d->levels[at].n[0] = 160 >> i;
        d->levels[at].n[1] = 320 >> i;
    }
    return d;
}

static void chooses_the_middle_of_what_is_wanted(void **state)
{
    (void)state;
    struct dial *d = halving();
    assert_true(fabs(dial_rate(d, 1, 0, 2) - 80) < 1e-9);
    assert_int_equal(dial_choose(d, 2), 3);
    assert_true(dial_fits(d, 3, 0, 2));
    assert_false(dial_fits(d, 1, 0, 2));
    d->levels[3].active_s[0] = 0.2 * 3 * 6.5 * 3600; /* active a fifth of the time */
    assert_true(fabs(dial_active(d, 3, 0, 2) - 0.2) < 1e-9);
    assert_false(dial_fits(d, 3, 0, 2));
    assert_int_equal(dial_choose(d, 2), 2);
    d->levels[2].n[0] = 0; /* a day that was not yet there decides nothing */
    d->levels[3].active_s[0] = 0;
    d->levels[4].n[0] = 21;
    assert_int_equal(dial_choose(d, 1), 3);
    free(d);
}

static void looks_between_the_neighbours(void **state)
{
    (void)state;
    struct dial *d = halving();
    double x = 0;
    d->least = 25;
    d->most = 36; /* the middle, 30, lies between 400 (40) and 800 (20) */
    assert_true(dial_next(d, false, &x));
    assert_true(fabs(x - sqrt(400.0 * 800)) < 1e-9);
    size_t at = dial_insert(d, x, false);
    assert_int_equal(at, 3);
    d->levels[at].n[0] = 30;
    d->levels[at].n[1] = 60;
    assert_int_equal(dial_choose(d, 2), 3);
    d->least = d->most = 5; /* stricter than all */
    assert_true(dial_next(d, false, &x));
    assert_true(x > 1600 && x < 3201);
    d->least = d->most = 1000;
    assert_true(dial_next(d, false, &x));
    assert_true(x < 100 && x > 49);
    free(d);
}

static void a_probability_is_stricter_the_smaller(void **state)
{
    (void)state;
    struct dial *d = calloc(1, sizeof *d);
    assert_non_null(d);
    static const double ps[] = { 0.01, 0.2, 1e-6, 0.05 };
    for (size_t i = 0; i < 4; i++) {
        (void)dial_insert(d, ps[i], true);
    }
    for (size_t i = 1; i < d->n; i++) {
        assert_true(d->levels[i].value < d->levels[i - 1].value);
    }
    double x = 0;
    d->least = d->most = d->day_hours = d->hours[0] = 1;
    d->days = 1;
    assert_true(dial_next(d, true, &x)); /* never fired: looser */
    assert_true(fabs(x - 0.6) < 1e-12);
    d->levels[0].value = 1;
    assert_false(dial_next(d, true, &x)); /* no probability above 1 */
    for (size_t i = 0; i < d->n; i++) {
        d->levels[i].n[0] = 50;
    }
    assert_true(dial_next(d, true, &x));
    assert_true(x < 1.1e-7);
    free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantiles_are_right_to_a_percent),
        cmocka_unit_test(odd_values_have_their_place),
        cmocka_unit_test(chooses_the_middle_of_what_is_wanted),
        cmocka_unit_test(looks_between_the_neighbours),
        cmocka_unit_test(a_probability_is_stricter_the_smaller),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
