/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "quote.h"

static void ticker_of_allowed_characters_is_valid(void **state)
{
    (void)state;
    assert_true(ticker_valid("SPY"));
    assert_true(ticker_valid("BRK.B"));
    assert_true(ticker_valid("^GSPC"));
    assert_true(ticker_valid("ES=F"));
    assert_true(ticker_valid("BTC/USD_perp-1"));
    assert_true(ticker_valid("12345678901234567890123456789012"));
}

static void ticker_empty_long_or_strange_is_invalid(void **state)
{
    (void)state;
    assert_false(ticker_valid(""));
    assert_false(ticker_valid("123456789012345678901234567890123"));
    assert_false(ticker_valid("A B"));
    assert_false(ticker_valid("A:B"));
    assert_false(ticker_valid("*"));
    assert_false(ticker_valid("\xc3\x84"));
    assert_false(ticker_valid("A\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ticker_of_allowed_characters_is_valid),
        cmocka_unit_test(ticker_empty_long_or_strange_is_invalid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
