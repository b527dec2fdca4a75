/* SPDX-License-Identifier: MIT */
/* A sink that is told the time writes what differs, and finds out when Redis is not as it left it.
 */
#include "sink_fixture.h"

#define METRICS "orderflow:metrics:SPY:10s"

static struct mono at_ms(int64_t ms)
{
    return (struct mono){ .ns = NS_PER_S + ms * NS_PER_MS };
}

/* Writes the report of that second, with bid_lifts lifts in the 10 s window. */
static void write_at(struct fixture *f, int64_t ms, int64_t bid_lifts)
{
    struct report r = report_at("SPY", T0_NS + ms * NS_PER_MS);
    r.windows[0].m.bid_lifts = bid_lifts;
    sink_set_time(f->sink[0], at_ms(ms));
    add_report(f, 0, &r);
    flush(f, 0);
}

static void assert_field(struct fixture *f, const char *name, const char *expected)
{
    char command[128];
    (void)snprintf(command, sizeof command, "HGET " METRICS " %s", name);
    const struct reply *r = ask(f, command);
    if (expected == NULL) {
        assert_int_equal(r->type, REPLY_NIL);
    } else {
        assert_int_equal(r->type, REPLY_STRING);
        assert_string_equal(r->str, expected);
    }
}

static void second_tick_writes_only_what_differs(void **state)
{
    struct fixture *f = *state;
    hold(f, 0);
    write_at(f, 0, 7);
    (void)ask(f, "HSET " METRICS " ask_lift_count theirs");
    write_at(f, 1000, 8);
    assert_field(f, "bid_lift_count", "8");
    assert_field(f, "ask_lift_count", "theirs");
    assert_int_equal(sink_counts(f->sink[0])->mended, 0);
}

static void same_tick_again_sends_no_field(void **state)
{
    struct fixture *f = *state;
    hold(f, 0);
    write_at(f, 0, 7);
    int64_t before = ask_int(f, "HLEN " METRICS);
    write_at(f, 1000, 7);
    assert_int_equal(ask_int(f, "HLEN " METRICS), before);
    assert_int_equal(sink_counts(f->sink[0])->mended, 0);
}

static void deleted_key_is_found_out_and_written_whole(void **state)
{
    struct fixture *f = *state;
    hold(f, 0);
    write_at(f, 0, 7);
    int64_t fields = ask_int(f, "HLEN " METRICS);
    (void)ask(f, "DEL " METRICS);
    write_at(f, 1000, 8);
    assert_int_equal(sink_counts(f->sink[0])->mended, 1);
    write_at(f, 2000, 9);
    assert_int_equal(ask_int(f, "HLEN " METRICS), fields);
    assert_in_range(ask_int(f, "PTTL " METRICS), 50000, 60000);
    assert_field(f, "bid_lift_count", "9");
}

static void flushed_server_is_whole_again_after_two_ticks(void **state)
{
    struct fixture *f = *state;
    struct episode e = episode_at("a1", T0_NS);
    struct report r = report_at("SPY", T0_NS);
    hold(f, 0);
    sink_set_time(f->sink[0], at_ms(0));
    add_episode(f, 0, &r, &e);
    flush(f, 0);
    write_at(f, 1000, 6);
    (void)ask(f, "FLUSHALL");
    hold(f, 0);
    write_at(f, 2000, 7);
    write_at(f, 3000, 8);
    assert_int_equal(ask_int(f, "ZCARD orderflow:patterns:SPY"), 1);
    assert_field(f, "bid_lift_count", "8");
    assert_field(f, "ask_lift_count", "0");
    assert_int_equal(ask_int(f, "EXISTS orderflow:state:SPY"), 1);
}

static void ttl_is_set_again_when_a_quarter_is_over(void **state)
{
    struct fixture *f = *state;
    hold(f, 0);
    write_at(f, 0, 7);
    (void)ask(f, "PEXPIRE " METRICS " 40000");
    write_at(f, 14000, 8);
    assert_in_range(ask_int(f, "PTTL " METRICS), 1, 40000);
    write_at(f, 15000, 9);
    assert_in_range(ask_int(f, "PTTL " METRICS), 40001, 60000);
}

static void long_pause_writes_the_key_whole(void **state)
{
    struct fixture *f = *state;
    hold(f, 0);
    write_at(f, 0, 7);
    (void)ask(f, "HSET " METRICS " ask_lift_count theirs");
    write_at(f, 30000, 8);
    assert_field(f, "ask_lift_count", "0");
}

static void vanished_field_goes(void **state)
{
    struct fixture *f = *state;
    struct report r = report_at("SPY", T0_NS);
    r.windows[0].m.jump = (struct size_jump){ .ts_ns = T0_NS, .px = PX_ONE, .size = 16000 };
    hold(f, 0);
    sink_set_time(f->sink[0], at_ms(0));
    add_report(f, 0, &r);
    flush(f, 0);
    write_at(f, 1000, 7);
    assert_field(f, "last_sweep", NULL);
    assert_field(f, "bid_lift_count", "7");
}

static void put_levels(struct fixture *f, int i, int64_t ms, int first, int n)
{
    struct report r = report_at(i == 0 ? "SPY" : "QQQ", T0_NS + ms * NS_PER_MS);
    for (int k = 0; k < n; k++) {
        r.levels[0][k] = (struct level){ .px = (450 + first + k) * PX_ONE,
                                         .touches = 1 + k,
                                         .total_sz = 100 + (k == 1 ? (double)ms : 0) };
    }
    r.n_levels[0] = n;
    sink_set_time(f->sink[0], at_ms(i == 0 ? ms : 0));
    add_report(f, 0, &r);
    flush(f, 0);
}

static void levels_by_difference_are_those_written_whole(void **state)
{
    struct fixture *f = *state;
    hold(f, 0);
    put_levels(f, 0, 0, 0, 20);
    put_levels(f, 0, 1000, 3, 18);
    put_levels(f, 0, 2000, 1, 5);
    put_levels(f, 1, 2000, 1, 5);
    assert_int_equal(ask_int(f, "ZCARD orderflow:levels:SPY:bid"), 5);
    char *members[5];
    const struct reply *spy = ask(f, "ZRANGE orderflow:levels:SPY:bid 0 -1");
    for (int k = 0; k < 5; k++) {
        members[k] = strdup(spy->items[k].str);
    }
    const struct reply *qqq = ask(f, "ZRANGE orderflow:levels:QQQ:bid 0 -1");
    for (int k = 0; k < 5; k++) {
        assert_string_equal(qqq->items[k].str, members[k]);
        free(members[k]);
    }
    assert_int_equal(sink_counts(f->sink[0])->mended, 0);
}

static void write_strength(struct fixture *f, int64_t ms, double strength)
{
    struct report r = report_at("SPY", T0_NS + ms * NS_PER_MS);
    r.levels[0][0] = (struct level){ .px = 450 * PX_ONE, .touches = 1, .total_sz = 100 };
    r.levels[0][0].strength = strength;
    r.n_levels[0] = 1;
    sink_set_time(f->sink[0], at_ms(ms));
    add_report(f, 0, &r);
    flush(f, 0);
}

/* A level that is not as we left it is written again when it changes, so here it did not. */
static void level_of_which_the_strength_changes_is_not_written(void **state)
{
    struct fixture *f = *state;
    hold(f, 0);
    write_strength(f, 0, .52);
    assert_string_equal(ask(f, "HGET orderflow:state:SPY strengths")->str,
                        "{\"bid\": {\"450.0\": 0.52}, \"ask\": {}}");
    assert_int_equal(ask_int(f, "ZCARD orderflow:levels:SPY:bid"), 1);
    (void)ask(f, "DEL orderflow:levels:SPY:bid");
    write_strength(f, 1000, .51);
    assert_string_equal(ask(f, "HGET orderflow:state:SPY strengths")->str,
                        "{\"bid\": {\"450.0\": 0.51}, \"ask\": {}}");
    assert_int_equal(ask_int(f, "EXISTS orderflow:levels:SPY:bid"), 0);
}

static void levels_that_are_all_others_keep_their_ttl(void **state)
{
    struct fixture *f = *state;
    hold(f, 0);
    put_levels(f, 0, 0, 0, 2);
    put_levels(f, 0, 1000, 10, 2);
    assert_int_equal(ask_int(f, "ZCARD orderflow:levels:SPY:bid"), 2);
    assert_in_range(ask_int(f, "TTL orderflow:levels:SPY:bid"), 3400, 3600);
    put_levels(f, 0, 2000, 0, 0);
    assert_int_equal(ask_int(f, "EXISTS orderflow:levels:SPY:bid"), 0);
    put_levels(f, 0, 3000, 0, 1);
    assert_in_range(ask_int(f, "TTL orderflow:levels:SPY:bid"), 3400, 3600);
    assert_int_equal(sink_counts(f->sink[0])->mended, 0);
}

static void put_episode(struct fixture *f, const char *id, int64_t mono_ms, int64_t tick_s)
{
    struct report r = report_at("SPY", T0_NS + tick_s * NS_PER_S);
    struct episode e = episode_at(id, r.tick_ns);
    sink_set_time(f->sink[0], at_ms(mono_ms));
    if (id[0] != '\0') {
        add_episode(f, 0, &r, &e);
    } else {
        add_report(f, 0, &r);
    }
    flush(f, 0);
}

/* Trimming and TTL cost Redis as much as the change itself. */
static void patterns_are_trimmed_now_and_then(void **state)
{
    struct fixture *f = *state;
    hold(f, 0);
    put_episode(f, "a1", 0, 0);
    (void)ask(f, "ZADD orderflow:patterns:SPY 1 old");
    (void)ask(f, "PEXPIRE orderflow:patterns:SPY 9000");
    put_episode(f, "a1", 1000, 1);
    put_episode(f, "a2", 35000, 35);
    assert_int_equal(ask_int(f, "ZCARD orderflow:patterns:SPY"), 3);
    assert_in_range(ask_int(f, "PTTL orderflow:patterns:SPY"), 1, 9000);
    put_episode(f, "", 36000, 36);
    assert_int_equal(ask_int(f, "ZCARD orderflow:patterns:SPY"), 2);
    assert_in_range(ask_int(f, "TTL orderflow:patterns:SPY"), 3500, 3600);
    assert_in_range(ask_int(f, "TTL orderflow:changes:SPY"), 3500, 3600);
    assert_int_equal(sink_counts(f->sink[0])->mended, 0);
}

static void patterns_that_were_all_trimmed_get_a_ttl_with_the_next(void **state)
{
    struct fixture *f = *state;
    hold(f, 0);
    put_episode(f, "a1", 0, 0);
    put_episode(f, "", 40000, 3700);
    assert_int_equal(ask_int(f, "EXISTS orderflow:patterns:SPY"), 0);
    put_episode(f, "a2", 41000, 3701);
    assert_int_equal(ask_int(f, "ZCARD orderflow:patterns:SPY"), 1);
    assert_in_range(ask_int(f, "TTL orderflow:patterns:SPY"), 3500, 3600);
    assert_in_range(ask_int(f, "TTL orderflow:changes:SPY"), 3500, 3600);
    assert_int_equal(sink_counts(f->sink[0])->mended, 0);
}

static void say(struct fixture *f, int64_t ms, const char *a, const char *b)
{
    sink_set_time(f->sink[0], at_ms(ms));
    assert_true(sink_status(f->sink[0], (const char *const[]){ "a", a, "b", b }, 2, NULL));
    flush(f, 0);
}

static void status_is_written_by_difference_and_mended(void **state)
{
    struct fixture *f = *state;
    hold(f, 0);
    say(f, 0, "1", "2");
    (void)ask(f, "HSET orderflow:status b theirs");
    say(f, 1000, "3", "2");
    assert_string_equal(ask(f, "HGET orderflow:status a")->str, "3");
    assert_string_equal(ask(f, "HGET orderflow:status b")->str, "theirs");
    (void)ask(f, "DEL orderflow:status");
    say(f, 2000, "4", "2"); /* finds out */
    say(f, 3000, "4", "2");
    assert_int_equal(ask_int(f, "HLEN orderflow:status"), 2);
    assert_string_equal(ask(f, "HGET orderflow:status b")->str, "2");
    (void)ask(f, "PEXPIRE orderflow:status 99999");
    say(f, 3000 + 45000, "4", "2"); /* a quarter of its TTL */
    assert_in_range(ask_int(f, "PTTL orderflow:status"), 170000, 180000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(second_tick_writes_only_what_differs),
        TEST(same_tick_again_sends_no_field),
        TEST(deleted_key_is_found_out_and_written_whole),
        TEST(flushed_server_is_whole_again_after_two_ticks),
        TEST(ttl_is_set_again_when_a_quarter_is_over),
        TEST(long_pause_writes_the_key_whole),
        TEST(vanished_field_goes),
        TEST(levels_by_difference_are_those_written_whole),
        TEST(level_of_which_the_strength_changes_is_not_written),
        TEST(levels_that_are_all_others_keep_their_ttl),
        TEST(patterns_are_trimmed_now_and_then),
        TEST(patterns_that_were_all_trimmed_get_a_ttl_with_the_next),
        TEST(status_is_written_by_difference_and_mended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
