/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "decimal.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int64_t px(const char *text)
{
    int64_t out = 0;
    struct err err = { 0 };
    if (!decimal_parse_px(text, strlen(text), &out, &err)) {
        fail_msg("%s: %s", text, err.text);
    }
    return out;
}

static void parse_px_decimals_and_exponents_are_exact(void **state)
{
    (void)state;
    assert_int_equal(px("0"), 0);
    assert_int_equal(px("-0.0"), 0);
    assert_int_equal(px("450.25"), INT64_C(450250000000));
    assert_int_equal(px("00450.2500000000000"), INT64_C(450250000000));
    assert_int_equal(px("61800.2"), INT64_C(61800200000000));
    assert_int_equal(px("0.000000001"), 1);
    assert_int_equal(px("-1.5"), -INT64_C(1500000000));
    assert_int_equal(px("1e-9"), 1);
    assert_int_equal(px("6.18002e4"), INT64_C(61800200000000));
    assert_int_equal(px("5E+0"), INT64_C(5000000000));
    assert_int_equal(px("0e9999999999999999999"), 0);
    assert_int_equal(px("1e-99999999999999999999"), 0);
}

static void parse_px_tenth_decimal_rounds_half_to_even(void **state)
{
    (void)state;
    assert_int_equal(px("0.0000000005"), 0);
    assert_int_equal(px("0.0000000015"), 2);
    assert_int_equal(px("0.0000000025"), 2);
    assert_int_equal(px("0.00000000250000000000000000001"), 3);
    assert_int_equal(px("0.0000000024999999999999999999"), 2);
    assert_int_equal(px("-0.0000000015"), -2);
    assert_int_equal(px("6e-10"), 1);
    assert_int_equal(px("6e-11"), 0);
    assert_int_equal(px("0.01999999999999999999"), 20000000);
}

static void parse_px_largest_value_is_read_and_the_next_refused(void **state)
{
    (void)state;
    int64_t out = 7;
    assert_int_equal(px("9223372036.854775807"), INT64_MAX);
    assert_int_equal(px("-9223372036.854775807"), -INT64_MAX);
    assert_false(decimal_parse_px("9223372036.854775808", 20, &out, NULL));
    assert_false(decimal_parse_px("-9223372036.854775808", 21, &out, NULL));
    assert_false(decimal_parse_px("9223372036.8547758075", 21, &out, NULL));
    assert_false(decimal_parse_px("1e10", 4, &out, NULL));
    assert_false(decimal_parse_px("1e999999", 8, &out, NULL));
    assert_int_equal(out, 7);
}

static void parse_anything_but_a_number_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = { "",    " ",    "-",     "+1",  "1.",    ".5",    "1e",
                                       "1e+", "1,5",  "1 ",    " 1",  "0x10",  "nan",   "inf",
                                       "1_0", "1..2", "1.2.3", "--1", "1e5.0", "1e1e1", "48x" };
    int64_t i;
    double f;
    for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++) {
        size_t n = strlen(bad[k]);
        struct err err = { 0 };
        assert_false(decimal_parse_px(bad[k], n, &i, &err));
        assert_int_equal(err.code, ERR_INVALID);
        assert_false(decimal_parse_double(bad[k], n, &f, NULL));
    }
    char many[DECIMAL_TEXT_MAX + 2];
    memset(many, '1', sizeof many);
    assert_false(decimal_parse_double(many, DECIMAL_TEXT_MAX + 1, &f, NULL));
    assert_false(decimal_parse_px("1\0", 2, &i, NULL));
}

static void parse_message_shows_the_text_without_controls(void **state)
{
    (void)state;
    struct err err = { 0 };
    int64_t out;
    assert_false(decimal_parse_px("4\n8", 3, &out, &err));
    assert_string_equal(err.text, "'4?8' is not a decimal number");
}

static void parse_reads_no_byte_behind_n(void **state)
{
    (void)state;
    int64_t out = 0;
    assert_true(decimal_parse_px("12345", 2, &out, NULL));
    assert_int_equal(out, INT64_C(12000000000));
}

static void parse_double_is_the_nearest_and_finite(void **state)
{
    (void)state;
    double f = 0;
    assert_true(decimal_parse_double("0.1", 3, &f, NULL));
    assert_true(f == 0.1);
    assert_true(decimal_parse_double("-1.25e2", 7, &f, NULL));
    assert_true(f == -125.0);
    assert_false(decimal_parse_double("1e309", 5, &f, NULL));
}

static void parse_i64_covers_the_whole_range(void **state)
{
    (void)state;
    int64_t i = 0;
    assert_true(decimal_parse_i64("-9223372036854775808", 20, &i, NULL));
    assert_true(i == INT64_MIN);
    assert_true(decimal_parse_i64("+9223372036854775807", 20, &i, NULL));
    assert_true(i == INT64_MAX);
    assert_false(decimal_parse_i64("9223372036854775808", 19, &i, NULL));
    assert_false(decimal_parse_i64("-9223372036854775809", 20, &i, NULL));
    assert_false(decimal_parse_i64("1.0", 3, &i, NULL));
    assert_false(decimal_parse_i64("-", 1, &i, NULL));
    assert_false(decimal_parse_i64("", 0, &i, NULL));
}

static void check_px(int64_t value, int min_decimals, const char *expected)
{
    char out[DECIMAL_MAX];
    assert_int_equal(decimal_print_px(out, value, min_decimals), strlen(expected));
    assert_string_equal(out, expected);
}

static void print_px_is_the_shortest_with_its_least_decimals(void **state)
{
    (void)state;
    check_px(INT64_C(61800200000000), 0, "61800.2");
    check_px(INT64_C(450000000000), 1, "450.0");
    check_px(INT64_C(450000000000), 0, "450");
    check_px(INT64_C(450000000000), 2, "450.00");
    check_px(0, 0, "0");
    check_px(1, 2, "0.000000001");
    check_px(-1, 0, "-0.000000001");
    check_px(INT64_MAX, 0, "9223372036.854775807");
    check_px(INT64_MIN, 0, "-9223372036.854775808");
}

static void print_px_reads_back_equal(void **state)
{
    (void)state;
    uint64_t x = 1;
    for (int i = 0; i < 100000; i++) {
        x = x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        int64_t value = (int64_t)(x >> (x % 60)) / 2;
        char out[DECIMAL_MAX];
        (void)decimal_print_px(out, i % 2 == 0 ? value : -value, i % 4);
        assert_int_equal(px(out), i % 2 == 0 ? value : -value);
    }
}

static void check_fixed(int64_t value, int decimals, const char *expected)
{
    char out[DECIMAL_MAX];
    assert_int_equal(decimal_print_px_fixed(out, value, decimals), strlen(expected));
    assert_string_equal(out, expected);
}

static void print_px_fixed_rounds_half_away_from_zero(void **state)
{
    (void)state;
    check_fixed(INT64_C(450255000000), 2, "450.26");
    check_fixed(-INT64_C(450255000000), 2, "-450.26");
    check_fixed(INT64_C(450254999999), 2, "450.25");
    check_fixed(INT64_C(999999999), 0, "1");
    check_fixed(INT64_C(5), 9, "0.000000005");
    check_fixed(-INT64_C(4000000), 2, "0.00");
    check_fixed(INT64_MAX, 9, "9223372036.854775807");
    check_fixed(INT64_MIN, 0, "-9223372037");
}

static void check_repr(double x, const char *expected)
{
    char out[DECIMAL_MAX];
    assert_int_equal(decimal_print_repr(out, x), strlen(expected));
    assert_string_equal(out, expected);
}

static void print_repr_is_pythons(void **state)
{
    (void)state;
    check_repr(500.0, "500.0");
    check_repr(0.1, "0.1");
    check_repr(-0.0, "-0.0");
    check_repr(1e-05, "1e-05");
    check_repr(0.0001, "0.0001");
    check_repr(-0.00012345678901234567, "-0.00012345678901234567");
    check_repr(1e16, "1e+16");
    check_repr(1e15, "1000000000000000.0");
    check_repr(9007199254740993.0, "9007199254740992.0");
    check_repr(123456789.125, "123456789.125");
    check_repr(1.0 / 3.0, "0.3333333333333333");
    check_repr(0.1 + 0.2, "0.30000000000000004");
    check_repr(DBL_MAX, "1.7976931348623157e+308");
    check_repr(DBL_MIN, "2.2250738585072014e-308");
    check_repr(5e-324, "5e-324");
    check_repr((double)INFINITY, "inf");
    check_repr(-(double)INFINITY, "-inf");
    check_repr((double)NAN, "nan");
}

/* Below a power of two doubles lie closer: the nearest 16 digits miss, the next ones hit. */
static void print_repr_of_a_power_of_two_is_pythons(void **state)
{
    (void)state;
    check_repr(ldexp(1.0, -44), "5.684341886080802e-14");
    check_repr(ldexp(1.0, 89), "6.189700196426902e+26");
    check_repr(ldexp(1.0, 122), "5.316911983139664e+36");
}

static void print_repr_reads_back_equal(void **state)
{
    (void)state;
    uint64_t x = 42;
    for (int i = 0; i < 50000; i++) {
        x = x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        double value;
        memcpy(&value, &x, sizeof value);
        if (isfinite(value)) {
            char out[DECIMAL_MAX];
            assert_in_range(decimal_print_repr(out, value), 3, DECIMAL_MAX - 1);
            assert_true(strtod(out, NULL) == value);
        }
    }
}

/* The first of 1, 2 ... 17 digits that reads back. (Powers of two apart: see above.) */
static void print_by_trying(char out[DECIMAL_MAX], double x)
{
    for (int digits = DBL_DIG; digits <= DBL_DECIMAL_DIG; digits++) {
        (void)snprintf(out, DECIMAL_MAX, "%.*e", digits - 1, x);
        if (strtod(out, NULL) == x) {
            return;
        }
    }
}

/* The same digits and exponent, written alike. */
static void normalize(char out[DECIMAL_MAX], const char *text)
{
    char digits[DECIMAL_MAX];
    int n = 0, point = 0, seen_point = 0, exponent = 0;
    const char *e = strchr(text, 'e');
    exponent = e != NULL ? (int)strtol(e + 1, NULL, 10) : 0;
    for (const char *c = text; *c != '\0' && c != e; c++) {
        seen_point = seen_point || *c == '.';
        if (*c >= '0' && *c <= '9' && (n > 0 || *c != '0')) {
            digits[n++] = *c;
        }
        point += *c >= '0' && *c <= '9' && seen_point;
    }
    while (n > 1 && digits[n - 1] == '0') {
        n--;
        point--;
    }
    (void)snprintf(out, DECIMAL_MAX, "%.*se%d", n, digits, exponent - point);
}

static void check_shortest(double x)
{
    char printed[DECIMAL_MAX], tried[DECIMAL_MAX], ours[DECIMAL_MAX], right[DECIMAL_MAX];
    (void)decimal_print_repr(printed, x);
    print_by_trying(tried, x);
    normalize(ours, printed);
    normalize(right, tried);
    if (strcmp(ours, right) != 0) {
        fail_msg("%a: %s, but %s is right", x, printed, tried);
    }
}

/* Ratios, sums of decimals, halves of them, and what lies next to them; large and tiny. */
static void print_repr_is_the_shortest_and_nearest(void **state)
{
    (void)state;
    uint64_t random = 7;
    for (int i = 0; i < 8000; i++) {
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        double a = 1 + (double)(random >> 44), b = 1 + (double)(random >> 20 & 0xfff);
        double ratio = a / (b + 2), cents = a / 100 + b / 1e4;
        check_shortest(ratio);
        check_shortest(cents);
        check_shortest(nextafter(cents, 0));
        check_shortest(nextafter(a, 2 * a));
        check_shortest(ldexp(ratio, (int)(random >> 8 & 127) - 90));
        check_shortest(ldexp(cents, (int)(random & 63) - 20));
    }
}

static void print_i64_and_px_are_those_of_printf(void **state)
{
    (void)state;
    uint64_t random = 3;
    for (int i = 0; i < 4000; i++) {
        char out[DECIMAL_MAX], right[DECIMAL_MAX + 12];
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        int64_t x = (int64_t)random >> (random % 64);
        x = i == 0 ? INT64_MIN : i == 1 ? 0 : x;
        x -= random % 3 == 0 ? x % 10000000 : 0;
        size_t n = (size_t)snprintf(right, sizeof right, "%" PRId64, x);
        assert_int_equal(decimal_print_i64(out, x), n);
        assert_string_equal(out, right);
        uint64_t size = x < 0 ? 0 - (uint64_t)x : (uint64_t)x;
        for (int least = 0; least <= 9; least++) {
            n = (size_t)snprintf(right, sizeof right, "%s%" PRIu64 ".%09" PRIu64, x < 0 ? "-" : "",
                                 size / PX_ONE, size % PX_ONE);
            for (int left = 9; left > least && right[n - 1] == '0'; left--) {
                right[--n] = '\0';
            }
            n -= right[n - 1] == '.';
            right[n] = '\0';
            assert_int_equal(decimal_print_px(out, x, least), n);
            assert_string_equal(out, right);
        }
    }
}

static void check_digits(double x)
{
    static const int digits[] = { 1, 4, 6, 10, 15 };
    for (size_t i = 0; i < sizeof digits / sizeof *digits; i++) {
        char text[DECIMAL_MAX], expected[64];
        size_t n = decimal_print_digits(text, x, digits[i]);
        (void)snprintf(expected, sizeof expected, "%.*g", digits[i], x);
        assert_string_equal(text, expected);
        assert_int_equal(n, strlen(expected));
    }
}

static void print_digits_is_what_printf_makes_of_it(void **state)
{
    (void)state;
    static const double odd[] = { 0,      -0.0,      1e-4, 9.9999e-5, 0.99995, 0.9999499, 99.995,
                                  9999.5, 9999.4999, 1e15, 1e300,     5e-324,  INFINITY,  NAN,
                                  0.125,  2.5,       3.5,  1000,      999.95,  0.0001 };
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        check_digits(odd[i]);
        check_digits(-odd[i]);
    }
    uint64_t seed = 1;
    for (int i = 0; i < 60000; i++) {
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        double x = (double)(int64_t)(seed >> 11) / 9007199254740992.0; /* 0 to 1 */
        check_digits(x * pow(10, i % 22 - 6));                         /* of any size */
        check_digits(floor(x * 1e6) / pow(10, i % 8));                 /* ends early: ties */
        check_digits(floor(x * 1e5) + 0.5);
    }
}

static void decimals_of_a_step_are_its_places(void **state)
{
    (void)state;
    assert_int_equal(decimal_decimals_of(px("0.01")), 2);
    assert_int_equal(decimal_decimals_of(px("0.5")), 1);
    assert_int_equal(decimal_decimals_of(px("0.25")), 2);
    assert_int_equal(decimal_decimals_of(px("5")), 0);
    assert_int_equal(decimal_decimals_of(px("10")), 0);
    assert_int_equal(decimal_decimals_of(1), 9);
    assert_int_equal(decimal_decimals_of(0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse_px_decimals_and_exponents_are_exact),
        cmocka_unit_test(parse_px_tenth_decimal_rounds_half_to_even),
        cmocka_unit_test(parse_px_largest_value_is_read_and_the_next_refused),
        cmocka_unit_test(parse_anything_but_a_number_is_refused),
        cmocka_unit_test(parse_message_shows_the_text_without_controls),
        cmocka_unit_test(parse_reads_no_byte_behind_n),
        cmocka_unit_test(parse_double_is_the_nearest_and_finite),
        cmocka_unit_test(parse_i64_covers_the_whole_range),
        cmocka_unit_test(print_px_is_the_shortest_with_its_least_decimals),
        cmocka_unit_test(print_px_reads_back_equal),
        cmocka_unit_test(print_px_fixed_rounds_half_away_from_zero),
        cmocka_unit_test(print_repr_is_pythons),
        cmocka_unit_test(print_repr_of_a_power_of_two_is_pythons),
        cmocka_unit_test(print_repr_reads_back_equal),
        cmocka_unit_test(print_repr_is_the_shortest_and_nearest),
        cmocka_unit_test(print_i64_and_px_are_those_of_printf),
        cmocka_unit_test(print_digits_is_what_printf_makes_of_it),
        cmocka_unit_test(decimals_of_a_step_are_its_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
