/* SPDX-License-Identifier: MIT */
/* Which of two engines writes. */
#include "sink_fixture.h"

static enum lease try_hold(struct fixture *f, int i, char other[256])
{
    return sink_hold(f->sink[i], other, NULL);
}

static void hold_free_lease_is_taken_with_its_ttl(void **state)
{
    struct fixture *f = *state;
    hold(f, 0);
    assert_string_equal(ask(f, "GET orderflow:engine")->str, "{\"id\": \"engine-one\"}");
    assert_in_range(ask_int(f, "PTTL orderflow:engine"), 50000, 60000);
}

static void hold_own_lease_is_renewed(void **state)
{
    struct fixture *f = *state;
    hold(f, 0);
    ask(f, "PEXPIRE orderflow:engine 5000");
    hold(f, 0);
    assert_in_range(ask_int(f, "PTTL orderflow:engine"), 50000, 60000);
}

static void hold_lease_of_another_names_him(void **state)
{
    struct fixture *f = *state;
    char other[256];
    hold(f, 0);
    assert_int_equal(try_hold(f, 1, other), LEASE_OTHER);
    assert_string_equal(other, "{\"id\": \"engine-one\"}");
    assert_string_equal(ask(f, "GET orderflow:engine")->str, "{\"id\": \"engine-one\"}");
}

static void hold_expired_lease_is_taken_over(void **state)
{
    struct fixture *f = *state;
    char other[256];
    hold(f, 0);
    ask(f, "PEXPIRE orderflow:engine 50");
    struct mono deadline = mono_after_ms(clock_mono(), 60000);
    while (try_hold(f, 1, other) != LEASE_MINE && mono_ms_until(clock_mono(), deadline) > 0) {
        (void)poll(NULL, 0, 5);
    }
    assert_string_equal(ask(f, "GET orderflow:engine")->str, "{\"id\": \"engine-two\"}");
    assert_int_equal(try_hold(f, 0, other), LEASE_OTHER);
}

static void hold_redis_away_is_unknown(void **state)
{
    struct fixture *f = *state;
    char other[256];
    struct err err = { 0 };
    redis_server_kill(&f->server);
    assert_int_equal(sink_hold(f->sink[0], other, &err), LEASE_UNKNOWN);
    assert_int_equal(err.code, ERR_CONNECTION);
}

static void hold_lease_key_of_another_type_is_unknown(void **state)
{
    struct fixture *f = *state;
    char other[256];
    struct err err = { 0 };
    ask(f, "LPUSH orderflow:engine x");
    assert_int_equal(sink_hold(f->sink[0], other, &err), LEASE_UNKNOWN);
    assert_non_null(strstr(err.text, "WRONGTYPE"));
}

static void hold_new_text_replaces_the_old(void **state)
{
    struct fixture *f = *state;
    hold(f, 0);
    sink_set_lease_text(f->sink[0], "{\"id\": \"engine-one\", \"config\": \"new\"}");
    hold(f, 0);
    assert_non_null(strstr(ask(f, "GET orderflow:engine")->str, "new"));
    hold(f, 0);
}

static void hold_two_at_once_only_one_gets_it(void **state)
{
    struct fixture *f = *state;
    char other[256];
    for (int i = 0; i < 50; i++) {
        ask(f, "DEL orderflow:engine");
        enum lease first = try_hold(f, i % 2, other);
        enum lease second = try_hold(f, (i + 1) % 2, other);
        assert_int_equal(first, LEASE_MINE);
        assert_int_equal(second, LEASE_OTHER);
    }
}

static void release_own_lease_frees_it(void **state)
{
    struct fixture *f = *state;
    hold(f, 0);
    sink_release(f->sink[0]);
    assert_int_equal(ask_int(f, "EXISTS orderflow:engine"), 0);
}

static void release_leaves_the_lease_of_another(void **state)
{
    struct fixture *f = *state;
    hold(f, 1);
    sink_release(f->sink[0]);
    assert_int_equal(ask_int(f, "EXISTS orderflow:engine"), 1);
}

static void flush_without_the_lease_writes_nothing(void **state)
{
    struct fixture *f = *state;
    struct report r = report_at("SPY", T0_NS);
    add_report(f, 0, &r);
    assert_int_equal(sink_flush(f->sink[0], NULL), FLUSH_NOT_OURS);
    hold(f, 1);
    assert_int_equal(sink_flush(f->sink[0], NULL), FLUSH_NOT_OURS);
    assert_int_equal(ask_int(f, "DBSIZE"), 1);
    assert_true(sink_status(f->sink[0], (const char *const[]){ "a", "1" }, 1, NULL));
    assert_int_equal(sink_flush(f->sink[0], NULL), FLUSH_NOT_OURS);
    assert_int_equal(ask_int(f, "DBSIZE"), 1);
}

/* No look is needed as long as nobody touches the lease; who does is found out by EXEC. */
static void flush_lease_stolen_between_two_writes_nothing(void **state)
{
    struct fixture *f = *state;
    struct report r = report_at("SPY", T0_NS);
    hold(f, 0);
    add_report(f, 0, &r);
    flush(f, 0);
    ask(f, "SET orderflow:engine thief");
    r.tick_ns += NS_PER_S;
    add_report(f, 0, &r);
    assert_int_equal(sink_flush(f->sink[0], NULL), FLUSH_NOT_OURS);
    assert_string_equal(ask(f, "HGET orderflow:state:SPY tick_ms")->str, "1767225600000");
    assert_string_equal(ask(f, "GET orderflow:engine")->str, "thief");
}

static void flush_lease_run_out_between_two_writes_nothing(void **state)
{
    struct fixture *f = *state;
    struct report r = report_at("SPY", T0_NS);
    hold(f, 0);
    add_report(f, 0, &r);
    flush(f, 0);
    ask(f, "DEL orderflow:engine");
    r.tick_ns += NS_PER_S;
    add_report(f, 0, &r);
    assert_int_equal(sink_flush(f->sink[0], NULL), FLUSH_NOT_OURS);
    assert_int_equal(ask_int(f, "EXISTS orderflow:engine"), 0);
    hold(f, 0);
    flush(f, 0);
    assert_string_equal(ask(f, "HGET orderflow:state:SPY tick_ms")->str, "1767225601000");
}

static void flush_renews_the_lease(void **state)
{
    struct fixture *f = *state;
    struct report r = report_at("SPY", T0_NS);
    hold(f, 0);
    ask(f, "PEXPIRE orderflow:engine 5000");
    add_report(f, 0, &r);
    flush(f, 0);
    assert_in_range(ask_int(f, "PTTL orderflow:engine"), 50000, 60000);
}

static void flush_after_a_lost_lease_comes_back_is_complete(void **state)
{
    struct fixture *f = *state;
    struct report r = report_at("SPY", T0_NS);
    struct episode e = episode_at("00000000000000aa", T0_NS);
    add_episode(f, 0, &r, &e);
    assert_int_equal(sink_flush(f->sink[0], NULL), FLUSH_NOT_OURS);
    hold(f, 0);
    flush(f, 0);
    assert_int_equal(ask_int(f, "ZCARD orderflow:patterns:SPY"), 1);
}

static void forget_drops_what_was_queued(void **state)
{
    struct fixture *f = *state;
    struct report r = report_at("SPY", T0_NS);
    add_report(f, 0, &r);
    sink_forget(f->sink[0]);
    hold(f, 0);
    flush(f, 0);
    assert_int_equal(ask_int(f, "DBSIZE"), 1);
}

/* Engine two took over and wrote a newer tick; engine one comes back. */
static void takeover_newer_tick_of_the_other_stands(void **state)
{
    struct fixture *f = *state;
    struct report old = report_at("SPY", T0_NS);
    struct report newer = report_at("SPY", T0_NS + NS_PER_S);
    newer.windows[0].m.bid_lifts = 42;
    hold(f, 0);
    add_report(f, 0, &old);
    ask(f, "DEL orderflow:engine");
    hold(f, 1);
    add_report(f, 1, &newer);
    flush(f, 1);
    assert_int_equal(sink_flush(f->sink[0], NULL), FLUSH_NOT_OURS);
    sink_release(f->sink[1]);
    hold(f, 0);
    flush(f, 0);
    assert_string_equal(ask(f, "HGET orderflow:metrics:SPY:10s bid_lift_count")->str, "42");
    assert_int_equal(sink_counts(f->sink[0])->older, 1);
}

/* Two engines see the same episode; it is one member whoever writes it. */
static void takeover_back_and_forth_keeps_one_member(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 6; i++) {
        struct report r = report_at("SPY", T0_NS + i * NS_PER_S);
        struct episode e = episode_at("00000000000000aa", r.tick_ns);
        hold(f, i % 2);
        add_episode(f, i % 2, &r, &e);
        flush(f, i % 2);
        sink_release(f->sink[i % 2]);
        assert_int_equal(ask_int(f, "ZCARD orderflow:patterns:SPY"), 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
        WITH_SERVER(hold_free_lease_is_taken_with_its_ttl),
        WITH_SERVER(hold_own_lease_is_renewed),
        WITH_SERVER(hold_lease_of_another_names_him),
        WITH_SERVER(hold_expired_lease_is_taken_over),
        WITH_SERVER(hold_redis_away_is_unknown),
        WITH_SERVER(hold_lease_key_of_another_type_is_unknown),
        WITH_SERVER(hold_new_text_replaces_the_old),
        WITH_SERVER(hold_two_at_once_only_one_gets_it),
        WITH_SERVER(release_own_lease_frees_it),
        WITH_SERVER(release_leaves_the_lease_of_another),
        WITH_SERVER(flush_without_the_lease_writes_nothing),
        WITH_SERVER(flush_lease_stolen_between_two_writes_nothing),
        WITH_SERVER(flush_lease_run_out_between_two_writes_nothing),
        WITH_SERVER(flush_renews_the_lease),
        WITH_SERVER(flush_after_a_lost_lease_comes_back_is_complete),
        WITH_SERVER(forget_drops_what_was_queued),
        WITH_SERVER(takeover_newer_tick_of_the_other_stands),
        WITH_SERVER(takeover_back_and_forth_keeps_one_member),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
