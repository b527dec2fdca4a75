/* SPDX-License-Identifier: MIT */
#include "keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct keys keys = { .prefix = "orderflow" };

static void keys_default_prefix_are_those_of_the_peer(void **state)
{
    (void)state;
    char key[KEY_MAX];
    key_quotes(&keys, key, "SPY");
    assert_string_equal(key, "orderflow:quotes:SPY");
    key_latest(&keys, key, "SPY");
    assert_string_equal(key, "orderflow:latest:SPY");
    key_channel(&keys, key, "SPY");
    assert_string_equal(key, "orderflow:channel:SPY");
    key_metrics(&keys, key, "SPY", "10s");
    assert_string_equal(key, "orderflow:metrics:SPY:10s");
    key_patterns(&keys, key, "SPY");
    assert_string_equal(key, "orderflow:patterns:SPY");
    key_levels(&keys, key, "SPY", "bid");
    assert_string_equal(key, "orderflow:levels:SPY:bid");
    key_state(&keys, key, "SPY");
    assert_string_equal(key, "orderflow:state:SPY");
    key_engine(&keys, key);
    assert_string_equal(key, "orderflow:engine");
    key_status(&keys, key);
    assert_string_equal(key, "orderflow:status");
    key_detectors(&keys, key);
    assert_string_equal(key, "orderflow:detectors");
}

static bool ticker_of(const char *key, char out[33])
{
    return key_quotes_ticker(&keys, key, strlen(key), out, 33);
}

static void keys_quotes_key_gives_its_ticker_back(void **state)
{
    (void)state;
    char ticker[33];
    assert_true(ticker_of("orderflow:quotes:BRK.B", ticker));
    assert_string_equal(ticker, "BRK.B");
    assert_true(ticker_of("orderflow:quotes:12345678901234567890123456789012", ticker));
}

static void keys_other_key_gives_no_ticker(void **state)
{
    (void)state;
    char ticker[33];
    assert_false(ticker_of("orderflow:quotes:", ticker));
    assert_false(ticker_of("orderflow:latest:SPY", ticker));
    assert_false(ticker_of("other:quotes:SPY", ticker));
    assert_false(ticker_of("orderflow:quotes:123456789012345678901234567890123", ticker));
    assert_false(key_quotes_ticker(&keys, "orderflow:quotes:A\0B", 20, ticker, sizeof ticker));
}

static void glob_pattern_matches_what_a_shell_would(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *text;
        bool match;
    } cases[] = {
        { "", "", true },
        { "", "a", false },
        { "*", "", true },
        { "*", "SPY", true },
        { "SPY", "SPY", true },
        { "SPY", "SPYG", false },
        { "SPY", "SP", false },
        { "spy", "SPY", false },
        { "S?Y", "SPY", true },
        { "S?Y", "SY", false },
        { "*USDT", "BTCUSDT", true },
        { "*USDT", "USDTBTC", false },
        { "B*U*T", "BTCUSDT", true },
        { "a*b*c", "aXbXbXc", true },
        { "a*b*c", "aXbXbX", false },
        { "**", "x", true },
        { "[A-C]*", "BTC", true },
        { "[A-C]*", "DOGE", false },
        { "[!A-C]*", "DOGE", true },
        { "[^A-C]*", "BTC", false },
        { "[XYZ]", "Y", true },
        { "[XYZ]", "W", false },
        { "[]]", "]", true },
        { "[a-]", "-", true },
        { "[", "[", true },
        { "[ab", "[ab", true },
        { "\\*", "*", true },
        { "\\*", "x", false },
        { "a\\", "a\\", true },
        { "[\\]]x", "]x", true },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (glob_match(cases[i].pattern, cases[i].text) != cases[i].match) {
            fail_msg("\"%s\" and \"%s\"", cases[i].pattern, cases[i].text);
        }
    }
}

static void glob_many_stars_end_quickly(void **state)
{
    (void)state;
    char text[4001];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_false(glob_match("*a*a*a*a*a*a*a*a*a*a*a*a*a*b", text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_default_prefix_are_those_of_the_peer),
        cmocka_unit_test(keys_quotes_key_gives_its_ticker_back),
        cmocka_unit_test(keys_other_key_gives_no_ticker),
        cmocka_unit_test(glob_pattern_matches_what_a_shell_would),
        cmocka_unit_test(glob_many_stars_end_quickly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
