/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "clock.h"
#include "private_redis.h"
#include "query.h"
#include "sample.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static struct query_config config(void)
{
    return (struct query_config){
        .redis = server.config, .keys = server.keys, .warmup_ms = 100, .own_config_hash = "00bb"
    };
}

static struct answer ask(const struct query_config *cfg, const char *ticker)
{
    struct answer a;
    struct err err = { 0 };
    struct query *q = query_create(cfg);
    if (!query_answer(q, ticker, 300 * NS_PER_S, ANSWER_ALL_PATTERNS, &a, &err)) {
        fail_msg("%s", err.text);
    }
    query_destroy(q);
    return a;
}

static void store(int what)
{
    struct answer a = sample_answer_at(clock_now().wall_ns);
    (void)sample_level(&a, 0, CENTS(44950), .2);
    (void)sample_level(&a, 0, CENTS(44960), .9);
    private_redis_store(&server, &a, what);
    answer_fini(&a);
}

static void query_answer_levels_need_member_and_strength(void **state)
{
    (void)state;
    store(STORE_ALL);
    struct query_config cfg = config();
    private_redis_do(&server, "HSET %s strengths %s", "orderflow:state:SPY",
                     "{\"bid\":{\"449.6\":0.3,\"449.4\":0.9},\"ask\":{}}");
    struct answer a = ask(&cfg, "SPY");
    assert_int_equal(a.report.n_levels[0], 1);
    assert_int_equal(a.report.levels[0][0].px, CENTS(44960));
    assert_true(a.report.levels[0][0].strength == .3);
    answer_fini(&a);
}

static void query_answer_stored_ticker_is_read_whole(void **state)
{
    (void)state;
    store(STORE_ALL);
    struct query_config cfg = config();
    struct answer a = ask(&cfg, "SPY");
    assert_true(a.found);
    assert_string_equal(answer_state(&a), "OK");
    assert_int_equal(a.engine, ENGINE_SERVING);
    assert_string_equal(a.config_path, "/etc/x.ini");
    assert_string_equal(a.config_hash, "00aa");
    assert_string_equal(a.own_config_hash, "00bb");
    assert_int_equal(a.newest.bid_px, CENTS(44966));
    assert_true(a.newest.bid_sz == 2494);
    assert_int_equal(a.history_quotes, 1);
    assert_int_equal(a.report.n_windows, 3);
    assert_string_equal(a.report.windows[1].name, "1min");
    assert_int_equal(a.report.windows[1].m.seconds, 60);
    assert_int_equal(a.report.windows[1].m.bid_lifts, 85);
    assert_int_equal(a.report.behaviors.spread_tightening.value, ANSWER_YES);
    assert_int_equal(a.report.n_levels[0], 2);
    assert_int_equal(a.report.levels[0][0].px, CENTS(44960));
    assert_int_equal(a.n_patterns, 1);
    assert_string_equal(a.patterns[0].e.kind, "absorption");
    assert_int_equal(a.n_detectors, 2);
    answer_fini(&a);
}

static void query_answer_detectors_come_in_the_order_of_their_ids(void **state)
{
    (void)state;
    store(STORE_ALL);
    private_redis_do(&server, "DEL %s %s", "orderflow:detectors", "none");
    static const char *const added[] = { "sweep", "absorption", "spoof", "iceberg" };
    for (size_t i = 0; i < 4; i++) {
        private_redis_do(&server, "HSET %s %s ready", "orderflow:detectors", added[i]);
    }
    struct query_config cfg = config();
    struct answer a = ask(&cfg, "SPY");
    static const char *const expected[] = { "absorption", "iceberg", "spoof", "sweep" };
    assert_int_equal(a.n_detectors, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(a.detectors[i].id, expected[i]);
        assert_string_equal(a.detectors[i].state, "ready");
    }
    answer_fini(&a);
}

/* Asking again cannot be told from asking for the first time. */
static void check_one_that_asked_before(struct query *q, const struct query_config *cfg)
{
    struct answer again, fresh;
    struct err err = { 0 };
    struct buf x, y;
    if (!query_answer(q, "SPY", 300 * NS_PER_S, 20, &again, &err)) {
        fail_msg("%s", err.text);
    }
    fresh = ask(cfg, "SPY");
    fresh.now_ns = again.now_ns;
    fresh.patterns_max = again.patterns_max;
    buf_init(&x, 1 << 20);
    buf_init(&y, 1 << 20);
    answer_json(&again, &x);
    answer_json(&fresh, &y);
    assert_string_equal(x.data, y.data);
    assert_int_equal(again.report.feed_lag_ms, fresh.report.feed_lag_ms);
    assert_int_equal(again.n_detectors, fresh.n_detectors);
    buf_fini(&x);
    buf_fini(&y);
    answer_fini(&again);
    answer_fini(&fresh);
}

static void query_answer_of_one_that_asked_before_is_what_redis_holds_now(void **state)
{
    (void)state;
    static const struct {
        const char *fmt, *key, *value;
    } changes[] = {
        { "HSET %s feed_lag_ms %s", "orderflow:state:SPY", "17" },
        { "HSET %s bid_lift_count %s", "orderflow:metrics:SPY:1min", "86" },
        { "HSET %s bid_lift_count %s", "orderflow:metrics:SPY:1min", "87" }, /* of equal length */
        { "HDEL %s %s", "orderflow:metrics:SPY:5min", "bid_lift_count" },
        { "DEL %s %s", "orderflow:metrics:SPY:10s", "none" },
        { "HSET %s feed_lag_ms %s", "orderflow:state:SPY", "no number" }, /* unreadable */
        { "HSET %s feed_lag_ms %s", "orderflow:state:SPY", "3" },
        { "HSET %s more %s", "orderflow:detectors", "{\"state\": \"down\", \"reason\": \"x\"}" },
        { "HSET %s more %s", "orderflow:detectors", "{\"state\": \"down\", \"reason\": \"y\"}" },
        { "HDEL %s %s", "orderflow:detectors", "more" },
        { "ZREMRANGEBYRANK %s 0 %s", "orderflow:levels:SPY:bid", "0" },
        { "DEL %s %s", "orderflow:levels:SPY:bid", "none" },
        { "DEL %s %s", "orderflow:detectors", "none" },
    };
    store(STORE_ALL);
    struct query_config cfg = config();
    struct query *q = query_create(&cfg);
    check_one_that_asked_before(q, &cfg);
    check_one_that_asked_before(q, &cfg);
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        private_redis_do(&server, changes[i].fmt, changes[i].key, changes[i].value);
        check_one_that_asked_before(q, &cfg);
        check_one_that_asked_before(q, &cfg);
    }
    query_destroy(q);
}

static void query_answer_without_patterns_reads_none(void **state)
{
    (void)state;
    store(STORE_ALL);
    struct query_config cfg = config();
    struct query *q = query_create(&cfg);
    struct answer a;
    assert_true(query_answer(q, "SPY", 300 * NS_PER_S, 0, &a, NULL));
    assert_int_equal(a.n_patterns, 0);
    assert_int_equal(a.report.n_windows, 3);
    answer_fini(&a);
    query_destroy(q);
}

static void query_answer_newer_member_stands_over_the_reported_quote(void **state)
{
    (void)state;
    struct answer stored = sample_answer_at(clock_now().wall_ns);
    stored.report.quote = stored.newest;
    private_redis_store(&server, &stored, STORE_ALL);
    stored.newest.ts_ns += 100 * NS_PER_MS;
    stored.newest.bid_px = CENTS(44965);
    private_redis_store(&server, &stored, STORE_QUOTES);
    private_redis_do(&server, "ZADD %s 9999999999999 %s", "orderflow:quotes:SPY", "{not-json");
    struct query_config cfg = config();
    struct answer a = ask(&cfg, "SPY");
    assert_int_equal(a.newest.bid_px, CENTS(44965));
    answer_fini(&a);
    answer_fini(&stored);
}

static void query_answer_unreadable_figures_are_as_good_as_none_and_said(void **state)
{
    (void)state;
    store(STORE_ALL);
    private_redis_do(&server, "HSET %s bid_lift_count %s", "orderflow:metrics:SPY:1min", "many");
    struct query_config cfg = config();
    struct answer a = ask(&cfg, "SPY");
    assert_true(a.found);
    assert_string_equal(answer_state(&a), "WARMING");
    assert_int_equal(a.report.n_windows, 0);
    assert_non_null(strstr(a.note, "bid_lift_count"));
    answer_fini(&a);
}

static void query_answer_other_case_finds_the_ticker(void **state)
{
    (void)state;
    store(STORE_ALL);
    private_redis_do(&server, "ZADD %s 1 %s", "orderflow:quotes:BtcUsd", "x");
    struct query_config cfg = config();
    struct answer a = ask(&cfg, "spy");
    assert_true(a.found);
    assert_string_equal(a.ticker, "SPY");
    answer_fini(&a);
    a = ask(&cfg, "BTCUSD");
    assert_true(a.found);
    assert_string_equal(a.ticker, "BtcUsd");
    answer_fini(&a);
}

static void query_answer_unknown_ticker_suggests_the_most_like_ones(void **state)
{
    (void)state;
    for (int i = 0; i < 40; i++) {
        char key[64];
        (void)snprintf(key, sizeof key, "orderflow:quotes:ZZZZZ%d", i);
        private_redis_do(&server, "ZADD %s 1 %s", key, "x");
    }
    private_redis_do(&server, "ZADD %s 1 %s", "orderflow:quotes:SPY", "x");
    private_redis_do(&server, "ZADD %s 1 %s", "orderflow:quotes:SPX", "x");
    struct query_config cfg = config();
    struct answer a = ask(&cfg, "SPZ");
    assert_false(a.found);
    assert_int_equal(a.n_suggestions, SUGGESTIONS_MAX);
    assert_string_equal(a.suggestions[0], "SPX");
    assert_string_equal(a.suggestions[1], "SPY");
    answer_fini(&a);
}

static void query_answer_bad_ticker_is_invalid(void **state)
{
    (void)state;
    static const char *const bad[] = { "", "A B", "A*", "012345678901234567890123456789012",
                                       "SPY\n" };
    struct query_config cfg = config();
    struct query *q = query_create(&cfg);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct answer a;
        struct err err = { 0 };
        assert_false(query_answer(q, bad[i], NS_PER_S, ANSWER_ALL_PATTERNS, &a, &err));
        assert_int_equal(err.code, ERR_INVALID);
        answer_fini(&a);
    }
    query_destroy(q);
}

static void query_answer_without_engine_says_so(void **state)
{
    (void)state;
    store(STORE_QUOTES | STORE_REPORT);
    struct query_config cfg = config();
    struct answer a = ask(&cfg, "SPY");
    assert_string_equal(answer_state(&a), "NO_ENGINE");
    answer_fini(&a);
}

static bool never(void *ctx, struct err *err)
{
    ++*(int *)ctx;
    return err_set(err, ERR_SYSTEM, "no orderflow-engine here");
}

static void query_answer_engine_that_cannot_start_is_noted(void **state)
{
    (void)state;
    int asked = 0;
    store(STORE_QUOTES);
    struct query_config cfg = config();
    cfg.ensure_engine = never;
    cfg.ensure_ctx = &asked;
    struct answer a = ask(&cfg, "SPY");
    assert_int_equal(asked, 1);
    assert_int_equal(a.engine, ENGINE_UNREACHABLE);
    assert_non_null(strstr(a.note, "no orderflow-engine here"));
    answer_fini(&a);
}

static void query_answer_unknown_ticker_or_serving_engine_starts_none(void **state)
{
    (void)state;
    int asked = 0;
    struct query_config cfg = config();
    cfg.ensure_engine = never;
    cfg.ensure_ctx = &asked;
    struct answer a = ask(&cfg, "SPY");
    answer_fini(&a);
    store(STORE_ALL);
    a = ask(&cfg, "SPY");
    answer_fini(&a);
    assert_int_equal(asked, 0);
}

/* Stands for an engine: a report after a while. */
static void *report_later(void *ctx)
{
    struct private_redis *p = ctx;
    struct private_redis mine = *p;
    mine.redis = redis_create(&p->config);
    (void)nanosleep(&(struct timespec){ .tv_nsec = 50 * NS_PER_MS }, NULL);
    struct answer a = sample_answer_at(clock_now().wall_ns);
    private_redis_store(&mine, &a, STORE_REPORT | STORE_LEASE);
    answer_fini(&a);
    redis_destroy(mine.redis);
    return NULL;
}

static bool start_engine(void *ctx, struct err *err)
{
    (void)err;
    return pthread_create(ctx, NULL, report_later, &server) == 0;
}

static void query_answer_waits_for_the_engine_it_started(void **state)
{
    (void)state;
    pthread_t engine;
    store(STORE_QUOTES);
    struct query_config cfg = config();
    cfg.ensure_engine = start_engine;
    cfg.ensure_ctx = &engine;
    cfg.warmup_ms = 20000;
    struct answer a = ask(&cfg, "SPY");
    assert_int_equal(a.engine, ENGINE_SERVING);
    assert_int_not_equal(a.report.tick_ns, 0);
    answer_fini(&a);
    (void)pthread_join(engine, NULL);
}

static void query_answer_serving_engine_without_report_is_warming_after_the_wait(void **state)
{
    (void)state;
    store(STORE_QUOTES | STORE_LEASE);
    struct query_config cfg = config();
    struct mono from = clock_mono();
    struct answer a = ask(&cfg, "SPY");
    assert_string_equal(answer_state(&a), "WARMING");
    assert_true(clock_mono().ns - from.ns >= 100 * NS_PER_MS);
    answer_fini(&a);
}

static void query_answer_members_left_by_another_program_are_passed_over(void **state)
{
    (void)state;
    store(STORE_ALL);
    private_redis_do(&server, "ZADD %s 9760000286123.456 %s", "orderflow:patterns:SPY", "junk");
    private_redis_do(&server, "ZADD %s 1 %s", "orderflow:levels:SPY:bid", "junk");
    struct query_config cfg = config();
    struct answer a = ask(&cfg, "SPY");
    assert_int_equal(a.n_patterns, 1);
    assert_int_equal(a.report.n_levels[0], 2);
    answer_fini(&a);
}

static void query_answer_wrong_type_is_an_error_of_redis(void **state)
{
    (void)state;
    private_redis_do(&server, "SET %s %s", "orderflow:quotes:SPY", "x");
    struct query_config cfg = config();
    struct query *q = query_create(&cfg);
    struct answer a;
    struct err err = { 0 };
    assert_false(query_answer(q, "SPY", NS_PER_S, ANSWER_ALL_PATTERNS, &a, &err));
    assert_int_equal(err.code, ERR_REMOTE);
    assert_non_null(strstr(err.text, "WRONGTYPE"));
    answer_fini(&a);
    query_destroy(q);
}

static void query_answer_redis_away_names_the_url_without_password(void **state)
{
    (void)state;
    struct query_config cfg = {
        .redis = { .host = "127.0.0.1", .port = 1, .password = "hunter2", .timeout_ms = 500 },
        .keys = server.keys
    };
    struct query *q = query_create(&cfg);
    struct answer a;
    struct err err = { 0 };
    assert_false(query_answer(q, "SPY", NS_PER_S, ANSWER_ALL_PATTERNS, &a, &err));
    assert_non_null(strstr(err.text, "127.0.0.1:1"));
    assert_null(strstr(err.text, "hunter2"));
    answer_fini(&a);
    query_destroy(q);
}

static void query_answer_connection_that_died_idle_is_opened_again(void **state)
{
    (void)state;
    store(STORE_ALL);
    struct query_config cfg = config();
    struct query *q = query_create(&cfg);
    struct answer a;
    assert_true(query_answer(q, "SPY", NS_PER_S, ANSWER_ALL_PATTERNS, &a, NULL));
    answer_fini(&a);
    private_redis_do(&server, "CLIENT KILL TYPE normal SKIPME yes", "", "");
    struct err err = { 0 };
    bool again = query_answer(q, "SPY", NS_PER_S, ANSWER_ALL_PATTERNS, &a, &err);
    assert_string_equal(err.text, "");
    assert_true(again);
    answer_fini(&a);
    query_destroy(q);
}

static void query_answer_cancelled_while_redis_stalls_ends_soon(void **state)
{
    (void)state;
    store(STORE_ALL);
    struct query_config cfg = config();
    cfg.redis.timeout_ms = 120000;
    struct query *q = query_create(&cfg);
    atomic_bool cancel = true;
    query_set_cancel(q, &cancel);
    (void)kill(server.pid, SIGSTOP);
    struct answer a;
    struct err err = { 0 };
    struct mono from = clock_mono();
    bool ok = query_answer(q, "SPY", NS_PER_S, ANSWER_ALL_PATTERNS, &a, &err);
    (void)kill(server.pid, SIGCONT);
    assert_false(ok);
    assert_int_equal(err.code, ERR_CANCELLED);
    assert_true(clock_mono().ns - from.ns < 60 * NS_PER_S);
    answer_fini(&a);
    query_destroy(q);
}

int main(void)
{
#define WITH_FLUSH(test) cmocka_unit_test_setup(test, server_flush)
    const struct CMUnitTest tests[] = {
        WITH_FLUSH(query_answer_stored_ticker_is_read_whole),
        WITH_FLUSH(query_answer_levels_need_member_and_strength),
        WITH_FLUSH(query_answer_detectors_come_in_the_order_of_their_ids),
        WITH_FLUSH(query_answer_of_one_that_asked_before_is_what_redis_holds_now),
        WITH_FLUSH(query_answer_without_patterns_reads_none),
        WITH_FLUSH(query_answer_newer_member_stands_over_the_reported_quote),
        WITH_FLUSH(query_answer_unreadable_figures_are_as_good_as_none_and_said),
        WITH_FLUSH(query_answer_other_case_finds_the_ticker),
        WITH_FLUSH(query_answer_unknown_ticker_suggests_the_most_like_ones),
        WITH_FLUSH(query_answer_bad_ticker_is_invalid),
        WITH_FLUSH(query_answer_without_engine_says_so),
        WITH_FLUSH(query_answer_engine_that_cannot_start_is_noted),
        WITH_FLUSH(query_answer_unknown_ticker_or_serving_engine_starts_none),
        WITH_FLUSH(query_answer_waits_for_the_engine_it_started),
        WITH_FLUSH(query_answer_serving_engine_without_report_is_warming_after_the_wait),
        WITH_FLUSH(query_answer_members_left_by_another_program_are_passed_over),
        WITH_FLUSH(query_answer_wrong_type_is_an_error_of_redis),
        WITH_FLUSH(query_answer_redis_away_names_the_url_without_password),
        WITH_FLUSH(query_answer_connection_that_died_idle_is_opened_again),
        WITH_FLUSH(query_answer_cancelled_while_redis_stalls_ends_soon),
    };
    return cmocka_run_group_tests(tests, server_start, server_stop);
}
