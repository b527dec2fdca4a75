/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "clock.h"
#include "sample.h"

#include <string.h>

static void history_parse_every_documented_form_is_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t seconds;
    } good[] = {
        { "300", 300 },    { "5mins", 300 },   { "10mins", 600 },    { "10 s", 10 },
        { "30s", 30 },     { "15 mins", 900 }, { "1minute", 60 },    { "2 MINUTES", 120 },
        { "1h", 3600 },    { "1 hour", 3600 }, { "1hr", 3600 },      { "60m", 3600 },
        { "1 second", 1 }, { "2Hours", 7200 }, { "45 seconds", 45 }, { "7sec", 7 },
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        int64_t ns = 0;
        if (!history_parse(good[i].text, 7200, &ns, NULL) || ns != good[i].seconds * NS_PER_S) {
            fail_msg("%s gave %lld ns", good[i].text, (long long)ns);
        }
    }
}

static void history_parse_anything_else_is_refused_with_the_forms(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",     " ",   "0",    "-5",  "5 ", " 5",     "5  s",   "mins",
        "1.5h", "1e3", "3601", "61m", "2h", "5 days", "5minss", "99999999999999999999",
        "5m5s", "+5",  "0x10", "٣",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct err err = { 0 };
        int64_t ns;
        if (history_parse(bad[i], 3600, &ns, &err)) {
            fail_msg("accepted: %s", bad[i]);
        }
        assert_int_equal(err.code, ERR_INVALID);
        assert_non_null(strstr(err.text, "5mins"));
        assert_non_null(strstr(err.text, "3600 s"));
    }
}

static void answer_state_fresh_tick_and_quote_is_ok(void **state)
{
    (void)state;
    struct answer a = sample_answer();
    assert_string_equal(answer_state(&a), "OK");
    a.engine = ENGINE_OFFLINE;
    assert_string_equal(answer_state(&a), "OK");
    answer_fini(&a);
}

static void answer_state_without_engine_is_no_engine(void **state)
{
    (void)state;
    struct answer a = sample_answer();
    a.engine = ENGINE_ABSENT;
    assert_string_equal(answer_state(&a), "NO_ENGINE");
    a.engine = ENGINE_UNREACHABLE;
    assert_string_equal(answer_state(&a), "NO_ENGINE");
    answer_fini(&a);
}

static void answer_state_before_the_first_report_is_warming(void **state)
{
    (void)state;
    struct answer a = sample_answer();
    a.report.warming = true;
    assert_string_equal(answer_state(&a), "WARMING");
    a.report.warming = false;
    a.report.tick_ns = 0;
    assert_string_equal(answer_state(&a), "WARMING");
    answer_fini(&a);
}

static void answer_state_quote_older_than_the_gap_limit_is_stale(void **state)
{
    (void)state;
    struct answer a = sample_answer();
    a.newest.ts_ns = a.now_ns - a.report.quality.gap_limit_ns;
    assert_string_equal(answer_state(&a), "OK");
    a.newest.ts_ns -= 1;
    assert_string_equal(answer_state(&a), "STALE");
    answer_fini(&a);
}

static void answer_state_tick_far_behind_the_quotes_is_lagging(void **state)
{
    (void)state;
    struct answer a = sample_answer();
    a.report.tick_ns = a.newest.ts_ns - a.report.quality.gap_limit_ns - 1;
    assert_string_equal(answer_state(&a), "LAGGING");
    answer_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(history_parse_every_documented_form_is_read),
        cmocka_unit_test(history_parse_anything_else_is_refused_with_the_forms),
        cmocka_unit_test(answer_state_fresh_tick_and_quote_is_ok),
        cmocka_unit_test(answer_state_without_engine_is_no_engine),
        cmocka_unit_test(answer_state_before_the_first_report_is_warming),
        cmocka_unit_test(answer_state_quote_older_than_the_gap_limit_is_stale),
        cmocka_unit_test(answer_state_tick_far_behind_the_quotes_is_lagging),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
