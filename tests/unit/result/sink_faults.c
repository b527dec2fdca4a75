/* SPDX-License-Identifier: MIT */
/* Redis full, read-only, gone, or full of other people's keys. */
#include "sink_fixture.h"

#include "proxy.h"

static void assert_flush_fails(struct fixture *f, const char *why)
{
    struct err err = { 0 };
    assert_int_equal(sink_flush(f->sink[0], &err), FLUSH_FAILED);
    if (!strstr(err.text, why)) {
        fail_msg("\"%s\" does not say \"%s\"", err.text, why);
    }
}

static void add_tick(struct fixture *f, const char *ticker, int64_t tick_ns, const char *id)
{
    struct report r = report_at(ticker, tick_ns);
    struct episode e = episode_at(id, tick_ns);
    add_episode(f, 0, &r, &e);
}

static void flush_redis_full_writes_all_after_recovery(void **state)
{
    struct fixture *f = *state;
    hold(f, 0);
    ask(f, "CONFIG SET maxmemory 1");
    add_tick(f, "SPY", T0_NS, "00000000000000aa");
    add_tick(f, "QQQ", T0_NS, "00000000000000bb");
    assert_flush_fails(f, "OOM");
    add_tick(f, "SPY", T0_NS + NS_PER_S, "00000000000000cc");
    assert_flush_fails(f, "OOM");
    assert_int_equal(ask_int(f, "EXISTS orderflow:state:SPY"), 0);
    hold(f, 0); /* the lease lives on in a full Redis */
    ask(f, "CONFIG SET maxmemory 0");
    flush(f, 0);
    assert_int_equal(ask_int(f, "ZCARD orderflow:patterns:SPY"), 2);
    assert_int_equal(ask_int(f, "ZCARD orderflow:patterns:QQQ"), 1);
    assert_string_equal(ask(f, "HGET orderflow:state:SPY tick_ms")->str, "1767225601000");
}

static void flush_read_only_replica_is_told_and_recovers(void **state)
{
    struct fixture *f = *state;
    hold(f, 0);
    add_tick(f, "SPY", T0_NS, "00000000000000aa");
    ask(f, "REPLICAOF 127.0.0.1 1");
    assert_flush_fails(f, "READONLY");
    ask(f, "REPLICAOF NO ONE");
    flush_soon(f, 0);
    assert_int_equal(ask_int(f, "ZCARD orderflow:patterns:SPY"), 1);
}

static void flush_key_turned_into_another_type_fails_for_its_ticker_alone_and_heals(void **state)
{
    struct fixture *f = *state;
    hold(f, 0);
    add_tick(f, "SPY", T0_NS, "00000000000000aa");
    flush(f, 0);
    ask(f, "SET orderflow:patterns:SPY text");
    add_tick(f, "SPY", T0_NS + NS_PER_S, "00000000000000cc");
    add_tick(f, "QQQ", T0_NS, "00000000000000bb");
    assert_flush_fails(f, "ticker SPY: WRONGTYPE");
    assert_int_equal(ask_int(f, "ZCARD orderflow:patterns:QQQ"), 1);
    assert_int_equal(sink_counts(f->sink[0])->reports, 2);
    flush(f, 0);
    assert_int_equal(ask_int(f, "ZCARD orderflow:patterns:SPY"), 2);
    assert_int_equal(sink_counts(f->sink[0])->reports, 3);
}

static void flush_own_keys_of_another_type_are_healed(void **state)
{
    struct fixture *f = *state;
    hold(f, 0);
    ask(f, "SET orderflow:state:SPY text");
    ask(f, "SET orderflow:metrics:SPY:10s text");
    ask(f, "SET orderflow:levels:SPY:bid text");
    ask(f, "SET orderflow:patterns:SPY text");
    add_tick(f, "SPY", T0_NS, "00000000000000aa");
    flush(f, 0);
    assert_string_equal(ask(f, "HGET orderflow:state:SPY tick_ms")->str, "1767225600000");
    assert_int_equal(ask_int(f, "ZCARD orderflow:patterns:SPY"), 1);
}

static void flush_server_gone_keeps_all_and_writes_it_later(void **state)
{
    struct fixture *f = *state;
    hold(f, 0);
    redis_server_kill(&f->server);
    add_tick(f, "SPY", T0_NS, "00000000000000aa");
    assert_flush_fails(f, "unix://");
    add_tick(f, "SPY", T0_NS + NS_PER_S, "00000000000000bb");
    assert_true(redis_server_restart(&f->server, NULL));
    flush_soon(f, 0);
    assert_int_equal(ask_int(f, "ZCARD orderflow:patterns:SPY"), 2);
}

static void flush_server_came_back_empty_restores_the_patterns(void **state)
{
    struct fixture *f = *state;
    hold(f, 0);
    add_tick(f, "SPY", T0_NS, "00000000000000aa");
    flush(f, 0);
    assert_true(redis_server_restart(&f->server, NULL));
    hold(f, 0);
    struct report r = report_at("SPY", T0_NS + NS_PER_S);
    add_report(f, 0, &r);
    flush(f, 0);
    assert_int_equal(ask_int(f, "ZCARD orderflow:patterns:SPY"), 1);
}

/* Sink 0 by way of a proxy, and the lease. */
static struct proxy *hold_by_proxy(struct fixture *f)
{
    char url[64];
    struct proxy *proxy = proxy_create(f->server.socket_path);
    assert_non_null(proxy);
    snprintf(url, sizeof url, "redis://127.0.0.1:%d", proxy->port);
    fixture_sink(f, 0, "engine-one", url);
    hold(f, 0);
    return proxy;
}

static void flush_lease_stolen_behind_the_look_writes_nothing(void **state)
{
    struct fixture *f = *state;
    struct proxy *proxy = hold_by_proxy(f);
    add_tick(f, "SPY", T0_NS, "00000000000000aa");
    proxy_say_before_next_exec(proxy, "SET orderflow:engine thief\r\n");
    assert_int_equal(sink_flush(f->sink[0], NULL), FLUSH_NOT_OURS);
    assert_int_equal(ask_int(f, "DBSIZE"), 1);
    assert_string_equal(ask(f, "GET orderflow:engine")->str, "thief");
    proxy_destroy(proxy);
}

static void flush_lease_touched_behind_the_look_is_repeated(void **state)
{
    struct fixture *f = *state;
    struct proxy *proxy = hold_by_proxy(f);
    add_tick(f, "SPY", T0_NS, "00000000000000aa");
    proxy_say_before_next_exec(proxy, "PEXPIRE orderflow:engine 59000\r\n");
    flush(f, 0);
    assert_int_equal(ask_int(f, "ZCARD orderflow:patterns:SPY"), 1);
    proxy_destroy(proxy);
}

/* Nobody knows whether EXEC was carried out. */
static void flush_answer_lost_leaves_one_member_in_the_end(void **state)
{
    struct fixture *f = *state;
    struct proxy *proxy = hold_by_proxy(f);
    for (int i = 0; i < 4; i++) {
        add_tick(f, "SPY", T0_NS + 2 * i * NS_PER_S, "00000000000000aa");
        flush_soon(f, 0);
        add_tick(f, "SPY", T0_NS + (2 * i + 1) * NS_PER_S, "00000000000000aa");
        proxy_lose_next_exec(proxy);
        assert_flush_fails(f, "closed the connection");
        assert_int_equal(ask_int(f, "ZCARD orderflow:patterns:SPY"), 1);
    }
    add_tick(f, "SPY", T0_NS + 60 * NS_PER_S, "00000000000000aa");
    flush_soon(f, 0);
    assert_int_equal(ask_int(f, "ZCARD orderflow:patterns:SPY"), 1);
    assert_string_equal(ask(f, "HGET orderflow:state:SPY tick_ms")->str, "1767225660000");
    proxy_destroy(proxy);
}

static void flush_cancelled_keeps_all(void **state)
{
    struct fixture *f = *state;
    hold(f, 0);
    add_tick(f, "SPY", T0_NS, "00000000000000aa");
    atomic_bool cancel = true;
    redis_set_cancel(f->redis[0], &cancel);
    assert_flush_fails(f, "cancelled");
    redis_set_cancel(f->redis[0], NULL);
    flush_soon(f, 0);
    assert_int_equal(ask_int(f, "ZCARD orderflow:patterns:SPY"), 1);
}

static void load_server_away_fails_cleanly(void **state)
{
    struct fixture *f = *state;
    struct sink_stored stored;
    struct err err = { 0 };
    redis_server_kill(&f->server);
    assert_false(sink_load(f->sink[0], "SPY", &stored, &err));
    assert_null(stored.patterns);
    assert_non_null(strstr(err.text, "SPY"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
        WITH_SERVER(flush_redis_full_writes_all_after_recovery),
        WITH_SERVER(flush_read_only_replica_is_told_and_recovers),
        WITH_SERVER(flush_key_turned_into_another_type_fails_for_its_ticker_alone_and_heals),
        WITH_SERVER(flush_own_keys_of_another_type_are_healed),
        WITH_SERVER(flush_server_gone_keeps_all_and_writes_it_later),
        WITH_SERVER(flush_server_came_back_empty_restores_the_patterns),
        WITH_SERVER(flush_lease_stolen_behind_the_look_writes_nothing),
        WITH_SERVER(flush_lease_touched_behind_the_look_is_repeated),
        WITH_SERVER(flush_answer_lost_leaves_one_member_in_the_end),
        WITH_SERVER(flush_cancelled_keeps_all),
        WITH_SERVER(load_server_away_fails_cleanly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
