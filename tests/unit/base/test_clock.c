/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "clock.h"

#include <string.h>

static void check_iso(int64_t ts_ns, const char *expected)
{
    char out[CLOCK_ISO_MAX];
    assert_int_equal(clock_print_iso(out, ts_ns), strlen(expected));
    assert_string_equal(out, expected);
}

static void print_iso_is_utc_with_ms(void **state)
{
    (void)state;
    check_iso(0, "1970-01-01T00:00:00.000Z");
    check_iso(INT64_C(1768491045120999999), "2026-01-15T15:30:45.120Z");
    check_iso(INT64_C(1709164800000000000), "2024-02-29T00:00:00.000Z");
}

static void print_iso_before_1970_rounds_down(void **state)
{
    (void)state;
    check_iso(-1, "1969-12-31T23:59:59.999Z");
    check_iso(INT64_MIN, "1677-09-21T00:12:43.145Z");
    check_iso(INT64_MAX, "2262-04-11T23:47:16.854Z");
}

static void mono_never_goes_back(void **state)
{
    (void)state;
    struct mono before = clock_mono();
    for (int i = 0; i < 1000; i++) {
        struct now now = clock_now();
        assert_true(now.mono.ns >= before.ns);
        assert_true(now.wall_ns > INT64_C(1700000000) * NS_PER_S);
        before = now.mono;
    }
}

static void mono_ms_until_rounds_up_so_that_0_means_passed(void **state)
{
    (void)state;
    struct mono t = { .ns = 5 * NS_PER_MS };
    assert_int_equal(mono_ms_until(t, mono_after_ms(t, 3)), 3);
    assert_int_equal(mono_ms_until(t, (struct mono){ .ns = t.ns + 1 }), 1);
    assert_int_equal(mono_ms_until(t, t), 0);
    assert_true(mono_ms_until(mono_after_ms(t, 2), t) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(print_iso_is_utc_with_ms),
        cmocka_unit_test(print_iso_before_1970_rounds_down),
        cmocka_unit_test(mono_never_goes_back),
        cmocka_unit_test(mono_ms_until_rounds_up_so_that_0_means_passed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
