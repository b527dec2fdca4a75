/* SPDX-License-Identifier: MIT */
/* Calls that read what changed say what calls say that read everything. */
#include "check.h"
#include "clock.h"
#include "decimal.h"
#include "orderflow/detector.h"
#include "private_redis.h"
#include "query.h"
#include "random.h"
#include "recent.h"
#include "sample.h"
#include "view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int pick(uint64_t *r, int n)
{
    return (int)(random_next(r) % (uint64_t)n);
}

static struct answer stored_report;

static int store_report(void **state)
{
    (void)state;
    private_redis_flush(&server);
    stored_report = sample_answer_at(clock_now().wall_ns);
    private_redis_store(&server, &stored_report, STORE_ALL);
    return 0;
}

static int drop_report(void **state)
{
    (void)state;
    answer_fini(&stored_report);
    return 0;
}

/* ---- the rule ---- */

static struct episode random_episode(uint64_t *r, int64_t last_ns)
{
    static const char *const kinds[] = { "absorption", "stacking", "sweep", "momentum_shift" };
    int kind = pick(r, 8) == 0 ? pick(r, 4) : 0; /* most are of one kind */
    struct episode e = { .side = kind == 3 ? OFD_NO_SIDE : 1 + pick(r, 2),
                         .dir = pick(r, 3) - 1,
                         .price = OFD_NO_PRICE,
                         .state = pick(r, 12) == 0 ? EPISODE_ACTIVE : EPISODE_ENDED,
                         .onset_ns = last_ns,
                         .confirmed_ns = last_ns,
                         .peak_ns = last_ns,
                         .last_ns = last_ns };
    (void)snprintf(e.id, sizeof e.id, "%016llx", (unsigned long long)random_next(r));
    (void)snprintf(e.kind, sizeof e.kind, "%s", kinds[kind]);
    (void)snprintf(e.detector, sizeof e.detector, "%s", kinds[kind]);
    e.end_ns = e.state == EPISODE_ENDED ? last_ns : 0;
    e.end_reason = e.state == EPISODE_ENDED ? END_FADED : END_NONE;
    return e;
}

static int by_place(const void *a, const void *b)
{
    const struct stored_pattern *x = a, *y = b;
    return x->e.last_ns != y->e.last_ns ? (x->e.last_ns > y->e.last_ns ? 1 : -1)
                                        : strcmp(x->e.id, y->e.id);
}

static void index_choose_is_the_rule_of_view_patterns(void **state)
{
    (void)state;
    uint64_t r = 1;
    for (int round = 0; round < 300; round++) {
        size_t n = (size_t)pick(&r, 300), max = (size_t)(1 + pick(&r, 100));
        struct answer a = { .now_ns = 1000 * NS_PER_S, .history_ns = 600 * NS_PER_S };
        struct pattern_index x = { .n = 0 };
        a.patterns = calloc(n + 1, sizeof *a.patterns);
        assert_non_null(a.patterns);
        for (a.n_patterns = 0; a.n_patterns < n; a.n_patterns++) {
            struct episode e = random_episode(&r, (300 + pick(&r, 700)) * NS_PER_S);
            a.patterns[a.n_patterns].e = e;
            assert_true(index_put(&x, &e, NULL));
        }
        qsort(a.patterns, n, sizeof *a.patterns, by_place);
        size_t chosen[128], total, shown[128], shown_total;
        size_t n_chosen = index_choose(&x, 400 * NS_PER_S, max, chosen, &total);
        size_t n_shown = view_patterns(&a, shown, max, &shown_total);
        assert_int_equal(n_chosen, n_shown);
        assert_int_equal(total, shown_total);
        for (size_t i = 0; i < n_shown; i++) {
            bool found = false;
            for (size_t k = 0; k < n_chosen; k++) {
                found = found || x.items[chosen[k]].id == index_id(a.patterns[shown[i]].e.id);
            }
            assert_true(found);
        }
        index_fini(&x);
        answer_fini(&a);
    }
}

/* ---- an engine that writes ---- */

enum { EPISODES_MAX = 600 };

struct writer {
    struct episode episodes[EPISODES_MAX];
    int n;
    int64_t sequence;
    uint64_t random;
};

static void command(const char *fmt, const char *key, const char *a, const char *b)
{
    const struct reply *reply;
    struct err err = { 0 };
    if (!redis_call(server.redis, &reply, &err, fmt, key, a, b)) {
        fail_msg("%s", err.text);
    }
}

static void member_of(const struct episode *e, struct buf *out)
{
    static const struct declaration none = { .n_fields = 0 };
    buf_clear(out);
    report_put_episode(e, &none, out);
}

static void write_episode(struct writer *w, int i, struct episode e)
{
    char key[KEY_MAX], changes[KEY_MAX], number[DECIMAL_MAX], score[48];
    struct buf member;
    buf_init(&member, 4096);
    key_patterns(&server.keys, key, "SPY");
    key_changes(&server.keys, changes, "SPY");
    if (i < w->n) {
        member_of(&w->episodes[i], &member);
        command("ZREM %s %s", key, member.data, "");
    }
    member_of(&e, &member);
    (void)snprintf(score, sizeof score, "%.6f", (double)e.last_ns / 1e9);
    command("ZADD %s %s %s", key, score, member.data);
    (void)decimal_print_i64(number, w->sequence);
    command("ZADD %s %s %s", changes, number, e.id);
    w->episodes[i] = e;
    w->n += i == w->n;
    buf_fini(&member);
}

/* Some 100 s and some 300 s before now, none near these moments. */
static int64_t random_time(struct writer *w)
{
    int64_t ago_ms = pick(&w->random, 2) == 0 ? 1000 + pick(&w->random, 80000)
                                              : 120000 + pick(&w->random, 160000);
    return (clock_now().wall_ns / NS_PER_MS - ago_ms) * NS_PER_MS;
}

static void write_some(struct writer *w)
{
    char key[KEY_MAX], number[DECIMAL_MAX];
    w->sequence++;
    for (int k = pick(&w->random, 4); k >= 0; k--) {
        int i = w->n > 0 && pick(&w->random, 2) == 0 ? pick(&w->random, w->n) : w->n;
        if (i == EPISODES_MAX) {
            return;
        }
        struct episode e = random_episode(
            &w->random, i == w->n ? random_time(w) : clock_now().wall_ns / 1000 * 1000);
        if (i < w->n) {
            memcpy(e.id, w->episodes[i].id, sizeof e.id);
        }
        write_episode(w, i, e);
    }
    key_sequence(&server.keys, key);
    (void)decimal_print_i64(number, w->sequence);
    command("SET %s %s", key, number, "");
}

static void start_writing(struct writer *w)
{
    char key[KEY_MAX];
    *w = (struct writer){ .sequence = clock_now().wall_ns / 1000, .random = 5 };
    key_patterns(&server.keys, key, "SPY");
    command("DEL %s", key, "", "");
    for (int i = 0; i < 100; i++) {
        write_some(w);
    }
}

/* ---- what two calls say ---- */

static struct answer ask_it(struct query *q, int64_t history_s, size_t max)
{
    struct answer a;
    struct err err = { 0 };
    if (!query_answer(q, "SPY", history_s * NS_PER_S, max, &a, &err)) {
        fail_msg("%s", err.text);
    }
    return a;
}

static struct answer ask(const struct query_config *cfg, int64_t history_s, size_t max)
{
    struct query *q = query_create(cfg);
    struct answer a = ask_it(q, history_s, max);
    query_destroy(q);
    return a;
}

/* q NULL: a new one, that has parsed nothing before. */
static void assert_same_of(struct query *q, const struct query_config *cfg, int64_t history_s)
{
    struct query_config plain = *cfg;
    plain.recent = NULL;
    struct answer few = q != NULL ? ask_it(q, history_s, 20) : ask(cfg, history_s, 20);
    struct answer all = ask(&plain, history_s, ANSWER_ALL_PATTERNS);
    size_t x[20], y[20], total_x, total_y;
    size_t n_x = view_patterns(&few, x, 20, &total_x), n_y = view_patterns(&all, y, 20, &total_y);
    assert_int_equal(total_x, total_y);
    assert_int_equal(n_x, n_y);
    assert_true(few.n_patterns <= 20 || few.patterns_more == 0);
    for (size_t i = 0; i < n_x; i++) {
        const struct stored_pattern *a = &few.patterns[x[i]], *b = &all.patterns[y[i]];
        assert_string_equal(a->e.id, b->e.id);
        assert_int_equal(a->e.last_ns, b->e.last_ns);
        assert_int_equal(a->e.state, b->e.state);
        assert_string_equal(a->description, b->description);
        assert_int_equal(a->n_fields, b->n_fields);
        for (int k = 0; k < a->n_fields; k++) {
            assert_string_equal(a->fields[k].name, b->fields[k].name);
            assert_string_equal(a->fields[k].text, b->fields[k].text);
        }
    }
    answer_fini(&few);
    answer_fini(&all);
}

static void assert_same(const struct query_config *cfg, int64_t history_s)
{
    assert_same_of(NULL, cfg, history_s);
}

static struct query_config config(void)
{
    return (struct query_config){
        .redis = server.config, .keys = server.keys, .warmup_ms = 100, .recent = recent_create()
    };
}

/* How often all patterns were read since the last call of this. */
static int64_t whole_reads(void)
{
    const struct reply *r;
    struct err err = { 0 };
    assert_true(redis_call(server.redis, &r, &err, "INFO commandstats"));
    const char *at = strstr(r->str, "cmdstat_zrangebyscore:calls=");
    int64_t n = at == NULL ? 0 : strtoll(strchr(at, '=') + 1, NULL, 10);
    assert_true(redis_call(server.redis, &r, &err, "CONFIG RESETSTAT"));
    return n;
}

static void calls_that_follow_changes_say_what_whole_reads_say(void **state)
{
    (void)state;
    static struct writer w;
    struct query_config cfg = config();
    struct query *q = query_create(&cfg);
    start_writing(&w);
    for (int round = 0; round < 120; round++) {
        assert_same_of(round % 4 == 0 ? NULL : q, &cfg, round % 3 == 0 ? 300 : 100);
        for (int k = pick(&w.random, 3); k > 0; k--) {
            write_some(&w);
        }
    }
    query_destroy(q);
    recent_destroy(cfg.recent);
}

/* The same question again costs no second whole read: one ZRANGEBYSCORE of changes, one of the
 * oldest, and of texts that are not among the newest none, once they are known. */
static void second_call_reads_no_more_than_changes(void **state)
{
    (void)state;
    static struct writer w;
    struct query_config cfg = config();
    start_writing(&w);
    struct answer a = ask(&cfg, 300, 20);
    answer_fini(&a);
    (void)whole_reads();
    a = ask(&cfg, 300, 20);
    answer_fini(&a);
    assert_int_equal(whole_reads(), 2);
    recent_destroy(cfg.recent);
}

static void what_others_did_to_the_key_is_noticed(void **state)
{
    (void)state;
    static struct writer w;
    struct query_config cfg = config();
    char key[KEY_MAX];
    start_writing(&w);
    key_patterns(&server.keys, key, "SPY");
    assert_same(&cfg, 300);
    command("ZREMRANGEBYRANK %s 0 9", key, "", ""); /* trimmed by age */
    assert_same(&cfg, 300);
    command("ZREMRANGEBYRANK %s 5 5", key, "", ""); /* one from the middle */
    assert_same(&cfg, 300);
    char now_s[48];
    (void)snprintf(now_s, sizeof now_s, "%lld", (long long)(clock_now().wall_ns / NS_PER_S));
    command("ZADD %s %s %s", key, now_s, "{\"type\": \"sweep\"}"); /* the Python server's */
    assert_same(&cfg, 300);
    assert_same(&cfg, 300);
    command("DEL %s", key, "", "");
    assert_same(&cfg, 300);
    w.n = 0;
    w.sequence -= 50; /* numbers that begin again */
    write_some(&w);
    assert_same(&cfg, 300);
    recent_destroy(cfg.recent);
}

static void more_kinds_than_an_index_takes_are_read_whole(void **state)
{
    (void)state;
    static struct writer w;
    struct query_config cfg = config();
    start_writing(&w);
    for (int i = 0; i < INDEX_KINDS_MAX + 2; i++) {
        struct episode e = random_episode(&w.random, random_time(&w));
        (void)snprintf(e.kind, sizeof e.kind, "kind_%d", i);
        write_episode(&w, w.n, e);
    }
    assert_same(&cfg, 300);
    assert_same(&cfg, 300);
    recent_destroy(cfg.recent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(index_choose_is_the_rule_of_view_patterns),
        cmocka_unit_test_setup_teardown(calls_that_follow_changes_say_what_whole_reads_say,
                                        store_report, drop_report),
        cmocka_unit_test_setup_teardown(second_call_reads_no_more_than_changes, store_report,
                                        drop_report),
        cmocka_unit_test_setup_teardown(what_others_did_to_the_key_is_noticed, store_report,
                                        drop_report),
        cmocka_unit_test_setup_teardown(more_kinds_than_an_index_takes_are_read_whole, store_report,
                                        drop_report),
    };
    return cmocka_run_group_tests(tests, server_start, server_stop);
}
