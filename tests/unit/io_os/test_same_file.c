/* SPDX-License-Identifier: MIT */
/* Two names of one file are known as such, whether it is there or not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "same_file.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static bool same(const char *a, const char *b)
{
    bool forth = same_file(a, STDOUT_FILENO, b, STDOUT_FILENO);
    assert_int_equal(forth, same_file(b, STDOUT_FILENO, a, STDOUT_FILENO));
    return forth;
}

static int enter(char dir[32])
{
    int before = open(".", O_RDONLY);
    (void)snprintf(dir, 32, "/tmp/of-same-XXXXXX");
    assert_true(before >= 0);
    assert_non_null(mkdtemp(dir));
    assert_int_equal(chdir(dir), 0);
    assert_int_equal(mkdir("sub", 0700), 0);
    return before;
}

static void leave(const char *dir, int before)
{
    assert_int_equal(rmdir("sub"), 0);
    assert_int_equal(fchdir(before), 0);
    assert_int_equal(rmdir(dir), 0);
    (void)close(before);
}

static void put(const char *path)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fclose(f), 0);
}

static void test_what_is_there(void **state)
{
    (void)state;
    char dir[32], whole[64];
    int before = enter(dir);
    put("a");
    put("b");
    assert_int_equal(symlink("../a", "sub/link"), 0);
    assert_int_equal(link("a", "hard"), 0);
    (void)snprintf(whole, sizeof whole, "%s/a", dir);
    assert_true(same("a", "a") && same("a", "./sub/../a") && same("a", whole));
    assert_true(same("a", "sub/link") && same("a", "hard"));
    assert_false(same("a", "b") || same("a", "sub/a") || same("a", "-"));
    (void)unlink("a");
    (void)unlink("b");
    (void)unlink("hard");
    (void)unlink("sub/link");
    leave(dir, before);
}

static void test_what_is_not_there_yet(void **state)
{
    (void)state;
    char dir[32], whole[64];
    int before = enter(dir);
    (void)snprintf(whole, sizeof whole, "%s/a", dir);
    assert_true(same("a", "a") && same("a", "./a") && same("a", "sub/../a") && same("a", whole));
    assert_true(same("none/a", "none/a"));
    assert_false(same("a", "b") || same("a", "sub/a") || same("a", "none/a"));
    leave(dir, before);
}

static void test_standard_streams_and_devices(void **state)
{
    (void)state;
    char dir[32];
    int before = enter(dir);
    int fd = open("a", O_RDWR | O_CREAT, 0600), null = open("/dev/null", O_RDWR);
    assert_true(fd >= 0 && null >= 0);
    assert_true(same("-", "-"));
    assert_true(same_file("-", fd, "a", null) && same_file("-", fd, "-", fd));
    assert_false(same_file("-", null, "a", fd) || same_file("-", null, "-", fd));
    assert_true(same_file("-", null, "-", null));
    assert_false(same("/dev/null", "/dev/null") || same_file("-", null, "/dev/null", fd));
    (void)close(fd);
    (void)close(null);
    (void)unlink("a");
    leave(dir, before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_there),
        cmocka_unit_test(test_what_is_not_there_yet),
        cmocka_unit_test(test_standard_streams_and_devices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
