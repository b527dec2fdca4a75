/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "bind.h"
#include "sample.h"
#include "settings_text.h"

static struct settings s;
static struct settings_errors errors;
static struct declaration d;
static struct bound b;

static int begin(void **state)
{
    (void)state;
    d = sample();
    return 0;
}

static int end(void **state)
{
    (void)state;
    settings_fini(&s);
    declaration_fini(&d);
    errors.n = 0;
    return 0;
}

static void load(const char *text)
{
    settings_fini(&s);
    if (!load_text(&s, text, &errors)) {
        fail_msg("%s", errors.text[0]);
    }
}

static void without_a_section_all_is_default(void **state)
{
    (void)state;
    load("");
    assert_true(bind_detector(&s, &d, "SPY", &b, &errors));
    assert_true(b.enabled);
    assert_true(b.rules.min_hold_ns == 0);
    assert_true(b.rules.exit_hold_ns == INT64_C(1000000000));
    assert_true(b.rules.merge_ns == INT64_C(2000000000));
    assert_int_equal(b.rules.merge_ticks, 1);
    assert_true(b.params[0] == 10 && b.params[1] == 0.1 && b.params[2] == 1);
}

static void section_of_one_ticker_stands_over_the_plain_one(void **state)
{
    (void)state;
    load("[detector:sample@SPY]\nratio = 0.7\nmin_hold_ms = 20\n"
         "[detector:sample]\nratio = 0.5\nstates = 7\nmode = FIXED\nenabled = off\n"
         "[detector:other]\nratio = 9\n");
    assert_true(bind_detector(&s, &d, "SPY", &b, &errors));
    assert_true(b.params[0] == 7 && b.params[1] == 0.7 && b.params[2] == 0);
    assert_true(b.rules.min_hold_ns == INT64_C(20000000));
    assert_false(b.enabled);
    assert_true(bind_detector(&s, &d, "", &b, &errors));
    assert_true(b.params[1] == 0.5 && b.rules.min_hold_ns == 0);
}

static void check_error(const char *text, const char *expected)
{
    const struct declaration *decls[] = { &d };
    load(text);
    assert_false(bind_check_all(&s, decls, 1, false, &errors));
    assert_int_equal(errors.n, 1);
    assert_string_equal(errors.text[0], expected);
}

static void wrong_values_name_line_and_range(void **state)
{
    (void)state;
    check_error("[detector:sample]\nstates = 101\n",
                "test.ini:2: [detector:sample] states: '101' is out of range; accepted: 0..100 ms");
    check_error("[detector:sample]\nstates = 1.5\n",
                "test.ini:2: [detector:sample] states: '1.5' is not a whole number; accepted: "
                "0..100 ms");
    check_error("[detector:sample@SPY]\nratio = high\n",
                "test.ini:2: [detector:sample@SPY] ratio: 'high' is not a number; accepted: "
                "0..2.5 ms");
    check_error("[detector:sample]\nmode = flwo\n",
                "test.ini:2: [detector:sample] mode: 'flwo' is none of its words; accepted: fixed "
                "| flow; did you mean flow?");
    check_error("[detector:sample]\nratio =\n",
                "test.ini:2: [detector:sample] ratio: the value is missing; accepted: 0..2.5 ms");
}

static void unknown_keys_name_the_nearest_of_plugin_and_host(void **state)
{
    (void)state;
    check_error("[detector:sample]\nstate = 5\n",
                "test.ini:2: [detector:sample] state: unknown key; did you mean states?");
    check_error("[detector:sample]\nmin_hold = 5\n",
                "test.ini:2: [detector:sample] min_hold: unknown key; did you mean min_hold_ms?");
    check_error("[detector:sample]\nfrobnicate = 5\n",
                "test.ini:2: [detector:sample] frobnicate: unknown key; accepted: states ratio "
                "mode enabled min_hold_ms exit_hold_ms merge_ticks merge_ms cooldown_ms");
}

static void unknown_detectors_name_the_nearest_once(void **state)
{
    (void)state;
    check_error("[detector:smaple]\nstates = 5\nratio = 1\n",
                "test.ini:2: [detector:smaple]: unknown detector; did you mean sample?");
    check_error("[detector:whatever@SPY]\nstates = 5\n",
                "test.ini:2: [detector:whatever@SPY]: unknown detector; accepted: sample");
}

static void sections_of_impossible_tickers_are_errors(void **state)
{
    (void)state;
    check_error("[detector:sample@SP*]\nstates = 5\n",
                "test.ini:2: [detector:sample@SP*]: no ticker; accepted: 1-32 of A-Z a-z 0-9 . _ - "
                "/ ^ =");
    check_error("[ticker:S*]\ntick = 1\nsize_unit = lots\n",
                "test.ini:2: [ticker:S*]: no ticker; accepted: 1-32 of A-Z a-z 0-9 . _ - / ^ =");
}

static void everything_wrong_is_said(void **state)
{
    (void)state;
    const struct declaration *decls[] = { &d };
    load("[detector:sample]\nstates = x\nratio = y\n[detector:none]\na = 1\n");
    assert_false(bind_check_all(&s, decls, 1, false, &errors));
    assert_int_equal(errors.n, 3);
    errors.n = 0;
    assert_false(bind_detector(&s, &d, "", &b, &errors));
    assert_int_equal(errors.n, 2);
    assert_false(bind_detector(&s, &d, "", &b, NULL));
}

static void printed_defaults_bind_to_the_defaults(void **state)
{
    (void)state;
    const struct declaration *decls[] = { &d };
    struct bound plain;
    struct buf text;
    buf_init(&text, 1 << 20);
    settings_print_defaults(&text);
    bind_print_defaults(&d, &text);
    assert_non_null(strstr(text.data, "\n# Two lines\n[detector:sample]\n"));
    assert_non_null(strstr(text.data, "\n# a \"number\" (ms, 0..100)\nstates = 10\n"));
    assert_non_null(strstr(text.data, "\n# a choice (fixed | flow)\nmode = flow\n"));
    load(text.data);
    buf_fini(&text);
    assert_true(bind_check_all(&s, decls, 1, false, &errors));
    assert_true(bind_detector(&s, &d, "", &b, &errors));
    settings_fini(&s);
    assert_true(settings_load(&s, "", &errors));
    assert_true(bind_detector(&s, &d, "", &plain, &errors));
    assert_memory_equal(b.params, plain.params, sizeof b.params);
    assert_memory_equal(&b.rules, &plain.rules, sizeof b.rules);
    assert_int_equal(b.enabled, plain.enabled);
}

static void detector_that_is_off_runs_only_where_it_is_told_to(void **state)
{
    (void)state;
    d.flags |= OFD_OFF;
    load("[detector:sample@SPY]\nenabled = true\n");
    assert_true(bind_detector(&s, &d, "", &b, &errors));
    assert_false(b.enabled);
    assert_true(bind_detector(&s, &d, "SPY", &b, &errors));
    assert_true(b.enabled);
    struct buf text;
    buf_init(&text, 1 << 20);
    bind_print_defaults(&d, &text);
    assert_non_null(strstr(text.data, "\nenabled = false\n"));
    settings_fini(&s);
    load(text.data);
    buf_fini(&text);
    assert_true(bind_detector(&s, &d, "", &b, &errors));
    assert_false(b.enabled);
}

int main(void)
{
    clean_environment();
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        T(without_a_section_all_is_default),
        T(section_of_one_ticker_stands_over_the_plain_one),
        T(wrong_values_name_line_and_range),
        T(unknown_keys_name_the_nearest_of_plugin_and_host),
        T(unknown_detectors_name_the_nearest_once),
        T(sections_of_impossible_tickers_are_errors),
        T(everything_wrong_is_said),
        T(printed_defaults_bind_to_the_defaults),
        T(detector_that_is_off_runs_only_where_it_is_told_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
