/* SPDX-License-Identifier: MIT */
#include "redis_codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MAX_BYTES = 64 * 1024, MAX_ELEMENTS = 100 };

static int setup(void **state)
{
    struct decoder *d = decoder_create(MAX_BYTES, MAX_ELEMENTS);
    *state = d;
    return d && decoder_reset(d, NULL) ? 0 : -1;
}

static int teardown(void **state)
{
    decoder_destroy(*state);
    return 0;
}

static bool feed(struct decoder *d, const char *text, struct err *err)
{
    return decoder_feed(d, text, strlen(text), err);
}

static void assert_refused(struct decoder *d, size_t n, const char *text, const char *why)
{
    struct err err = { 0 };
    assert_true(decoder_expect(d, n, NULL));
    assert_false(feed(d, text, &err));
    assert_int_equal(err.code, ERR_PROTOCOL);
    if (!strstr(err.text, why)) {
        fail_msg("\"%s\" does not say \"%s\"", err.text, why);
    }
}

static void put_formatted(struct buf *out, const char *fmt, ...)
{
    struct buf scratch;
    buf_init(&scratch, 1024);
    va_list ap;
    va_start(ap, fmt);
    command_vput(out, &scratch, fmt, ap);
    va_end(ap);
    buf_fini(&scratch);
}

static void command_args_may_hold_any_byte(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 1024);
    command_put(&out, 3, (const char *const[]){ "SET", "k", "a\0\r\n" },
                (const size_t[]){ 3, 1, 4 });
    static const char expected[] = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$4\r\na\0\r\n\r\n";
    assert_int_equal(out.len, sizeof expected - 1);
    assert_memory_equal(out.data, expected, out.len);
    buf_fini(&out);
}

static void command_format_splits_at_its_own_spaces_only(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 1024);
    put_formatted(&out, " ZADD  q:%s %lld x%d%% %b %s", "A B", 7000000000LL, -5, "p q", (size_t)3,
                  "");
    assert_string_equal(out.data, "*6\r\n$4\r\nZADD\r\n$5\r\nq:A B\r\n$10\r\n7000000000\r\n"
                                  "$4\r\nx-5%\r\n$3\r\np q\r\n$0\r\n\r\n");
    buf_fini(&out);
}

static void command_that_outgrows_its_buffer_shows_as_failed(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 16);
    put_formatted(&out, "SET key %s", "0123456789");
    assert_true(out.failed);
    buf_fini(&out);
}

static void command_word_by_word_is_the_same(void **state)
{
    (void)state;
    struct buf whole, out;
    struct command c;
    buf_init(&whole, 1 << 20);
    buf_init(&out, 1 << 20);
    for (int n = 1; n < 130; n += 8) {
        static const char text[] = "0123456789 abcdefghijklmnopqrstuvwxyz";
        const char *words[130];
        size_t lens[130];
        command_begin(&c, &out);
        for (int i = 0; i < n; i++) {
            words[i] = text;
            lens[i] = (size_t)i % sizeof text;
            command_word(&c, &out, words[i], lens[i]);
        }
        command_end(&c, &out);
        command_put(&whole, n, words, lens);
        command_begin(&c, &out);
        command_word(&c, &out, "GONE", 4);
        command_undo(&c, &out);
    }
    assert_int_equal(out.len, whole.len);
    assert_memory_equal(out.data, whole.data, out.len);
    buf_fini(&whole);
    buf_fini(&out);
}

static void command_word_that_does_not_fit_shows_as_failed(void **state)
{
    (void)state;
    struct buf out;
    struct command c;
    buf_init(&out, 64);
    command_begin(&c, &out);
    command_word(&c, &out, "0123456789", 10);
    command_word(&c, &out, "0123456789", 10);
    command_end(&c, &out);
    assert_true(out.failed);
    buf_fini(&out);
}

static void decoder_every_kind_of_reply_is_read(void **state)
{
    struct decoder *d = *state;
    assert_true(decoder_expect(d, 7, NULL));
    assert_true(feed(d,
                     "+OK\r\n-ERR no\r\n:-42\r\n$3\r\na\rb\r\n$-1\r\n*-1\r\n"
                     "*3\r\n:1\r\n*2\r\n$0\r\n\r\n$1\r\nx\r\n*0\r\n",
                     NULL));
    assert_true(decoder_done(d));
    const struct reply *r = decoder_replies(d);
    assert_int_equal(r[0].type, REPLY_STATUS);
    assert_string_equal(r[0].str, "OK");
    assert_int_equal(r[1].type, REPLY_ERROR);
    assert_string_equal(r[1].str, "ERR no");
    assert_int_equal(r[2].integer, -42);
    assert_int_equal(r[3].len, 3);
    assert_string_equal(r[3].str, "a\rb");
    assert_int_equal(r[4].type, REPLY_NIL);
    assert_int_equal(r[5].type, REPLY_NIL);
    assert_int_equal(r[6].n, 3);
    assert_int_equal(r[6].items[1].n, 2);
    assert_int_equal(r[6].items[1].items[0].len, 0);
    assert_string_equal(r[6].items[1].items[1].str, "x");
    assert_int_equal(r[6].items[2].type, REPLY_ARRAY);
    assert_int_equal(r[6].items[2].n, 0);
}

static void decoder_bytes_one_by_one_give_the_same(void **state)
{
    struct decoder *d = *state;
    static const char text[] = "*2\r\n$5\r\nhello\r\n*1\r\n:7\r\n+done\r\n";
    assert_true(decoder_expect(d, 2, NULL));
    for (size_t i = 0; i + 1 < sizeof text; i++) {
        assert_false(decoder_done(d));
        assert_true(decoder_feed(d, &text[i], 1, NULL));
    }
    assert_true(decoder_done(d));
    assert_string_equal(decoder_replies(d)[0].items[0].str, "hello");
    assert_string_equal(decoder_replies(d)[1].str, "done");
}

/* More than hiredis is given at a time, so that replies and strings lie across the cuts. */
static void decoder_much_at_once_is_cut_anywhere_and_read_whole(void **state)
{
    (void)state;
    enum { REPLIES = 300, LARGEST = 20000 };
    static char text[LARGEST];
    struct decoder *d = decoder_create(64 << 20, MAX_ELEMENTS);
    struct buf out;
    buf_init(&out, 64 << 20);
    memset(text, 'x', sizeof text);
    for (size_t i = 0; i < REPLIES; i++) {
        size_t n = i % 50 == 49 ? LARGEST - i : i * 7 % 800;
        buf_printf(&out, "*3\r\n:%zu\r\n$%zu\r\n%.*s\r\n+s%zu\r\n", i, n, (int)n, text, i);
    }
    assert_non_null(d);
    assert_true(decoder_reset(d, NULL));
    assert_true(decoder_expect(d, REPLIES, NULL));
    assert_true(decoder_feed(d, out.data, out.len, NULL));
    assert_true(decoder_done(d));
    for (size_t i = 0; i < REPLIES; i++) {
        const struct reply *r = &decoder_replies(d)[i];
        char status[16];
        (void)snprintf(status, sizeof status, "s%zu", i);
        assert_int_equal(r->n, 3);
        assert_int_equal(r->items[0].integer, i);
        assert_int_equal(r->items[1].len, i % 50 == 49 ? LARGEST - i : i * 7 % 800);
        assert_memory_equal(r->items[1].str, text, r->items[1].len);
        assert_string_equal(r->items[2].str, status);
    }
    buf_fini(&out);
    decoder_destroy(d);
}

static void decoder_next_round_begins_empty(void **state)
{
    struct decoder *d = *state;
    for (int i = 0; i < 1000; i++) {
        assert_true(decoder_expect(d, 1, NULL));
        assert_true(feed(d, "$10\r\n0123456789\r\n", NULL));
        assert_true(decoder_done(d));
    }
}

static void decoder_nested_bomb_is_refused(void **state)
{
    char bomb[4 * 1000 + 1];
    for (int i = 0; i < 1000; i++) {
        memcpy(bomb + (size_t)4 * (size_t)i, "*1\r\n", 5);
    }
    assert_refused(*state, 1, bomb, "nested");
}

static void decoder_depth_at_the_limit_is_read(void **state)
{
    struct decoder *d = *state;
    assert_true(decoder_expect(d, 1, NULL));
    assert_true(feed(d, "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n", NULL));
    assert_true(decoder_done(d));
}

static void decoder_array_with_too_many_elements_is_refused(void **state)
{
    assert_refused(*state, 1, "*101\r\n", "elements");
}

static void decoder_reply_over_the_byte_cap_is_refused(void **state)
{
    struct decoder *d = *state;
    char *flood = calloc(1, MAX_BYTES);
    struct err err = { 0 };
    assert_true(decoder_expect(d, 1, NULL));
    assert_true(feed(d, "$2000000000\r\n", NULL));
    assert_false(decoder_feed(d, flood, MAX_BYTES, &err));
    assert_non_null(strstr(err.text, "larger than allowed"));
    free(flood);
}

static void decoder_many_small_objects_over_the_byte_cap_are_refused(void **state)
{
    struct decoder *d = *state;
    assert_true(decoder_expect(d, 100, NULL));
    bool ok = true;
    int n = 0;
    for (; n < 100 && ok; n++) {
        ok = feed(d, "*100\r\n", NULL);
        for (int i = 0; i < 100 && ok; i++) {
            ok = feed(d, ":1\r\n", NULL);
        }
    }
    assert_false(ok);
    assert_true(n < 20);
}

static void decoder_reply_nobody_asked_for_is_refused(void **state)
{
    assert_refused(*state, 1, "+one\r\n+two\r\n", "nobody asked");
    assert_true(decoder_reset(*state, NULL));
    assert_refused(*state, 1, "+one\r\n+tw", "nobody asked");
}

static void decoder_garbage_is_refused(void **state)
{
    static const char *const texts[] = { "HTTP/1.1 400 Bad Request\r\n", "\r\n", "$abc\r\n",
                                         "*-2\r\n", ":12x\r\n" };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_true(decoder_reset(*state, NULL));
        assert_refused(*state, 1, texts[i], "");
    }
}

static void decoder_resp3_is_refused(void **state)
{
    static const char *const texts[] = { "%1\r\n", "~1\r\n",          ",1.5\r\n",    "#t\r\n",
                                         "(1\r\n", "=5\r\ntxt:a\r\n", ">1\r\n+x\r\n" };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_true(decoder_reset(*state, NULL));
        assert_refused(*state, 1, texts[i], "");
    }
}

static void decoder_after_reset_forgets_half_a_reply(void **state)
{
    struct decoder *d = *state;
    assert_true(decoder_expect(d, 1, NULL));
    assert_true(feed(d, "*2\r\n+half", NULL));
    assert_true(decoder_reset(d, NULL));
    assert_true(decoder_expect(d, 1, NULL));
    assert_true(feed(d, "+whole\r\n", NULL));
    assert_true(decoder_done(d));
    assert_string_equal(decoder_replies(d)[0].str, "whole");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(command_args_may_hold_any_byte),
        cmocka_unit_test(command_format_splits_at_its_own_spaces_only),
        cmocka_unit_test(command_that_outgrows_its_buffer_shows_as_failed),
        cmocka_unit_test(command_word_by_word_is_the_same),
        cmocka_unit_test(command_word_that_does_not_fit_shows_as_failed),
#define WITH_DECODER(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
        WITH_DECODER(decoder_every_kind_of_reply_is_read),
        WITH_DECODER(decoder_bytes_one_by_one_give_the_same),
        cmocka_unit_test(decoder_much_at_once_is_cut_anywhere_and_read_whole),
        WITH_DECODER(decoder_next_round_begins_empty),
        WITH_DECODER(decoder_nested_bomb_is_refused),
        WITH_DECODER(decoder_depth_at_the_limit_is_read),
        WITH_DECODER(decoder_array_with_too_many_elements_is_refused),
        WITH_DECODER(decoder_reply_over_the_byte_cap_is_refused),
        WITH_DECODER(decoder_many_small_objects_over_the_byte_cap_are_refused),
        WITH_DECODER(decoder_reply_nobody_asked_for_is_refused),
        WITH_DECODER(decoder_garbage_is_refused),
        WITH_DECODER(decoder_resp3_is_refused),
        WITH_DECODER(decoder_after_reset_forgets_half_a_reply),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
