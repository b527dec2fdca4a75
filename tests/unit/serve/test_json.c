/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "json.h"

#include <string.h>

static enum json_fault fault_of(const char *text, size_t n)
{
    struct json j = { 0 };
    enum json_fault fault = json_parse(&j, text, n);
    json_fini(&j);
    return fault;
}

static void json_parse_every_kind_of_value_is_fine(void **state)
{
    (void)state;
    static const char *const good[] = {
        "{}",
        "[]",
        " \t\r\n0 ",
        "-0",
        "1e9",
        "1E-9",
        "1.5e+3",
        "true",
        "null",
        "\"\"",
        "\"\\u0041\"",
        "[1,2]",
        "{\"a\":{\"b\":[]}}",
        "\"\xE2\x82\xAC\"",
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        if (fault_of(good[i], strlen(good[i])) != JSON_FINE) {
            fail_msg("refused: %s", good[i]);
        }
    }
}

static void json_parse_what_the_standard_forbids_is_a_syntax_error(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        " ",
        "01",
        "1.",
        ".5",
        "+1",
        "1e",
        "-",
        "tru",
        "nul",
        "{",
        "[",
        "[1,]",
        "{\"a\":1,}",
        "{a:1}",
        "{\"a\"}",
        "[1 2]",
        "{} {}",
        "\"\\x\"",
        "\"\\u12\"",
        "\"a",
        "\"\t\"",
        "\"\\\"",
        "\xEF\xBB\xBF{}",
        "\"\xC0\x80\"",
        "\"\xED\xA0\x80\"",
        "\"\xFF\"",
        "\"\xE2\x82\"",
        "'a'",
        "NaN",
        "[]]",
        "\"\xF5\x80\x80\x80\"",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (fault_of(bad[i], strlen(bad[i])) != JSON_SYNTAX) {
            fail_msg("accepted: %s", bad[i]);
        }
    }
}

static void json_parse_embedded_nul_is_a_syntax_error(void **state)
{
    (void)state;
    assert_int_equal(fault_of("{}\0", 3), JSON_SYNTAX);
    assert_int_equal(fault_of("\"a\0b\"", 5), JSON_SYNTAX);
}

static void json_parse_depth_of_128_is_fine_and_129_is_too_deep(void **state)
{
    (void)state;
    char text[300];
    memset(text, '[', 129);
    memset(text + 129, ']', 129);
    assert_int_equal(fault_of(text + 1, 256), JSON_FINE);
    assert_int_equal(fault_of(text, 258), JSON_TOO_DEEP);
}

static void json_parse_more_values_than_allowed_is_refused(void **state)
{
    (void)state;
    struct json j = { .max_values = 3 };
    assert_int_equal(json_parse(&j, "[1,2]", 5), JSON_FINE);
    assert_int_equal(json_parse(&j, "[1,2,3]", 7), JSON_TOO_MANY);
    json_fini(&j);
}

static void json_get_first_of_duplicate_keys_counts(void **state)
{
    (void)state;
    struct json j = { 0 };
    const char *text = "{\"a\":[{\"b\":0}],\"b\":1,\"b\":2,\"\\u0063\":3}";
    int64_t x = 0;
    assert_int_equal(json_parse(&j, text, strlen(text)), JSON_FINE);
    assert_true(json_i64(&j, json_get(&j, j.v, "b"), &x));
    assert_int_equal(x, 1);
    assert_true(json_i64(&j, json_get(&j, j.v, "c"), &x));
    assert_int_equal(x, 3);
    assert_null(json_get(&j, j.v, "B"));
    assert_null(json_get(&j, json_get(&j, j.v, "b"), "x"));
    json_fini(&j);
}

static void json_get_key_with_nul_equals_nothing(void **state)
{
    (void)state;
    struct json j = { 0 };
    const char *text = "{\"a\\u0000\":1}";
    assert_int_equal(json_parse(&j, text, strlen(text)), JSON_FINE);
    assert_null(json_get(&j, j.v, "a"));
    json_fini(&j);
}

static void expect_text(const char *json, const char *want)
{
    struct json j = { 0 };
    char out[64];
    size_t n;
    assert_int_equal(json_parse(&j, json, strlen(json)), JSON_FINE);
    assert_true(json_text(&j, j.v, out, sizeof out, &n));
    assert_string_equal(out, want);
    assert_int_equal(n, strlen(want));
    assert_true(json_equals(&j, j.v, want));
    json_fini(&j);
}

static void json_text_escapes_are_decoded(void **state)
{
    (void)state;
    expect_text("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t");
    expect_text("\"\\u00e9\\u20AC\\uD83D\\uDE00\"", "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
}

static void json_text_lone_surrogate_becomes_replacement(void **state)
{
    (void)state;
    expect_text("\"\\uD83Dx\"", "\xEF\xBF\xBDx");
    expect_text("\"\\uDE00\\uD83D\"", "\xEF\xBF\xBD\xEF\xBF\xBD");
    expect_text("\"\\uD83D\\u0041\"", "\xEF\xBF\xBD"
                                      "A");
}

static void json_text_too_long_or_with_nul_is_refused(void **state)
{
    (void)state;
    struct json j = { 0 };
    char out[4];
    assert_int_equal(json_parse(&j, "\"abc\"", 5), JSON_FINE);
    assert_true(json_text(&j, j.v, out, 4, NULL));
    assert_false(json_text(&j, j.v, out, 3, NULL));
    assert_int_equal(json_parse(&j, "\"\\u0000\"", 8), JSON_FINE);
    assert_false(json_text(&j, j.v, out, 4, NULL));
    json_fini(&j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_parse_every_kind_of_value_is_fine),
        cmocka_unit_test(json_parse_what_the_standard_forbids_is_a_syntax_error),
        cmocka_unit_test(json_parse_embedded_nul_is_a_syntax_error),
        cmocka_unit_test(json_parse_depth_of_128_is_fine_and_129_is_too_deep),
        cmocka_unit_test(json_parse_more_values_than_allowed_is_refused),
        cmocka_unit_test(json_get_first_of_duplicate_keys_counts),
        cmocka_unit_test(json_get_key_with_nul_equals_nothing),
        cmocka_unit_test(json_text_escapes_are_decoded),
        cmocka_unit_test(json_text_lone_surrogate_becomes_replacement),
        cmocka_unit_test(json_text_too_long_or_with_nul_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
