/* SPDX-License-Identifier: MIT */
#include "pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const char *const FILES[] = { "b.so",     "a.so",  "c.so", ".hidden.so",
                                     "d.so.tmp", "e.txt", ".so" };
enum { N_FILES = sizeof FILES / sizeof FILES[0] };

struct dir {
    char path[64];
};

static void path_of(char out[128], const struct dir *d, const char *name)
{
    (void)snprintf(out, 128, "%s/%s", d->path, name);
}

static int setup(void **state)
{
    struct dir *d = malloc(sizeof *d);
    *d = (struct dir){ .path = "/tmp/orderflow-list-XXXXXX" };
    *state = d;
    if (mkdtemp(d->path) == NULL) {
        return -1;
    }
    for (size_t i = 0; i < N_FILES; i++) {
        char path[128];
        path_of(path, d, FILES[i]);
        FILE *f = fopen(path, "w");
        if (f == NULL || fclose(f) != 0) {
            return -1;
        }
    }
    return 0;
}

static int teardown(void **state)
{
    const struct dir *d = *state;
    for (size_t i = 0; i < N_FILES; i++) {
        char path[128];
        path_of(path, d, FILES[i]);
        (void)unlink(path);
    }
    (void)rmdir(d->path);
    free(*state);
    return 0;
}

static void expect_order(const struct dir *d, const char *order, const char *expected)
{
    char **paths;
    size_t n;
    char got[64] = "";
    struct err err = { 0 };
    assert_true(scan_list(d->path, order, &paths, &n, &err));
    for (size_t i = 0; i < n; i++) {
        size_t used = strlen(got);
        (void)snprintf(got + used, sizeof got - used, "%s ", strrchr(paths[i], '/') + 1);
        free(paths[i]);
    }
    free(paths);
    assert_string_equal(got, expected);
}

static void scan_list_without_order_goes_by_name(void **state)
{
    expect_order(*state, "", "a.so b.so c.so ");
    expect_order(*state, NULL, "a.so b.so c.so ");
}

static void scan_list_takes_the_ordered_first(void **state)
{
    expect_order(*state, "c.so, b", "c.so b.so a.so ");
}

static void scan_list_ignores_names_that_are_not_there(void **state)
{
    expect_order(*state, "zz c", "c.so a.so b.so ");
}

static void scan_list_takes_no_file_twice(void **state)
{
    expect_order(*state, "b b b.so", "b.so a.so c.so ");
}

static void scan_list_of_no_directory_is_an_error_that_names_it(void **state)
{
    (void)state;
    char **paths;
    size_t n;
    struct err err = { 0 };
    assert_false(scan_list("/no/such/dir", "", &paths, &n, &err));
    assert_non_null(strstr(err.text, "/no/such/dir"));
}

static void scan_describe_of_a_fifo_does_not_wait(void **state)
{
    char path[128];
    struct declaration decl;
    struct err err = { 0 };
    path_of(path, *state, "a.so");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_false(scan_describe("/bin/sh", path, 0, &decl, &err));
    assert_string_equal(err.text, "not a regular file");
}

int main(void)
{
#define IN_DIR(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        IN_DIR(scan_list_without_order_goes_by_name),
        IN_DIR(scan_list_takes_the_ordered_first),
        IN_DIR(scan_list_ignores_names_that_are_not_there),
        IN_DIR(scan_list_takes_no_file_twice),
        IN_DIR(scan_list_of_no_directory_is_an_error_that_names_it),
        IN_DIR(scan_describe_of_a_fifo_does_not_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
