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

int main(void)
{
    clean_environment();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keep_takes_live_keys_and_names_the_others),
        cmocka_unit_test(keep_of_the_same_file_names_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
