/* SPDX-License-Identifier: MIT */
#include "capture.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct mono at_ms(int64_t ms)
{
    return mono_after_ms((struct mono){ 0 }, ms);
}

static void throttle_lets_twenty_through_at_once(void **state)
{
    (void)state;
    struct throttle t = { 0 };
    int passed = 0;
    for (int i = 0; i < 100; i++) {
        passed += throttle_take(&t, at_ms(1000000));
    }
    assert_int_equal(passed, 20);
    assert_int_equal(t.dropped, 80);
}

static void throttle_lets_two_a_second_through_after(void **state)
{
    (void)state;
    struct throttle t = { 0 };
    int passed = 0;
    for (int i = 0; i < 20; i++) {
        assert_true(throttle_take(&t, at_ms(1000000)));
    }
    for (int ms = 0; ms < 10000; ms++) {
        passed += throttle_take(&t, at_ms(1000000 + ms));
    }
    assert_int_equal(passed, 19);
}

static void throttle_after_a_long_pause_is_full_again(void **state)
{
    (void)state;
    struct throttle t = { 0 };
    int passed = 0;
    for (int i = 0; i < 20; i++) {
        assert_true(throttle_take(&t, at_ms(1000000)));
    }
    for (int i = 0; i < 100; i++) {
        passed += throttle_take(&t, at_ms(2000000));
    }
    assert_int_equal(passed, 20);
}

static int nonblocking_pipe(int fds[2])
{
    return pipe(fds) == 0 ? fcntl(fds[0], F_SETFL, O_NONBLOCK) : -1;
}

static void capture_of_an_empty_pipe_goes_on(void **state)
{
    (void)state;
    int fds[2];
    struct capture c = { 0 };
    struct throttle t = { 0 };
    assert_int_equal(nonblocking_pipe(fds), 0);
    assert_true(capture_read(&c, fds[0], "d", &t, at_ms(0)));
    (void)close(fds[1]);
    assert_false(capture_read(&c, fds[0], "d", &t, at_ms(0)));
    (void)close(fds[0]);
}

static void capture_keeps_half_a_line_until_the_rest_comes(void **state)
{
    (void)state;
    int fds[2];
    struct capture c = { 0 };
    struct throttle t = { 0 };
    assert_int_equal(nonblocking_pipe(fds), 0);
    assert_int_equal(write(fds[1], "half", 4), 4);
    assert_true(capture_read(&c, fds[0], "d", &t, at_ms(0)));
    assert_int_equal(c.len, 4);
    assert_int_equal(t.taken, 0);
    assert_int_equal(write(fds[1], " done\n", 6), 6);
    assert_true(capture_read(&c, fds[0], "d", &t, at_ms(0)));
    assert_int_equal(c.len, 0);
    assert_int_equal(t.taken, 1);
    (void)close(fds[0]);
    (void)close(fds[1]);
}

static void capture_of_a_line_without_end_is_cut(void **state)
{
    (void)state;
    int fds[2];
    char text[1000];
    struct capture c = { 0 };
    struct throttle t = { 0 };
    memset(text, 'x', sizeof text);
    assert_int_equal(nonblocking_pipe(fds), 0);
    assert_int_equal(write(fds[1], text, sizeof text), (int)sizeof text);
    assert_true(capture_read(&c, fds[0], "d", &t, at_ms(0)));
    assert_int_equal(t.taken, (int)(sizeof text / sizeof c.line));
    assert_int_equal(c.len, sizeof text % sizeof c.line);
    (void)close(fds[0]);
    (void)close(fds[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(throttle_lets_twenty_through_at_once),
        cmocka_unit_test(throttle_lets_two_a_second_through_after),
        cmocka_unit_test(throttle_after_a_long_pause_is_full_again),
        cmocka_unit_test(capture_of_an_empty_pipe_goes_on),
        cmocka_unit_test(capture_keeps_half_a_line_until_the_rest_comes),
        cmocka_unit_test(capture_of_a_line_without_end_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
