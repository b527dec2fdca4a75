/* SPDX-License-Identifier: MIT */
#include "clock.h"
#include "dir_watch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATIENCE_MS = 10000 };

static char dir[] = "/tmp/of-watch-XXXXXX", other[64], file[64];

static int setup(void **state)
{
    (void)state;
    (void)snprintf(other, sizeof other, "%s", mkdtemp(dir));
    (void)snprintf(file, sizeof file, "%s/a.so", dir);
    (void)snprintf(other, sizeof other, "%s.2", dir);
    return 0;
}

static void put_file(void)
{
    int fd = open(file, O_CREAT | O_WRONLY | O_TRUNC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "x", 1), 1);
    (void)close(fd);
}

static bool told(struct dir_watch *w)
{
    struct pollfd p = { .fd = w->fd, .events = POLLIN };
    return poll(&p, 1, PATIENCE_MS) == 1 && dir_watch_drain(w);
}

static void changes_are_told_once(void **state)
{
    struct dir_watch w;
    (void)state;
    dir_watch_open(&w);
    if (w.fd < 0) {
        skip(); /* this system says nothing */
    }
    dir_watch_set(&w, dir);
    assert_false(dir_watch_drain(&w));
    put_file();
    assert_true(told(&w));
    assert_false(dir_watch_drain(&w));
    put_file(); /* written over */
    assert_true(told(&w));
    assert_int_equal(unlink(file), 0);
    assert_true(told(&w));
    dir_watch_close(&w);
    assert_int_equal(w.fd, -1);
}

static void file_that_is_replaced_is_told_and_found_when_set_again(void **state)
{
    struct dir_watch w;
    char next[80];
    (void)state;
    dir_watch_open(&w);
    if (w.fd < 0) {
        skip();
    }
    put_file();
    (void)snprintf(next, sizeof next, "%s.next", file);
    assert_int_equal(rename(file, next), 0);
    assert_false(dir_watch_set(&w, file));
    put_file();
    assert_true(dir_watch_set(&w, file));
    assert_int_equal(rename(next, file), 0);
    assert_true(told(&w));
    assert_true(dir_watch_set(&w, file));
    (void)dir_watch_drain(&w);
    put_file();
    assert_true(told(&w));
    dir_watch_close(&w);
    (void)unlink(file);
}

static void directory_in_its_place_is_found_when_set_again(void **state)
{
    struct dir_watch w;
    (void)state;
    dir_watch_open(&w);
    if (w.fd < 0) {
        skip();
    }
    dir_watch_set(&w, dir);
    assert_int_equal(rename(dir, other), 0);
    assert_true(told(&w));
    assert_int_equal(mkdir(dir, 0755), 0);
    dir_watch_set(&w, dir);
    (void)dir_watch_drain(&w);
    put_file();
    assert_true(told(&w));
    dir_watch_close(&w);
    (void)unlink(file);
    (void)rmdir(dir);
    (void)rmdir(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changes_are_told_once),
        cmocka_unit_test(file_that_is_replaced_is_told_and_found_when_set_again),
        cmocka_unit_test(directory_in_its_place_is_found_when_set_again),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
