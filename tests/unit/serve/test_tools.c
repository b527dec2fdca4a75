/* SPDX-License-Identifier: MIT */
/* Tools that read many tickers, over a real Redis. */
#include "check.h"
#include "clock.h"
#include "episodes.h"
#include "orderflow/detector.h"
#include "private_redis.h"
#include "sample.h"
#include "tools.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct query_config *config(void)
{
    static struct query_config cfg;
    cfg = (struct query_config){ .redis = server.config, .keys = server.keys, .warmup_ms = 100 };
    return &cfg;
}

static const struct tool *tool_named(const char *name)
{
    for (size_t i = 0; tool_at(i) != NULL; i++) {
        if (strcmp(tool_at(i)->name, name) == 0) {
            return tool_at(i);
        }
    }
    fail_msg("no tool %s", name);
    return NULL;
}

/* Calls a tool; its JSON, or the text of its error behind "error: ". The caller's to free. */
static char *call(const char *name, const char *arguments)
{
    const struct tool *tool = tool_named(name);
    struct tool_env env = { .query = query_create(config()), .history_max_s = 3600 };
    struct json j = { 0 };
    struct buf text, structured;
    struct err err = { 0 };
    buf_init(&text, 1 << 24);
    buf_init(&structured, 1 << 24);
    assert_int_equal(json_parse(&j, arguments, strlen(arguments)), JSON_FINE);
    struct tool_args args = { .j = &j, .obj = j.v };
    if (!tool_check(tool, &args, &err) || !tool->run(&env, &args, &text, &structured, &err)) {
        buf_clear(&structured);
        buf_printf(&structured, "error: %s", err.text);
    }
    query_destroy(env.query);
    json_fini(&j);
    buf_fini(&text);
    assert_false(structured.failed);
    return structured.data;
}

static void expect_error(const char *name, const char *arguments, const char *part)
{
    char *text = call(name, arguments);
    if (strncmp(text, "error: ", 7) != 0 || strstr(text, part) == NULL) {
        fail_msg("%s %s: %s", name, arguments, text);
    }
    free(text);
}

/* ---- scan ---- */

static void store_pressed(const char *ticker, enum pressure_state s, double ofi_n, int64_t age_s)
{
    struct answer a = sample_answer_at(clock_now().wall_ns);
    (void)snprintf(a.ticker, sizeof a.ticker, "%s", ticker);
    (void)snprintf(a.report.ticker, sizeof a.report.ticker, "%s", ticker);
    a.report.quote = a.newest;
    int sign = s == PRESSURE_BUYING ? 1 : s == PRESSURE_SELLING ? -1 : 0;
    a.report.pressure = (struct pressure){
        .state = s, .known = s, .since_ns = a.now_ns - age_s * NS_PER_S, .tick_ns = a.report.tick_ns
    };
    for (int i = 0; i < PRESSURE_WINDOWS; i++) {
        a.report.pressure.windows[i] = (struct pressure_window){ sign, ofi_n, 7 };
    }
    a.report.active[0] = (struct active_pattern){
        .id = "00000000000000aa", .kind = "absorption", .side = OFD_BID, .onset_ns = a.now_ns
    };
    a.report.n_active = 1;
    a.report.active_total = 3;
    private_redis_store(&server, &a, STORE_ALL);
    answer_fini(&a);
}

static void copy_key(const char *kind, const char *from, const char *to)
{
    const struct reply *r;
    assert_true(redis_queuef(server.redis, NULL, "COPY orderflow:%s:%s orderflow:%s:%s", kind, from,
                             kind, to));
    (void)r;
}

static void scan_ranks_rows_and_counts_breadth(void **state)
{
    (void)state;
    store_pressed("AAA", PRESSURE_MIXED, .1, 5);
    store_pressed("BBB", PRESSURE_SELLING, -9, 50);
    store_pressed("CCC", PRESSURE_BUYING, 1.5, 20);
    char *text = call("scan_order_flow", "{}");
    assert_non_null(strstr(text,
                           "\"breadth\":{\"tickers\":3,\"buying\":1,\"selling\":1,\"mixed\":1,"
                           "\"unknown\":0,\"net\":0}"));
    const char *b =
        strstr(text, "[\"BBB\",\"SELLING\",50,\"---\",0,449.665,7,-9,\"absorption:bid +2\","
                     "\"OK\"]");
    const char *c = strstr(text, "[\"CCC\",\"BUYING\",20,\"+++\"");
    const char *a = strstr(text, "[\"AAA\",\"MIXED\",5,\"000\"");
    assert_true(b != NULL && c != NULL && a != NULL && b < c && c < a);
    free(text);
    text = call("scan_order_flow", "{\"sort\":\"recent\",\"limit\":1}");
    assert_non_null(strstr(text, "\"rows\":[[\"AAA\""));
    assert_non_null(strstr(text, "\"cursor\":\"1\""));
    free(text);
}

static void scan_names_as_many_active_patterns_as_fit(void **state)
{
    (void)state;
    static const char *const kinds[] = { "absorption", "sweep", "momentum_shift", "exhaustion" };
    struct answer a = sample_answer_at(clock_now().wall_ns);
    a.report.quote = a.newest;
    a.report.pressure = (struct pressure){ .state = PRESSURE_MIXED, .tick_ns = a.report.tick_ns };
    for (int i = 0; i < 4; i++) {
        struct active_pattern *p = &a.report.active[i];
        *p = (struct active_pattern){ .id = "00000000000000aa", .dir = -1, .onset_ns = a.now_ns };
        (void)snprintf(p->kind, sizeof p->kind, "%s", kinds[i]);
        p->side = i < 2 ? OFD_BID + i : OFD_NO_SIDE;
    }
    a.report.n_active = 4;
    a.report.active_total = 9;
    private_redis_store(&server, &a, STORE_ALL);
    answer_fini(&a);
    char *text = call("scan_order_flow", "{}");
    assert_non_null(strstr(text, "\"absorption:bid +8\",\"OK\"]"));
    free(text);
}

/* What the patterns of a detector were worth, where it was evaluated; else that nobody knows. */
static void history_is_in_scan_and_patterns(void **state)
{
    (void)state;
    struct answer a = sample_answer_at(clock_now().wall_ns);
    a.report.quote = a.newest;
    a.report.pressure = (struct pressure){ .state = PRESSURE_MIXED, .tick_ns = a.report.tick_ns };
    a.report.n_active = 2;
    a.report.active[0] =
        (struct active_pattern){ .id = "aa", .kind = "tide", .dir = 1, .onset_ns = a.now_ns };
    a.report.active[1] =
        (struct active_pattern){ .id = "ab", .kind = "ebb", .side = OFD_BID, .onset_ns = a.now_ns };
    a.report.active_total = 2;
    private_redis_store(&server, &a, STORE_ALL);
    char *text = call("scan_order_flow", "{}");
    assert_non_null(strstr(text, "\"data\"]"));
    assert_non_null(strstr(text, "\"tide+ ebb:bid\",\"OK\"]],\"hist\":\"uncalibrated\"}"));
    free(text);
    text = call("get_patterns", "{\"tickers\":\"SPY\"}");
    assert_non_null(strstr(text, "\"hist\":\"uncalibrated\",\"unavailable\""));
    assert_null(strstr(text, "\"hist\":\"uncalibrated\",\"evidence\""));
    free(text);

    sample_score(&a, "tide", "up", 0.024);
    private_redis_store(&server, &a, STORE_REPORT);
    text = call("scan_order_flow", "{}");
    assert_non_null(strstr(text, "\"data\",\"hist\"]"));
    assert_non_null(strstr(text, "\"OK\",\"NO EDGE, uncalibrated\"]]}"));
    free(text);
    text = call("get_patterns", "{\"tickers\":\"SPY\"}");
    assert_non_null(strstr(text, "\"hist\":\"uncalibrated\",\"evidence\"")); /* not this one */
    free(text);

    sample_score(&a, "absorption", "ask", -0.01);
    private_redis_store(&server, &a, STORE_REPORT);
    text = call("get_patterns", "{\"tickers\":\"SPY\"}");
    assert_non_null(strstr(text, "\"hist\":\"n=388 60s -1.0pp[-2.1,+6.8] NO EDGE\",\"evidence\""));
    assert_null(strstr(text, "uncalibrated"));
    free(text);
    answer_fini(&a);
}

static void scan_without_engine_knows_nothing(void **state)
{
    (void)state;
    store_pressed("AAA", PRESSURE_BUYING, 2, 5);
    private_redis_do(&server, "DEL %s%s", "orderflow:engine", "");
    char *text = call("scan_order_flow", "{}");
    assert_non_null(
        strstr(text, "[\"AAA\",\"UNKNOWN\",null,\"\",0,449.665,null,null,\"\",\"NO_ENGINE\"]"));
    free(text);
}

static void scan_reads_a_thousand_tickers_in_one_call(void **state)
{
    (void)state;
    char name[16];
    store_pressed("T0000", PRESSURE_BUYING, 2, 5);
    for (int i = 1; i < 1000; i++) {
        (void)snprintf(name, sizeof name, "T%04d", i);
        copy_key("state", "T0000", name);
        copy_key("quotes", "T0000", name);
    }
    const struct reply *r;
    size_t n;
    assert_true(redis_exec(server.redis, &r, &n, NULL));
    assert_int_equal(n, 2 * 999);
    int64_t before_ns = clock_mono().ns;
    char *text = call("scan_order_flow", "{\"limit\":1000,\"sort\":\"ticker\"}");
    print_message("# 1000 tickers: %.1f ms, %zu bytes\n",
                  (double)(clock_mono().ns - before_ns) / 1e6, strlen(text));
    assert_non_null(strstr(text, "\"tickers\":1000,\"buying\":1000,"));
    int rows = 0;
    for (const char *at = text; (at = strstr(at, "[\"T")) != NULL; at++) {
        rows++;
    }
    assert_int_equal(rows, 1000);
    assert_non_null(strstr(text, "[\"T0999\",\"BUYING\","));
    free(text);
}

static void scan_passes_over_what_is_no_state(void **state)
{
    (void)state;
    store_pressed("AAA", PRESSURE_BUYING, 2, 5);
    store_pressed("BBB", PRESSURE_BUYING, 2, 5);
    private_redis_do(&server, "SET %s %s", "orderflow:state:BBB", "x");
    char *text = call("scan_order_flow", "{}");
    assert_non_null(strstr(text, "[\"AAA\",\"BUYING\""));
    assert_non_null(strstr(text, "[\"BBB\",\"UNKNOWN\""));
    free(text);
}

/* ---- cursor ---- */

/* Episodes as the sink stores them: member, its id under the number of the write, that number. */
struct stored {
    char id[EPISODE_ID_MAX];
    char *member;
    int64_t last_ns, changed;
    bool ended;
};

enum { STORED_MAX = 40 };

struct store {
    struct stored items[STORED_MAX];
    int n;
    int64_t sequence;
    uint64_t seed;
};

static uint32_t chance(struct store *s, uint32_t below)
{
    s->seed = s->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(s->seed >> 33) % below;
}

static void queue(const char *verb, const char *key, const char *a, const char *b)
{
    const char *argv[] = { verb, key, a, b };
    assert_true(redis_queue(server.redis, b != NULL ? 4 : 3, argv, NULL, NULL));
}

static void write_one(struct store *s, struct stored *e)
{
    struct declaration decl = { .id = "absorption" };
    struct episode ep = { .detector = "absorption",
                          .kind = "absorption",
                          .side = OFD_ASK,
                          .price = CENTS(44969),
                          .state = e->ended ? EPISODE_ENDED : EPISODE_ACTIVE,
                          .end_reason = e->ended ? END_FADED : END_NONE,
                          .peak_value = 1,
                          .last_ns = e->last_ns,
                          .end_ns = e->ended ? e->last_ns + NS_PER_S : 0 };
    char score[48], number[32];
    struct buf member;
    memcpy(ep.id, e->id, sizeof ep.id);
    ep.onset_ns = ep.confirmed_ns = ep.peak_ns = e->last_ns - 3600 * NS_PER_S;
    buf_init(&member, 4096);
    report_put_episode(&ep, &decl, &member);
    (void)snprintf(score, sizeof score, "%.3f", (double)e->last_ns / 1e9);
    (void)snprintf(number, sizeof number, "%lld", (long long)s->sequence);
    if (e->member != NULL) {
        queue("ZREM", "orderflow:patterns:SPY", e->member, NULL);
    }
    queue("ZADD", "orderflow:patterns:SPY", score, member.data);
    queue("ZADD", "orderflow:changes:SPY", number, e->id);
    free(e->member);
    e->member = member.data;
    e->changed = s->sequence;
}

/* One transaction of the engine: some new ones, some that go on, some that end; some expire. */
static void write_some(struct store *s)
{
    char number[32];
    s->sequence += 1 + chance(s, 3);
    (void)snprintf(number, sizeof number, "%lld", (long long)s->sequence);
    queue("SET", "orderflow:sequence", number, NULL);
    for (uint32_t k = 1 + chance(s, 5); k > 0; k--) {
        bool fresh = s->n == 0 || (s->n < STORED_MAX && chance(s, 3) == 0);
        struct stored *e = fresh ? &s->items[s->n++] : &s->items[chance(s, (uint32_t)s->n)];
        if (fresh) {
            *e = (struct stored){ .last_ns = clock_now().wall_ns - chance(s, 600) * NS_PER_S };
            (void)snprintf(e->id, sizeof e->id, "%08x%08x", chance(s, 1u << 30), (uint32_t)s->n);
        } else if (e->changed == s->sequence) {
            continue; /* once in a transaction */
        }
        e->ended = chance(s, 2) == 0;
        write_one(s, e);
    }
    if (s->n > 20 && chance(s, 4) == 0) { /* expiry */
        struct stored gone = s->items[0];
        queue("ZREM", "orderflow:patterns:SPY", gone.member, NULL);
        queue("ZREM", "orderflow:changes:SPY", gone.id, NULL);
        free(gone.member);
        memmove(&s->items[0], &s->items[1], (size_t)--s->n * sizeof s->items[0]);
    }
    const struct reply *r;
    size_t n;
    assert_true(redis_exec(server.redis, &r, &n, NULL));
}

/* What a reader knows: for each id the last state it was told. */
struct reader {
    char ids[1000][EPISODE_ID_MAX];
    bool ended[1000];
    int n, told;
    struct cursor at;
};

static void learn(struct reader *r, const struct found_episode *f)
{
    int i = 0;
    while (i < r->n && strcmp(r->ids[i], f->p.e.id) != 0) {
        i++;
    }
    assert_true(i < 1000);
    memcpy(r->ids[i], f->p.e.id, EPISODE_ID_MAX);
    r->ended[i] = f->p.e.state == EPISODE_ENDED;
    r->n += i == r->n;
    r->told++;
}

static size_t read_page(struct query *q, struct reader *r, size_t limit)
{
    const struct episode_filter all = { .active = true, .ended = true };
    char name[64] = "SPY";
    struct names names = { .items = &name, .n = 1 };
    struct episodes e = { .n = 0 };
    struct err err = { 0 };
    if (!episodes_changed(q, &names, &all, &r->at, limit, &e, &err)) {
        fail_msg("%s", err.text);
    }
    for (size_t i = 0; i < e.n; i++) {
        learn(r, &e.items[i]);
    }
    size_t left = e.total - e.n;
    char text[CURSOR_MAX];
    cursor_print(&e.next, text);
    assert_true(cursor_parse(text, &r->at, NULL)); /* as it travels */
    episodes_fini(&e);
    return left;
}

/* A reader that asks now and then, in pages of any size, knows of every stored episode what is
 * stored of it; and is told nothing a second time. */
static void cursor_brings_every_change_once(void **state)
{
    (void)state;
    struct store s = { .seed = 11, .sequence = INT64_C(1760000000000000) };
    struct reader *r = calloc(1, sizeof *r);
    struct query *q = query_create(config());
    int changes = 0;
    for (int round = 0; round < 300; round++) {
        write_some(&s);
        if (chance(&s, 3) != 0) {
            continue;
        }
        int expected = 0;
        for (int i = 0; i < s.n; i++) {
            expected += s.items[i].changed > r->at.sequence;
        }
        changes += expected;
        r->told = 0;
        size_t limit = 1 + chance(&s, 6);
        while (read_page(q, r, limit) > 0) {
            if (chance(&s, 4) == 0) { /* while it turns pages the engine goes on */
                write_some(&s);
                expected = -1;
            }
        }
        if (expected >= 0) {
            assert_int_equal(r->told, expected);
        }
        while (read_page(q, r, 100) > 0) {
        }
        for (int i = 0; i < s.n; i++) {
            int k = 0;
            while (k < r->n && strcmp(r->ids[k], s.items[i].id) != 0) {
                k++;
            }
            assert_true(k < r->n);
            assert_int_equal(r->ended[k], s.items[i].ended);
        }
        r->told = 0;
        assert_int_equal(read_page(q, r, 100), 0);
        assert_int_equal(r->told, 0);
    }
    assert_true(changes > 300);
    for (int i = 0; i < s.n; i++) {
        free(s.items[i].member);
    }
    query_destroy(q);
    free(r);
}

/* One that ended long after it was last true lies far behind the newest by its score. */
static void change_far_behind_the_newest_is_found(void **state)
{
    (void)state;
    struct store s = { .seed = 1, .sequence = INT64_C(1760000000000000) };
    struct reader *r = calloc(1, sizeof *r);
    struct query *q = query_create(config());
    struct stored old = { .id = "00000000000000aa",
                          .last_ns = clock_now().wall_ns - 3000 * NS_PER_S };
    write_one(&s, &old);
    for (int i = 0; i < 400; i++) {
        struct stored e = { .last_ns = clock_now().wall_ns - i * NS_PER_S };
        (void)snprintf(e.id, sizeof e.id, "%016x", 0x1000 + i);
        write_one(&s, &e);
        free(e.member);
    }
    s.sequence++;
    r->at.sequence = s.sequence - 1;
    old.ended = true;
    write_one(&s, &old);
    queue("SET", "orderflow:sequence", "1760000000000001", NULL);
    const struct reply *replies;
    size_t n;
    assert_true(redis_exec(server.redis, &replies, &n, NULL));
    assert_int_equal(read_page(q, r, 10), 0);
    assert_int_equal(r->told, 1);
    assert_string_equal(r->ids[0], "00000000000000aa");
    assert_true(r->ended[0]);
    free(old.member);
    query_destroy(q);
    free(r);
}

static void cursor_of_a_store_that_was_emptied_gives_everything_and_says_so(void **state)
{
    (void)state;
    store_pressed("SPY", PRESSURE_BUYING, 2, 5);
    private_redis_do(&server, "SET %s %s", "orderflow:sequence", "1000");
    private_redis_do(&server, "ZADD %s 900 %s", "orderflow:changes:SPY", "00000000000000a1");
    char *text = call("get_patterns", "{\"tickers\":\"SPY\",\"cursor\":\"64b4\"}"); /* 25780 */
    assert_non_null(strstr(text, "\"reset\":true"));
    assert_non_null(strstr(text, "\"id\":\"00000000000000a1\""));
    assert_non_null(strstr(text, "\"cursor\":\"3e8\""));
    free(text);
    private_redis_do(&server, "DEL %s%s", "orderflow:sequence", "");
    text = call("get_patterns", "{\"tickers\":\"SPY\",\"cursor\":\"64b4\"}");
    assert_non_null(strstr(text, "\"patterns\":[]"));
    assert_non_null(strstr(text, "\"cursor\":\"64b4\""));
    free(text);
}

static void patterns_are_filtered_and_their_state_is_not_claimed_when_old(void **state)
{
    (void)state;
    store_pressed("SPY", PRESSURE_BUYING, 2, 5);
    char *text =
        call("get_patterns", "{\"side\":\"ask\",\"type\":\"absorption\",\"state\":\"active\"}");
    assert_non_null(strstr(text,
                           "\"id\":\"00000000000000a1\",\"type\":\"absorption\",\"side\":\"ask\","
                           "\"dir\":-1,\"state\":\"active\",\"price\":449.69"));
    assert_non_null(strstr(text, "\"unavailable\":{\"sweep\":\"crashed\"}"));
    free(text);
    static const char *const none[] = { "{\"side\":\"bid\"}", "{\"type\":\"sweep\"}",
                                        "{\"state\":\"ended\"}", "{\"since\":\"5s\"}" };
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        text = call("get_patterns", none[i]);
        assert_non_null(strstr(text, "\"patterns\":[]"));
        free(text);
    }
    private_redis_do(&server, "DEL %s%s", "orderflow:engine", "");
    text = call("get_patterns", "{}");
    assert_non_null(strstr(text, "\"state\":\"unknown\""));
    assert_non_null(strstr(text, "\"not_current\":{\"SPY\":\"NO_ENGINE\"}"));
    free(text);
}

/* ---- arguments ---- */

static void wrong_arguments_say_what_would_be_right(void **state)
{
    (void)state;
    store_pressed("SPY", PRESSURE_BUYING, 2, 5);
    expect_error("scan_order_flow", "{\"limit\":0}", "a whole number, 1 to 1000");
    expect_error("scan_order_flow", "{\"limit\":1.5}", "a whole number, 1 to 1000");
    expect_error("scan_order_flow", "{\"limit\":\"5\"}", "a whole number, 1 to 1000");
    expect_error("scan_order_flow", "{\"sort\":\"stren\"}", "strength recent ticker");
    expect_error("scan_order_flow", "{\"tickers\":\"\"}", "tickers is empty");
    expect_error("scan_order_flow", "{\"tickers\":\"a b!\"}", "neither a ticker nor a glob");
    expect_error("get_patterns", "{\"cursor\":\"12-34\"}", "cursor of an earlier");
    expect_error("get_patterns", "{\"cursor\":\"123456789012345\"}", "cursor of an earlier");
    expect_error("explain_pattern", "{\"id\":\"12345\"}", "first 6");
    expect_error("explain_pattern", "{\"ticker\":\"NOPE\",\"detector\":\"sweep\"}", "no quotes");
    private_redis_do(&server, "DEL %s%s", "orderflow:engine", "");
    expect_error("explain_pattern", "{\"ticker\":\"SPY\",\"detector\":\"sweep\"}",
                 "no engine serves");
    expect_error("list_detectors", "{\"x\":1}", "it takes none");
    expect_error("watch_order_flow", "{\"ticker\":\"SPY\",\"timeout_s\":601}", "1 to 600");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define FLUSHED(test) cmocka_unit_test_setup(test, server_flush)
        FLUSHED(scan_ranks_rows_and_counts_breadth),
        FLUSHED(scan_names_as_many_active_patterns_as_fit),
        FLUSHED(history_is_in_scan_and_patterns),
        FLUSHED(scan_without_engine_knows_nothing),
        FLUSHED(scan_reads_a_thousand_tickers_in_one_call),
        FLUSHED(scan_passes_over_what_is_no_state),
        FLUSHED(cursor_brings_every_change_once),
        FLUSHED(change_far_behind_the_newest_is_found),
        FLUSHED(cursor_of_a_store_that_was_emptied_gives_everything_and_says_so),
        FLUSHED(patterns_are_filtered_and_their_state_is_not_claimed_when_old),
        FLUSHED(wrong_arguments_say_what_would_be_right),
    };
    return cmocka_run_group_tests(tests, server_start, server_stop);
}
