/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "line.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

struct rig {
    int in[2], wake[2];
    struct line_reader r;
};

static void rig_open(struct rig *g)
{
    assert_int_equal(pipe(g->in), 0);
    assert_int_equal(pipe(g->wake), 0);
    line_init(&g->r, g->in[0], g->wake[0]);
}

static void rig_close(struct rig *g)
{
    line_fini(&g->r);
    for (int i = 0; i < 2; i++) {
        (void)close(g->in[i]);
        (void)close(g->wake[i]);
    }
}

static void say(const struct rig *g, const char *text)
{
    assert_int_equal(write(g->in[1], text, strlen(text)), strlen(text));
}

static void expect_line(struct rig *g, const char *want)
{
    const char *text;
    size_t n;
    assert_int_equal(line_next(&g->r, &text, &n), LINE_OK);
    assert_int_equal(n, strlen(want));
    assert_memory_equal(text, want, n);
}

static void expect(struct rig *g, enum line want)
{
    const char *text;
    size_t n;
    assert_int_equal(line_next(&g->r, &text, &n), want);
}

static void line_next_lf_and_crlf_both_end_a_line(void **state)
{
    (void)state;
    struct rig g;
    rig_open(&g);
    say(&g, "one\ntwo\r\n\nthr\ree\n");
    expect_line(&g, "one");
    expect_line(&g, "two");
    expect_line(&g, "");
    expect_line(&g, "thr\ree");
    rig_close(&g);
}

static void line_next_line_in_two_writes_is_one_line(void **state)
{
    (void)state;
    struct rig g;
    rig_open(&g);
    say(&g, "first\nsec");
    expect_line(&g, "first");
    say(&g, "ond\n");
    expect_line(&g, "second");
    rig_close(&g);
}

static void line_next_end_of_input_gives_the_unfinished_line_then_the_end(void **state)
{
    (void)state;
    struct rig g;
    rig_open(&g);
    say(&g, "whole\nrest");
    (void)close(g.in[1]);
    expect_line(&g, "whole");
    expect_line(&g, "rest");
    expect(&g, LINE_END);
    expect(&g, LINE_END);
    rig_close(&g);
}

static void line_next_woken_while_waiting_says_so(void **state)
{
    (void)state;
    struct rig g;
    rig_open(&g);
    assert_int_equal(write(g.wake[1], "!", 1), 1);
    expect(&g, LINE_WOKEN);
    rig_close(&g);
}

/* bytes of 'x', then a newline and "next\n" */
struct flood {
    int fd;
    size_t bytes;
};

static void *pour(void *ctx)
{
    const struct flood *f = ctx;
    char block[65536];
    memset(block, 'x', sizeof block);
    for (size_t done = 0; done < f->bytes;) {
        size_t n = f->bytes - done < sizeof block ? f->bytes - done : sizeof block;
        ssize_t wrote = write(f->fd, block, n);
        if (wrote <= 0) {
            return NULL;
        }
        done += (size_t)wrote;
    }
    (void)!write(f->fd, "\nnext\n", 6);
    return NULL;
}

static void expect_flood(size_t bytes, enum line want)
{
    struct rig g;
    pthread_t writer;
    rig_open(&g);
    struct flood f = { .fd = g.in[1], .bytes = bytes };
    assert_int_equal(pthread_create(&writer, NULL, pour, &f), 0);
    expect(&g, want);
    expect_line(&g, "next");
    (void)pthread_join(writer, NULL);
    assert_true(g.r.bytes.cap_bytes <= (size_t)2 * LINE_BYTES_MAX + 262144);
    rig_close(&g);
}

static void line_next_longest_line_is_read(void **state)
{
    (void)state;
    expect_flood(LINE_BYTES_MAX, LINE_OK);
}

static void line_next_longer_line_is_dropped_and_the_next_is_read(void **state)
{
    (void)state;
    expect_flood((size_t)LINE_BYTES_MAX + 1, LINE_TOO_LONG);
    expect_flood((size_t)LINE_BYTES_MAX * 4, LINE_TOO_LONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line_next_lf_and_crlf_both_end_a_line),
        cmocka_unit_test(line_next_line_in_two_writes_is_one_line),
        cmocka_unit_test(line_next_end_of_input_gives_the_unfinished_line_then_the_end),
        cmocka_unit_test(line_next_woken_while_waiting_says_so),
        cmocka_unit_test(line_next_longest_line_is_read),
        cmocka_unit_test(line_next_longer_line_is_dropped_and_the_next_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
