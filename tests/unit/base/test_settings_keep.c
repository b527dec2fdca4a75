/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "settings_internal.h"
#include "settings_text.h"

static const char *const LIVE[] = { "engine.interval_ms", "feed.tickers", NULL };

static struct settings load(const char *text)
{
    struct settings s;
    struct settings_errors errors = { .n = 0 };
    if (!load_text(&s, text, &errors)) {
        fail_msg("%s", errors.text[0]);
    }
    return s;
}

static void keep_takes_live_keys_and_names_the_others(void **state)
{
    (void)state;
    struct buf kept;
    struct settings prev =
        load("[engine]\ninterval_ms = 500\nstale_ms = 7000\n[windows]\nextra = 30s\n"
             "[ticker:SPY]\ntick = 0.01\n[detector:x]\na = 1\n");
    struct settings next = load("[engine]\ninterval_ms = 250\nstale_ms = 9000\n[redis]\nport = 1\n"
                                "[windows]\nextra = 90s 120s\n[ticker:SPY]\ntick = 0.05\n"
                                "[detector:x]\na = 2\n[feed]\ntickers = Q*\n");
    uint64_t wrong = next.hash;
    buf_init(&kept, 1000);
    settings_keep(&next, &prev, LIVE, &kept);
    assert_string_equal(kept.data, "[redis] port, [engine] stale_ms, [windows] extra, [ticker]");
    assert_int_equal(next.engine_interval_ms, 250);
    assert_int_equal(next.engine_stale_ms, 7000);
    assert_int_equal(next.redis_port, 6379);
    assert_string_equal(next.feed_tickers, "Q*");
    assert_int_equal(next.n_window_s, 1);
    assert_int_equal(next.window_s[0], 30);
    assert_string_equal(settings_ticker_value(&next, "SPY", "tick"), "0.01");
    assert_string_equal(next.detector_items[0].value, "2");
    assert_true(next.hash != prev.hash && next.hash != wrong);
    assert_true(next.hash == settings_hash(&next));
    settings_fini(&prev);
    settings_fini(&next);
    buf_fini(&kept);
}

static void keep_of_the_same_file_names_nothing(void **state)
{
    (void)state;
    struct buf kept;
    struct settings prev = load("[ticker]\ntick = 0.01\n");
    struct settings next = load("# moved\n[ticker]\ntick = 0.01\n");
    buf_init(&kept, 1000);
    settings_keep(&next, &prev, LIVE, &kept);
    assert_int_equal(kept.len, 0);
    assert_true(next.hash == prev.hash);
    settings_fini(&prev);
    settings_fini(&next);
    buf_fini(&kept);
}

/* With the environment and all: what is printed gives the same settings. */
static void print_effective_gives_the_same_settings(void **state)
{
    (void)state;
    struct buf text;
    struct settings s =
        load("[engine]\ninterval_ms = 500\n[redis]\nport = 7\n[windows]\nextra = 30s\n"
             "[ticker]\nsize_unit = lots\n[ticker:SPY]\ntick = 0.01\n"
             "[pressure]\nofi_min = 0.1\n[detector:x]\na = 1\nb = two\n"
             "[detector:x@A/B]\na = 2\n");
    buf_init(&text, 1 << 16);
    settings_print_effective(&s, "", &text);
    struct settings again = load(text.data);
    assert_true(again.hash == s.hash);
    assert_int_equal(again.engine_interval_ms, 500);
    assert_int_equal(again.redis_port, 6379);
    assert_int_equal(again.n_detector_items, 3);
    buf_clear(&text);
    settings_print_thresholds(&s, &text);
    assert_int_equal(text.len, 0);
    settings_fini(&s);
    settings_fini(&again);
    buf_fini(&text);
}

int main(void)
{
    clean_environment();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keep_takes_live_keys_and_names_the_others),
        cmocka_unit_test(keep_of_the_same_file_names_nothing),
        cmocka_unit_test(print_effective_gives_the_same_settings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
