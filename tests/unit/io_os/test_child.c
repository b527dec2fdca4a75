/* SPDX-License-Identifier: MIT */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { DEADLINE_MS = 60000 };

static struct child start(const char *what, const int *fds, size_t n)
{
    struct child c;
    struct err err = { 0 };
    const char *argv[] = { PROBE, what, NULL };
    if (!child_start(&c, argv, fds, n, &err)) {
        fail_msg("%s", err.text);
    }
    return c;
}

/* All that it prints until it has closed its end. */
static void read_to_end(int fd, char *out, size_t size)
{
    size_t n = 0;
    for (;;) {
        struct pollfd p = { .fd = fd, .events = POLLIN };
        assert_int_equal(poll(&p, 1, DEADLINE_MS), 1);
        ssize_t got = read(fd, out + n, size - 1 - n);
        if (got == 0) {
            break;
        }
        assert_true(got > 0 || errno == EAGAIN);
        n += got > 0 ? (size_t)got : 0;
    }
    out[n] = '\0';
}

static void expect_output(const char *what, const int *fds, size_t n, const char *expected)
{
    char text[1024];
    struct child c = start(what, fds, n);
    read_to_end(c.out_fd, text, sizeof text);
    child_fini(&c);
    assert_string_equal(text, expected);
}

static int wait_status(struct child *c)
{
    int status = -1;
    for (int i = 0; i < DEADLINE_MS && !child_ended(c, &status); i++) {
        (void)poll(NULL, 0, 1);
    }
    return status;
}

static void child_given_descriptors_has_these_and_no_others(void **state)
{
    (void)state;
    int null = open("/dev/null", O_RDONLY);
    int other = fcntl(null, F_DUPFD, 100);
    int fds[] = { null, other };
    expect_output("fds", fds, 2, "0 1 2 3 4 ");
    (void)close(null);
    (void)close(other);
}

static void child_given_its_own_final_numbers_swapped_keeps_them_apart(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    int high = fcntl(ends[1], F_DUPFD, 50);
    int fds[] = { high, ends[0] };
    struct child c = start("hello", fds, 2);
    char text[8] = { 0 };
    assert_int_equal(read(ends[0], text, sizeof text - 1), 5);
    assert_string_equal(text, "hello");
    child_fini(&c);
    (void)close(ends[0]);
    (void)close(ends[1]);
    (void)close(high);
}

static void child_environment_holds_nothing_of_ours(void **state)
{
    (void)state;
    assert_int_equal(setenv("REDIS_PASSWORD", "secret", 1), 0);
    expect_output("env", NULL, 0, "PATH LANG LC_ALL TZ ");
}

static void child_leads_its_own_group(void **state)
{
    (void)state;
    expect_output("group", NULL, 0, "1");
}

static void child_reading_stdin_finds_its_end(void **state)
{
    (void)state;
    expect_output("stdin", NULL, 0, "0");
}

static void child_stdout_and_stderr_come_by_one_pipe(void **state)
{
    (void)state;
    expect_output("both", NULL, 0, "out err");
}

static void child_program_missing_is_an_error_that_names_it(void **state)
{
    (void)state;
    struct child c;
    struct err err = { 0 };
    const char *argv[] = { "/no/such/program", NULL };
    assert_false(child_start(&c, argv, NULL, 0, &err));
    assert_int_equal(err.code, ERR_SYSTEM);
    assert_non_null(strstr(err.text, "/no/such/program"));
    assert_int_equal(c.pid, 0);
}

static void child_exit_is_told_with_its_status(void **state)
{
    (void)state;
    char text[CHILD_END_MAX];
    struct child c = start("seven", NULL, 0);
    child_end_text(text, wait_status(&c));
    child_fini(&c);
    assert_string_equal(text, "exit(7)");
}

static void child_killed_is_told_with_the_signal(void **state)
{
    (void)state;
    char text[CHILD_END_MAX];
    struct child c = start("kill", NULL, 0);
    child_end_text(text, wait_status(&c));
    child_fini(&c);
    assert_string_equal(text, "SIGKILL");
}

static void child_ended_asked_twice_says_so_twice(void **state)
{
    (void)state;
    int status;
    struct child c = start("seven", NULL, 0);
    (void)wait_status(&c);
    assert_true(child_ended(&c, &status));
    child_end(&c, &status);
    assert_int_equal(status, 7 << 8);
    assert_false(child_ended(&c, &status));
    child_fini(&c);
}

static void child_end_takes_its_whole_group_along(void **state)
{
    (void)state;
    int ends[2];
    char byte;
    assert_int_equal(pipe(ends), 0);
    struct child c = start("fork", &ends[1], 1);
    (void)close(ends[1]);
    child_fini(&c);
    struct pollfd p = { .fd = ends[0], .events = POLLIN };
    assert_int_equal(poll(&p, 1, DEADLINE_MS), 1);
    assert_int_equal(read(ends[0], &byte, 1), 0);
    (void)close(ends[0]);
}

static void child_cpu_time_of_a_busy_one_grows(void **state)
{
    (void)state;
    int64_t ns = 0;
    struct child c = start("spin", NULL, 0);
    for (int i = 0; i < DEADLINE_MS && ns < 20000000; i++) {
        assert_true(child_cpu_ns(&c, &ns));
        (void)poll(NULL, 0, 1);
    }
    child_fini(&c);
    assert_true(ns >= 20000000);
    assert_false(child_cpu_ns(&c, &ns));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(child_given_descriptors_has_these_and_no_others),
        cmocka_unit_test(child_given_its_own_final_numbers_swapped_keeps_them_apart),
        cmocka_unit_test(child_environment_holds_nothing_of_ours),
        cmocka_unit_test(child_leads_its_own_group),
        cmocka_unit_test(child_reading_stdin_finds_its_end),
        cmocka_unit_test(child_stdout_and_stderr_come_by_one_pipe),
        cmocka_unit_test(child_program_missing_is_an_error_that_names_it),
        cmocka_unit_test(child_exit_is_told_with_its_status),
        cmocka_unit_test(child_killed_is_told_with_the_signal),
        cmocka_unit_test(child_ended_asked_twice_says_so_twice),
        cmocka_unit_test(child_end_takes_its_whole_group_along),
        cmocka_unit_test(child_cpu_time_of_a_busy_one_grows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
