/* SPDX-License-Identifier: MIT */
/* Reading sorted sets of a real redis-server: what is new is enough, and nothing is missed. */
#include "redis_server.h"

#include "feed.h"
#include "zset.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define T0_MS INT64_C(1700000000000)
#define REORDER_NS (250 * NS_PER_MS)

struct fixture {
    struct redis_server server;
    struct redis *redis;
    struct keys keys;
    struct zset_source source;
    int64_t wall_ms; /* as the readers see it */
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct redis_config cfg = { .timeout_ms = 5000 };
    struct err err = { 0 };
    if (f == NULL || !redis_server_start(&f->server, NULL, &err) ||
        !redis_parse_url(f->server.url, &cfg, &err)) {
        print_error("%s\n", err.text);
        return -1;
    }
    f->redis = redis_create(&cfg);
    (void)snprintf(f->keys.prefix, sizeof f->keys.prefix, "orderflow");
    f->source = (struct zset_source){ .ticker = "T",
                                      .stream = stream_create(REORDER_NS),
                                      .from_ms = T0_MS };
    f->wall_ms = T0_MS + 3600 * 1000;
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    stream_destroy(f->source.stream);
    redis_destroy(f->redis);
    redis_server_stop(&f->server);
    free(f);
    return 0;
}

static void write_quote(struct fixture *f, int64_t ms, int sz)
{
    const struct reply *r;
    char member[200], score[32];
    int n = snprintf(member, sizeof member,
                     "{\"ticker\": \"T\", \"timestamp\": %" PRId64
                     ", \"bid_price\": 450.00, \"bid_size\": %d, \"ask_price\": 450.01, "
                     "\"ask_size\": 7, \"mid_price\": 450.005, \"spread\": 0.01}",
                     T0_MS + ms, sz);
    (void)snprintf(score, sizeof score, "%" PRId64, T0_MS + ms);
    assert_true(
        redis_call(f->redis, &r, NULL, "ZADD orderflow:quotes:T %s %b", score, member, (size_t)n));
}

static void read_with(struct fixture *f, struct zset_source *s)
{
    struct zset_source *const sources[] = { s };
    struct err err = { 0 };
    do {
        if (!zset_read(f->redis, &f->keys, sources, 1, f->wall_ms, &err)) {
            fail_msg("%s", err.text);
        }
        assert_false(s->failed);
    } while (!s->drained);
}

static void read_all(struct fixture *f)
{
    read_with(f, &f->source);
}

static uint64_t rows(const struct fixture *f)
{
    return stream_counts(f->source.stream)->read;
}

/* How often Redis was asked this. */
static uint64_t commands(struct fixture *f, const char *name)
{
    const struct reply *r;
    char key[64];
    assert_true(redis_call(f->redis, &r, NULL, "INFO commandstats"));
    (void)snprintf(key, sizeof key, "cmdstat_%s:calls=", name);
    const char *at = strstr(r->str, key);
    return at == NULL ? 0 : strtoull(at + strlen(key), NULL, 10);
}

static void second_read_is_narrow_and_brings_what_is_new(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 20; i++) {
        write_quote(f, i * 100, i);
    }
    read_all(f);
    assert_false(f->source.narrow);
    write_quote(f, 2000, 20);
    read_all(f);
    assert_true(f->source.narrow);
    assert_int_equal(rows(f), 21);
    assert_true(stream_counts(f->source.stream)->repeated <= 1);
    assert_int_equal(commands(f, "zrangebyscore"), 2);
    assert_int_equal(commands(f, "zcount"), 1);
    read_all(f);
    assert_int_equal(rows(f), 21);
    assert_true(f->source.drained);
    assert_false(f->source.fresh);
}

static void quote_between_those_read_is_found_by_the_same_read(void **state)
{
    struct fixture *f = *state;
    struct quote q;
    write_quote(f, 100, 1);
    write_quote(f, 300, 3);
    read_all(f);
    write_quote(f, 200, 2);
    write_quote(f, 400, 4);
    read_all(f);
    assert_int_equal(rows(f), 4);
    for (int i = 1; i <= 4; i++) {
        assert_true(stream_next(f->source.stream, INT64_MAX, &q));
        assert_int_equal((int)q.bid_sz, i);
    }
}

static void quote_of_the_same_ms_as_the_last_one_needs_no_second_read(void **state)
{
    struct fixture *f = *state;
    write_quote(f, 100, 1);
    write_quote(f, 200, 2);
    read_all(f);
    write_quote(f, 200, 3);
    read_all(f);
    assert_int_equal(rows(f), 3);
    assert_int_equal(commands(f, "zrangebyscore"), 2);
}

static void late_quote_is_counted_once(void **state)
{
    struct fixture *f = *state;
    write_quote(f, 100, 1);
    write_quote(f, 1500, 2);
    read_all(f);
    stream_take(f->source.stream, (T0_MS + 1000) * NS_PER_MS);
    read_all(f);
    write_quote(f, 900, 3);
    read_all(f);
    read_all(f);
    assert_int_equal(stream_counts(f->source.stream)->late, 1);
    assert_int_equal(rows(f), 3);
}

static void set_that_was_emptied_and_filled_anew_is_read(void **state)
{
    struct fixture *f = *state;
    const struct reply *r;
    write_quote(f, 100, 1);
    write_quote(f, 200, 2);
    read_all(f);
    assert_true(redis_call(f->redis, &r, NULL, "DEL orderflow:quotes:T"));
    write_quote(f, 150, 3);
    write_quote(f, 300, 4);
    read_all(f);
    assert_int_equal(rows(f), 4);
}

static void more_than_one_answer_holds_are_all_read(void **state)
{
    struct fixture *f = *state;
    write_quote(f, 0, 9999);
    read_all(f);
    for (int i = 1; i <= 2500; i++) {
        write_quote(f, i / 3, i);
    }
    read_all(f);
    assert_int_equal(rows(f), 2501);
    write_quote(f, 10000, 2);
    read_all(f);
    read_all(f);
    assert_true(f->source.narrow);
    assert_int_equal(rows(f), 2502);
}

static void members_with_broken_scores_and_texts_do_not_stop_it(void **state)
{
    struct fixture *f = *state;
    const struct reply *r;
    write_quote(f, 5000, 1);
    assert_true(
        redis_call(f->redis, &r, NULL, "ZADD orderflow:quotes:T %s x", "1700000005150.123456"));
    read_all(f);
    write_quote(f, 5300, 2);
    read_all(f);
    assert_true(f->source.narrow);
    assert_int_equal(rows(f), 2);
    assert_int_equal(stream_counts(f->source.stream)->malformed[MALFORMED_NOT_JSON], 1);
}

static uint32_t draw(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

/* Beside a reader that forgets what it knows and so reads everything each time. */
static void reader_that_knows_finds_what_one_finds_that_does_not(void **state)
{
    struct fixture *f = *state;
    struct zset_source plain = f->source;
    uint32_t seed = 7;
    int64_t ms = 0, narrow = 0;
    plain.stream = stream_create(REORDER_NS);
    for (int turn = 0; turn < 400; turn++) {
        for (uint32_t n = draw(&seed) % 6; n > 0; n--) {
            ms += draw(&seed) % 120;
            int64_t back_ms = draw(&seed) % 25 == 0 ? draw(&seed) % 1500 : 0;
            write_quote(f, ms > back_ms ? ms - back_ms : 0, (int)(draw(&seed) % 50));
        }
        read_all(f);
        narrow += f->source.narrow;
        plain.known.valid = false;
        read_with(f, &plain);
        assert_false(plain.narrow);
        int64_t boundary_ns = (T0_MS + (ms - 250) / 1000 * 1000) * NS_PER_MS;
        struct quote a, b;
        while (stream_next(f->source.stream, boundary_ns, &a)) {
            assert_true(stream_next(plain.stream, boundary_ns, &b));
            assert_memory_equal(&a, &b, sizeof a);
        }
        assert_false(stream_next(plain.stream, boundary_ns, &b));
        stream_take(f->source.stream, boundary_ns);
        stream_take(plain.stream, boundary_ns);
        assert_int_equal(stream_counts(f->source.stream)->read, stream_counts(plain.stream)->read);
        assert_int_equal(stream_counts(f->source.stream)->late, stream_counts(plain.stream)->late);
    }
    assert_true(narrow > 40);
    assert_true(stream_counts(plain.stream)->late > 5);
    stream_destroy(plain.stream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
        TEST(second_read_is_narrow_and_brings_what_is_new),
        TEST(quote_between_those_read_is_found_by_the_same_read),
        TEST(quote_of_the_same_ms_as_the_last_one_needs_no_second_read),
        TEST(late_quote_is_counted_once),
        TEST(set_that_was_emptied_and_filled_anew_is_read),
        TEST(more_than_one_answer_holds_are_all_read),
        TEST(members_with_broken_scores_and_texts_do_not_stop_it),
        TEST(reader_that_knows_finds_what_one_finds_that_does_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
