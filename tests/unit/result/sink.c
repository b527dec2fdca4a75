/* SPDX-License-Identifier: MIT */
/* What a sink writes, read back from a real server. */
#include "sink_fixture.h"

static const char *hash_text(struct fixture *f, const char *command)
{
    const struct reply *r = ask(f, command);
    return r->type == REPLY_STRING ? r->str : NULL;
}

static void flush_metrics_become_hashes_with_their_ttl(void **state)
{
    struct fixture *f = *state;
    struct report r = report_at("SPY", T0_NS);
    hold(f, 0);
    add_report(f, 0, &r);
    flush(f, 0);
    assert_string_equal(hash_text(f, "HGET orderflow:metrics:SPY:10s bid_lift_count"), "7");
    assert_string_equal(hash_text(f, "HGET orderflow:metrics:SPY:1min bid_lift_count"), "8");
    assert_string_equal(hash_text(f, "HGET orderflow:metrics:SPY:5min bid_lift_count"), "9");
    assert_in_range(ask_int(f, "TTL orderflow:metrics:SPY:10s"), 20, 60);
    assert_in_range(ask_int(f, "TTL orderflow:metrics:SPY:1min"), 200, 300);
    assert_in_range(ask_int(f, "TTL orderflow:metrics:SPY:5min"), 500, 600);
    assert_in_range(ask_int(f, "TTL orderflow:state:SPY"), 3300, 3400);
    assert_string_equal(hash_text(f, "HGET orderflow:state:SPY tick_ms"), "1767225600000");
    assert_int_equal(sink_counts(f->sink[0])->reports, 1);
}

static void flush_nothing_queued_asks_nothing(void **state)
{
    struct fixture *f = *state;
    flush(f, 0);
    assert_false(redis_connected(f->redis[0]));
}

static void flush_field_that_is_gone_vanishes(void **state)
{
    struct fixture *f = *state;
    struct report r = report_at("SPY", T0_NS);
    r.windows[1].m.jump = (struct size_jump){ .ts_ns = T0_NS, .px = PX_ONE, .size = 16000 };
    hold(f, 0);
    add_report(f, 0, &r);
    flush(f, 0);
    assert_non_null(hash_text(f, "HGET orderflow:metrics:SPY:1min last_sweep"));
    r = report_at("SPY", T0_NS + NS_PER_S);
    add_report(f, 0, &r);
    flush(f, 0);
    assert_null(hash_text(f, "HGET orderflow:metrics:SPY:1min last_sweep"));
}

static void flush_levels_are_replaced_whole_and_sorted_as_the_peers(void **state)
{
    struct fixture *f = *state;
    struct report r = report_at("SPY", T0_NS);
    r.levels[0][0] = (struct level){ .px = 450 * PX_ONE, .touches = 2, .total_sz = 100 };
    r.levels[0][1] = (struct level){ .px = 449 * PX_ONE, .touches = 3, .total_sz = 500.5 };
    r.n_levels[0] = 2;
    r.levels[1][0] = (struct level){ .px = 451 * PX_ONE, .touches = 1, .total_sz = 10 };
    r.n_levels[1] = 1;
    hold(f, 0);
    add_report(f, 0, &r);
    flush(f, 0);
    const struct reply *best = ask(f, "ZREVRANGE orderflow:levels:SPY:bid 0 10 WITHSCORES");
    assert_int_equal(best->n, 4);
    assert_non_null(strstr(best->items[0].str, "449.0"));
    assert_string_equal(best->items[1].str, "1501.5");
    assert_in_range(ask_int(f, "TTL orderflow:levels:SPY:ask"), 3400, 3500);

    r.tick_ns += NS_PER_S;
    r.levels[0][0].touches = 9;
    r.n_levels[0] = 1;
    r.n_levels[1] = 0;
    add_report(f, 0, &r);
    flush(f, 0);
    assert_int_equal(ask_int(f, "ZCARD orderflow:levels:SPY:bid"), 1);
    assert_int_equal(ask_int(f, "EXISTS orderflow:levels:SPY:ask"), 0);
}

static void flush_episode_is_one_member_replaced_in_place(void **state)
{
    struct fixture *f = *state;
    struct report r = report_at("SPY", T0_NS);
    struct episode e = episode_at("00000000000000aa", T0_NS - NS_PER_MS);
    hold(f, 0);
    add_episode(f, 0, &r, &e);
    flush(f, 0);
    const struct reply *members = ask(f, "ZRANGE orderflow:patterns:SPY 0 -1 WITHSCORES");
    assert_int_equal(members->n, 2);
    assert_true(strtod(members->items[1].str, NULL) == 1767225599.999);

    r.tick_ns += NS_PER_S;
    e.last_ns = T0_NS + 500 * NS_PER_MS;
    e.state = EPISODE_ENDED;
    e.end_reason = END_FADED;
    e.end_ns = T0_NS + NS_PER_S;
    add_episode(f, 0, &r, &e);
    flush(f, 0);
    members = ask(f, "ZRANGE orderflow:patterns:SPY 0 -1 WITHSCORES");
    assert_int_equal(members->n, 2);
    assert_non_null(strstr(members->items[0].str, "faded"));
    assert_true(strtod(members->items[1].str, NULL) == 1767225600.5);
    assert_in_range(ask_int(f, "TTL orderflow:patterns:SPY"), 3500, 3600);
    assert_int_equal(sink_counts(f->sink[0])->patterns, 2);
}

static enum flush flush_on(struct fixture *f)
{
    struct err err = { 0 };
    enum flush flush = sink_flush_on(f->sink[0], &err);
    if (flush == FLUSH_FAILED) {
        print_error("%s\n", err.text);
    }
    return flush;
}

/* Two tickers, written before: so that nothing about them has to be asked. */
static struct report written_twice(struct fixture *f)
{
    struct report r = report_at("SPY", T0_NS), q = report_at("QQQ", T0_NS);
    hold(f, 0);
    add_report(f, 0, &r);
    add_report(f, 0, &q);
    flush(f, 0);
    return r;
}

static void flush_on_goes_on_while_the_next_is_added(void **state)
{
    struct fixture *f = *state;
    struct report r = written_twice(f);
    for (int i = 1; i <= 20; i++) {
        struct episode e = episode_at("00000000000000aa", T0_NS + i * NS_PER_S);
        memcpy(r.ticker, i % 2 ? "SPY" : "QQQ", 4);
        r.tick_ns = T0_NS + i * NS_PER_S;
        add_episode(f, 0, &r, &e);
        assert_int_equal(flush_on(f), FLUSH_OK);
    }
    assert_int_equal(sink_settle(f->sink[0], NULL), FLUSH_OK);
    assert_int_equal(sink_settle(f->sink[0], NULL), FLUSH_OK);
    assert_string_equal(hash_text(f, "HGET orderflow:state:SPY tick_ms"), "1767225619000");
    assert_string_equal(hash_text(f, "HGET orderflow:state:QQQ tick_ms"), "1767225620000");
    assert_int_equal(ask_int(f, "ZCARD orderflow:patterns:SPY"), 1);
    assert_int_equal(sink_counts(f->sink[0])->reports, 22);
    assert_int_equal(sink_counts(f->sink[0])->mended, 0);
    r.tick_ns += NS_PER_S; /* and an ordinary flush waits for what is under way */
    add_report(f, 0, &r);
    assert_int_equal(flush_on(f), FLUSH_OK);
    memcpy(r.ticker, "SPY", 4);
    add_report(f, 0, &r);
    flush(f, 0);
    assert_string_equal(hash_text(f, "HGET orderflow:state:SPY tick_ms"), "1767225621000");
    assert_string_equal(hash_text(f, "HGET orderflow:state:QQQ tick_ms"), "1767225621000");
}

/* A slow detector may have something to say about a ticker whose write is under way. */
static void what_comes_for_a_ticker_that_is_under_way_is_written_too(void **state)
{
    struct fixture *f = *state;
    struct report r = written_twice(f);
    struct episode a = episode_at("00000000000000aa", T0_NS + NS_PER_S);
    struct episode b = episode_at("00000000000000bb", T0_NS + NS_PER_S);
    size_t place = 0;
    r.tick_ns = T0_NS + NS_PER_S;
    add_episode(f, 0, &r, &a);
    assert_int_equal(flush_on(f), FLUSH_OK);
    assert_true(sink_flies(f->sink[0]));
    a.state = EPISODE_ENDED;
    a.end_reason = END_FADED;
    a.end_ns = T0_NS + NS_PER_S;
    r.windows[0].m.bid_lifts = 77;
    struct report *next = sink_report(f->sink[0], "SPY", &place, NULL);
    assert_non_null(next);
    *next = r;
    add_episode(f, 0, next, &a);
    assert_int_equal(flush_on(f), FLUSH_OK);
    add_episode(f, 0, &r, &b);
    flush(f, 0);
    const struct reply *members = ask(f, "ZRANGE orderflow:patterns:SPY 0 -1");
    assert_int_equal(members->n, 2);
    assert_non_null(strstr(members->items[0].str, "faded"));
    assert_string_equal(hash_text(f, "HGET orderflow:metrics:SPY:10s bid_lift_count"), "77");
    assert_int_equal(sink_counts(f->sink[0])->mended, 0);
}

static void send_status(struct fixture *f, const char *updated_ms)
{
    const char *pairs[] = { "pid", "42", "updated_ms", updated_ms };
    assert_true(sink_status(f->sink[0], pairs, 2, NULL));
    assert_int_equal(sink_send(f->sink[0], NULL), FLUSH_OK);
}

/* Sent is carried out, though nobody asks; and what is told meanwhile is another one. */
static void send_takes_the_status_along_and_waits_for_nothing(void **state)
{
    struct fixture *f = *state;
    struct report r = written_twice(f);
    struct mono until = mono_after_ms(clock_mono(), 20000);
    uint64_t transactions = sink_counts(f->sink[0])->transactions;
    for (int i = 1; i <= 3; i++) {
        r.tick_ns = T0_NS + i * NS_PER_S;
        add_report(f, 0, &r);
        send_status(f, i == 1 ? "1" : i == 2 ? "2" : "3");
    }
    assert_int_equal(sink_counts(f->sink[0])->transactions, transactions + 2);
    assert_true(sink_flies(f->sink[0]));
    while (strcmp(hash_text(f, "HGET orderflow:state:SPY tick_ms"), "1767225603000") != 0) {
        assert_true(mono_ms_until(clock_mono(), until) > 0);
    }
    assert_string_equal(hash_text(f, "HGET orderflow:status updated_ms"), "3");
    assert_string_equal(hash_text(f, "HGET orderflow:status pid"), "42");
    assert_int_equal(sink_settle(f->sink[0], NULL), FLUSH_OK);
    assert_int_equal(sink_counts(f->sink[0])->transactions, transactions + 3);
    assert_false(sink_flies(f->sink[0]));
    ask(f, "SET orderflow:engine another");
    r.tick_ns += NS_PER_S;
    add_report(f, 0, &r);
    send_status(f, "4");
    assert_int_equal(sink_settle(f->sink[0], NULL), FLUSH_NOT_OURS);
    assert_string_equal(hash_text(f, "HGET orderflow:status updated_ms"), "3");
}

static void flush_on_stops_when_the_lease_is_lost(void **state)
{
    struct fixture *f = *state;
    struct report r = written_twice(f);
    r.tick_ns = T0_NS + NS_PER_S;
    add_report(f, 0, &r);
    assert_int_equal(flush_on(f), FLUSH_OK);
    while (strcmp(hash_text(f, "HGET orderflow:state:SPY tick_ms"), "1767225601000") != 0) {
    }
    ask(f, "SET orderflow:engine another");
    memcpy(r.ticker, "QQQ", 4);
    add_report(f, 0, &r);
    enum flush first = flush_on(f);
    assert_int_equal(first == FLUSH_OK ? sink_settle(f->sink[0], NULL) : first, FLUSH_NOT_OURS);
    assert_string_equal(hash_text(f, "HGET orderflow:state:QQQ tick_ms"), "1767225600000");
}

static void flush_on_survives_a_lost_connection(void **state)
{
    struct fixture *f = *state;
    struct report r = written_twice(f);
    r.tick_ns = T0_NS + NS_PER_S;
    add_report(f, 0, &r);
    assert_int_equal(flush_on(f), FLUSH_OK);
    redis_reset(f->redis[0]);
    memcpy(r.ticker, "QQQ", 4);
    add_report(f, 0, &r);
    assert_int_equal(sink_flush_on(f->sink[0], NULL), FLUSH_FAILED);
    struct mono until = mono_after_ms(clock_mono(), 20000);
    while (sink_flush(f->sink[0], NULL) != FLUSH_OK) {
        assert_true(mono_ms_until(clock_mono(), until) > 0);
    }
    assert_string_equal(hash_text(f, "HGET orderflow:state:SPY tick_ms"), "1767225601000");
    assert_string_equal(hash_text(f, "HGET orderflow:state:QQQ tick_ms"), "1767225601000");
}

static void flush_many_episodes_all_arrive(void **state)
{
    struct fixture *f = *state;
    struct report r = report_at("SPY", T0_NS);
    char id[EPISODE_ID_MAX];
    hold(f, 0);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 1000; i++) {
            snprintf(id, sizeof id, "%016d", i);
            struct episode e = episode_at(id, T0_NS + round * NS_PER_MS);
            add_episode(f, 0, &r, &e);
        }
        flush(f, 0);
        assert_int_equal(ask_int(f, "ZCARD orderflow:patterns:SPY"), 1000);
    }
}

static void flush_members_older_than_their_ttl_go(void **state)
{
    struct fixture *f = *state;
    struct report r = report_at("SPY", T0_NS);
    struct episode e = episode_at("00000000000000aa", T0_NS);
    hold(f, 0);
    ask(f, "ZADD orderflow:patterns:SPY 1767221999 a-member-of-the-peer");
    add_episode(f, 0, &r, &e);
    flush(f, 0);
    assert_int_equal(ask_int(f, "ZCARD orderflow:patterns:SPY"), 1);
    r.tick_ns = T0_NS + 3600 * NS_PER_S;
    add_report(f, 0, &r);
    flush(f, 0);
    assert_int_equal(ask_int(f, "ZCARD orderflow:patterns:SPY"), 1);
    r.tick_ns += NS_PER_MS;
    add_report(f, 0, &r);
    flush(f, 0);
    assert_int_equal(ask_int(f, "ZCARD orderflow:patterns:SPY"), 0);
}

static void flush_more_tickers_than_a_transaction_takes_all_arrive(void **state)
{
    struct fixture *f = *state;
    enum { TICKERS = 150 };
    hold(f, 0);
    for (int i = 0; i < TICKERS; i++) {
        char name[TICKER_MAX];
        snprintf(name, sizeof name, "T%d", (i * 7919) % 1000);
        struct report r = report_at(name, T0_NS);
        add_report(f, 0, &r);
    }
    flush(f, 0);
    assert_int_equal(sink_counts(f->sink[0])->reports, TICKERS);
    assert_int_equal(sink_counts(f->sink[0])->transactions, 1 + 3);
    assert_int_equal(ask(f, "KEYS orderflow:state:*")->n, TICKERS);
}

static void flush_older_tick_writes_nothing_and_keeps_its_episodes(void **state)
{
    struct fixture *f = *state;
    struct report r = report_at("SPY", T0_NS);
    hold(f, 0);
    add_report(f, 0, &r);
    flush(f, 0);

    hold(f, 0);
    struct report old = report_at("SPY", T0_NS - NS_PER_S);
    struct report other = report_at("QQQ", T0_NS - NS_PER_S);
    struct episode e = episode_at("00000000000000aa", T0_NS - NS_PER_S);
    old.windows[0].m.bid_lifts = 99;
    add_episode(f, 0, &old, &e);
    add_report(f, 0, &other);
    flush(f, 0);
    assert_string_equal(hash_text(f, "HGET orderflow:metrics:SPY:10s bid_lift_count"), "7");
    assert_int_equal(ask_int(f, "EXISTS orderflow:patterns:SPY"), 0);
    assert_int_equal(ask_int(f, "EXISTS orderflow:state:QQQ"), 1);
    assert_int_equal(sink_counts(f->sink[0])->older, 1);

    add_report(f, 0, &r);
    flush(f, 0);
    assert_int_equal(ask_int(f, "ZCARD orderflow:patterns:SPY"), 1);
}

static void load_gives_back_what_was_written(void **state)
{
    struct fixture *f = *state;
    struct report r = report_at("SPY", T0_NS);
    struct episode a = episode_at("00000000000000aa", T0_NS);
    struct episode b = episode_at("00000000000000bb", T0_NS - NS_PER_S);
    hold(f, 0);
    add_episode(f, 0, &r, &a);
    add_episode(f, 0, &r, &b);
    flush(f, 0);

    struct sink_stored stored;
    assert_true(sink_load(f->sink[1], "SPY", &stored, NULL));
    assert_int_equal(stored.tick_ns, T0_NS);
    assert_int_equal(stored.px_tick, PX_ONE / 100);
    assert_int_equal(stored.n_patterns, 2);
    assert_string_equal(stored.patterns[0].e.id, b.id);
    assert_string_equal(stored.patterns[1].e.id, a.id);
    assert_int_equal(stored.patterns[1].e.onset_ns, a.onset_ns);
    assert_int_equal(stored.patterns[1].e.price, a.price);
    free(stored.patterns);
}

static void load_unknown_ticker_gives_nothing(void **state)
{
    struct fixture *f = *state;
    struct sink_stored stored;
    assert_true(sink_load(f->sink[0], "NONE", &stored, NULL));
    assert_int_equal(stored.tick_ns, 0);
    assert_int_equal(stored.px_tick, 0);
    assert_null(stored.patterns);
    assert_int_equal(stored.n_patterns, 0);
}

static void load_then_write_replaces_the_earlier_engines_member(void **state)
{
    struct fixture *f = *state;
    struct report r = report_at("SPY", T0_NS);
    struct episode e = episode_at("00000000000000aa", T0_NS);
    hold(f, 0);
    add_episode(f, 0, &r, &e);
    flush(f, 0);
    sink_release(f->sink[0]);

    struct sink_stored stored;
    hold(f, 1);
    assert_true(sink_load(f->sink[1], "SPY", &stored, NULL));
    free(stored.patterns);
    r.tick_ns += NS_PER_S;
    e.last_ns += NS_PER_S;
    add_episode(f, 1, &r, &e);
    flush(f, 1);
    assert_int_equal(ask_int(f, "ZCARD orderflow:patterns:SPY"), 1);
}

static void load_members_that_cannot_be_read_are_left_out(void **state)
{
    struct fixture *f = *state;
    struct report r = report_at("SPY", T0_NS);
    struct episode e = episode_at("00000000000000aa", T0_NS);
    hold(f, 0);
    add_episode(f, 0, &r, &e);
    flush(f, 0);
    ask(f, "ZADD orderflow:patterns:SPY 1767225600 {\"type\":\"sweep\"} 1767225601 rubbish");
    ask(f, "HSET orderflow:state:SPY px_tick rubbish");
    struct sink_stored stored;
    assert_true(sink_load(f->sink[1], "SPY", &stored, NULL));
    assert_int_equal(stored.n_patterns, 1);
    assert_int_equal(stored.tick_ns, T0_NS);
    free(stored.patterns);
}

/* The same id in two forms, as a failover of Redis may leave it. */
static void flush_doubles_left_by_others_are_removed(void **state)
{
    struct fixture *f = *state;
    struct report r = report_at("SPY", T0_NS);
    struct episode e = episode_at("00000000000000aa", T0_NS);
    struct buf json;
    buf_init(&json, 4096);
    for (int i = 0; i < 2; i++) {
        const struct reply *reply;
        e.last_ns += NS_PER_S;
        buf_clear(&json);
        report_put_episode(&e, &f->decl, &json);
        assert_true(redis_call(f->hand, &reply, NULL, "ZADD orderflow:patterns:SPY %d %b",
                               1767225600 + i, json.data, json.len));
    }
    buf_fini(&json);
    assert_int_equal(ask_int(f, "ZCARD orderflow:patterns:SPY"), 2);
    hold(f, 0);
    add_report(f, 0, &r);
    flush(f, 0);
    assert_int_equal(ask_int(f, "ZCARD orderflow:patterns:SPY"), 1);
}

static void status_and_detectors_are_replaced_whole(void **state)
{
    struct fixture *f = *state;
    hold(f, 0);
    assert_true(
        sink_status(f->sink[0], (const char *const[]){ "a", "1", "b", "two words" }, 2, NULL));
    flush(f, 0);
    assert_string_equal(hash_text(f, "HGET orderflow:status b"), "two words");
    assert_true(sink_status(f->sink[0], (const char *const[]){ "b", "3" }, 1, NULL));
    flush(f, 0);
    assert_int_equal(ask_int(f, "HLEN orderflow:status"), 1);
    assert_string_equal(hash_text(f, "HGET orderflow:status b"), "3");
    assert_in_range(ask_int(f, "PTTL orderflow:status"), 170000, 180000);
    assert_true(sink_detectors(f->sink[0], (const char *const[]){ "sweep", "{}" }, 1, NULL));
    flush(f, 0);
    assert_string_equal(hash_text(f, "HGET orderflow:detectors sweep"), "{}");
    assert_true(sink_detectors(f->sink[0], NULL, 0, NULL));
    flush(f, 0);
    assert_int_equal(ask_int(f, "EXISTS orderflow:detectors"), 0);
}

static double change_of(struct fixture *f, const char *id)
{
    char command[80];
    snprintf(command, sizeof command, "ZSCORE orderflow:changes:SPY %s", id);
    const struct reply *r = ask(f, command);
    return r->type == REPLY_STRING ? strtod(r->str, NULL) : 0;
}

static double sequence(struct fixture *f)
{
    const struct reply *r = ask(f, "GET orderflow:sequence");
    return r->type == REPLY_STRING ? strtod(r->str, NULL) : 0;
}

static void write_episode(struct fixture *f, int i, int64_t tick_ns, const char *id,
                          int64_t last_ns)
{
    struct report r = report_at("SPY", tick_ns);
    struct episode e = episode_at(id, last_ns);
    add_episode(f, i, &r, &e);
    flush(f, i);
}

static void each_write_of_episodes_has_a_larger_number(void **state)
{
    struct fixture *f = *state;
    hold(f, 0);
    write_episode(f, 0, T0_NS, "00000000000000aa", T0_NS);
    double first = sequence(f);
    assert_true(first > (double)(T0_NS / 1000) && change_of(f, "00000000000000aa") == first);
    struct report r = report_at("SPY", T0_NS + 1);
    add_report(f, 0, &r);
    flush(f, 0);
    assert_true(sequence(f) == first); /* no episode changed */
    write_episode(f, 0, T0_NS + 1, "00000000000000bb", T0_NS + 1);
    double second = sequence(f);
    assert_true(second > first && change_of(f, "00000000000000bb") == second);
    assert_true(change_of(f, "00000000000000aa") == first);
    write_episode(f, 0, T0_NS + 1, "00000000000000aa", T0_NS + 1);
    assert_true(change_of(f, "00000000000000aa") == sequence(f) && sequence(f) > second);
    assert_int_equal(ask_int(f, "ZCARD orderflow:changes:SPY"), 2);
    assert_in_range(ask_int(f, "TTL orderflow:changes:SPY"), 3500, 3600);
    assert_in_range(ask_int(f, "TTL orderflow:sequence"), 3500, 3600);
}

static void numbers_go_on_after_another_engine(void **state)
{
    struct fixture *f = *state;
    hold(f, 0);
    write_episode(f, 0, T0_NS, "00000000000000aa", T0_NS);
    ask(f, "SET orderflow:sequence 9000000000000000");
    sink_release(f->sink[0]);
    hold(f, 1);
    write_episode(f, 1, T0_NS + NS_PER_S, "00000000000000bb", T0_NS);
    assert_true(sequence(f) == 9000000000000001.0);
    assert_true(change_of(f, "00000000000000bb") == 9000000000000001.0);
}

static void changes_of_episodes_that_are_gone_go_too(void **state)
{
    struct fixture *f = *state;
    hold(f, 0);
    write_episode(f, 0, T0_NS, "00000000000000aa", T0_NS);
    write_episode(f, 0, T0_NS + 3599 * NS_PER_S, "00000000000000bb", T0_NS + 3599 * NS_PER_S);
    assert_true(change_of(f, "00000000000000aa") > 0);
    write_episode(f, 0, T0_NS + 3602 * NS_PER_S, "00000000000000cc", T0_NS + 3602 * NS_PER_S);
    assert_true(change_of(f, "00000000000000aa") == 0);
    assert_true(change_of(f, "00000000000000bb") > 0);
}

static void somebody_elses_key_of_changes_gives_way(void **state)
{
    struct fixture *f = *state;
    hold(f, 0);
    ask(f, "SET orderflow:changes:SPY x");
    struct report r = report_at("SPY", T0_NS);
    struct episode e = episode_at("00000000000000aa", T0_NS);
    struct err err = { 0 };
    add_episode(f, 0, &r, &e);
    assert_int_equal(sink_flush(f->sink[0], &err), FLUSH_FAILED);
    flush(f, 0);
    assert_true(change_of(f, "00000000000000aa") > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
        WITH_SERVER(flush_metrics_become_hashes_with_their_ttl),
        WITH_SERVER(flush_nothing_queued_asks_nothing),
        WITH_SERVER(each_write_of_episodes_has_a_larger_number),
        WITH_SERVER(numbers_go_on_after_another_engine),
        WITH_SERVER(changes_of_episodes_that_are_gone_go_too),
        WITH_SERVER(somebody_elses_key_of_changes_gives_way),
        WITH_SERVER(flush_field_that_is_gone_vanishes),
        WITH_SERVER(flush_levels_are_replaced_whole_and_sorted_as_the_peers),
        WITH_SERVER(flush_episode_is_one_member_replaced_in_place),
        WITH_SERVER(flush_many_episodes_all_arrive),
        WITH_SERVER(flush_on_goes_on_while_the_next_is_added),
        WITH_SERVER(what_comes_for_a_ticker_that_is_under_way_is_written_too),
        WITH_SERVER(send_takes_the_status_along_and_waits_for_nothing),
        WITH_SERVER(flush_on_stops_when_the_lease_is_lost),
        WITH_SERVER(flush_on_survives_a_lost_connection),
        WITH_SERVER(flush_members_older_than_their_ttl_go),
        WITH_SERVER(flush_more_tickers_than_a_transaction_takes_all_arrive),
        WITH_SERVER(flush_older_tick_writes_nothing_and_keeps_its_episodes),
        WITH_SERVER(flush_doubles_left_by_others_are_removed),
        WITH_SERVER(load_gives_back_what_was_written),
        WITH_SERVER(load_unknown_ticker_gives_nothing),
        WITH_SERVER(load_then_write_replaces_the_earlier_engines_member),
        WITH_SERVER(load_members_that_cannot_be_read_are_left_out),
        WITH_SERVER(status_and_detectors_are_replaced_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
