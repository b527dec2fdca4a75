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

static void parse_iso_reads_what_print_iso_writes(void **state)
{
    (void)state;
    int64_t ns = 0;
    for (int64_t day = 0; day < 84000; day += 13) {
        char out[CLOCK_ISO_MAX];
        int64_t ts_ns = day * 86400 * NS_PER_S + day % 86400 * NS_PER_S + day % 1000 * NS_PER_MS;
        (void)clock_print_iso(out, ts_ns);
        assert_true(clock_parse_iso(out, &ns));
        assert_int_equal(ns, ts_ns);
    }
    assert_true(clock_parse_iso("2024-02-29T23:59:59.123456789", &ns));
    assert_int_equal(ns, INT64_C(1709251199123456789));
    assert_true(clock_parse_iso("2024-08-08T14:10:00", &ns));
    assert_int_equal(ns, INT64_C(1723126200000000000));
}

static void parse_iso_refuses_anything_else(void **state)
{
    (void)state;
    static const char *const wrong[] = { "",
                                         "2024",
                                         "2024-08-08",
                                         "2024-08-08 14:10:00",
                                         "2024-8-8T14:10:00",
                                         "2023-02-29T00:00:00",
                                         "2024-13-01T00:00:00",
                                         "2024-00-01T00:00:00",
                                         "2024-01-00T00:00:00",
                                         "2024-04-31T00:00:00",
                                         "2024-01-01T24:00:00",
                                         "2024-01-01T00:60:00",
                                         "2024-01-01T00:00:60",
                                         "1969-12-31T23:59:59",
                                         "2024-01-01T00:00:00.",
                                         "2024-01-01T00:00:00.Z",
                                         "2024-01-01T00:00:00+01:00",
                                         "2024-01-01T00:00:00.1234567890",
                                         "2024-01-01T00:00:00ZZ",
                                         "2201-01-01T00:00:00" };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        int64_t ns = 0;
        assert_false(clock_parse_iso(wrong[i], &ns));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(print_iso_is_utc_with_ms),
        cmocka_unit_test(print_iso_before_1970_rounds_down),
        cmocka_unit_test(mono_never_goes_back),
        cmocka_unit_test(mono_ms_until_rounds_up_so_that_0_means_passed),
        cmocka_unit_test(parse_iso_reads_what_print_iso_writes),
        cmocka_unit_test(parse_iso_refuses_anything_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
