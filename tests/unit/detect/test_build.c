/* SPDX-License-Identifier: MIT */
/* Which files are taken, and that the copy is what was there. */
#include "build.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* This program itself is ELF for this machine; it is no plugin, which is found out last of all. */
static const char NO_PLUGIN[] = "not a plugin";

struct place {
    char dir[64], file[80];
};

static int setup(void **state)
{
    struct place *p = malloc(sizeof *p);
    *p = (struct place){ .dir = "/tmp/orderflow-build-XXXXXX" };
    *state = p;
    if (mkdtemp(p->dir) == NULL) {
        return -1;
    }
    (void)snprintf(p->file, sizeof p->file, "%s/x.so", p->dir);
    int fd = open(p->file, O_WRONLY | O_CREAT | O_EXCL, 0600);
    return fd >= 0 && write(fd, "text", 4) == 4 && fchmod(fd, 0644) == 0 && close(fd) == 0 ? 0 : -1;
}

static int teardown(void **state)
{
    struct place *p = *state;
    (void)chmod(p->dir, 0700);
    (void)unlink(p->file);
    (void)rmdir(p->dir);
    free(p);
    return 0;
}

static void expect_refused(const char *path, const char *why)
{
    struct err err = { 0 };
    struct build *b = build_take(path, "/proc/self/exe", &err);
    assert_null(b);
    if (strstr(err.text, why) == NULL) {
        fail_msg("%s: %s", path, err.text);
    }
}

static void take_of_a_file_of_ours_looks_at_its_contents(void **state)
{
    const struct place *p = *state;
    expect_refused(p->file, NO_PLUGIN);
    assert_int_equal(chmod(p->file, 0444), 0);
    expect_refused(p->file, NO_PLUGIN);
}

static void take_of_what_others_can_write_is_refused(void **state)
{
    const struct place *p = *state;
    assert_int_equal(chmod(p->file, 0664), 0);
    expect_refused(p->file, "the file can be written by others (mode 664): chmod go-w");
    assert_int_equal(chmod(p->file, 0602), 0);
    expect_refused(p->file, "the file can be written by others");
    assert_int_equal(chmod(p->file, 0644), 0);
    assert_int_equal(chmod(p->dir, 0775), 0);
    expect_refused(p->file, "its folder can be written by others");
}

static void take_below_a_folder_of_everybody_is_refused(void **state)
{
    const struct place *p = *state;
    char dir[80], file[96];
    (void)snprintf(dir, sizeof dir, "%s/plugins", p->dir);
    (void)snprintf(file, sizeof file, "%s/x.so", dir);
    assert_int_equal(mkdir(dir, 0755), 0);
    assert_int_equal(rename(p->file, file), 0);
    assert_int_equal(chmod(p->dir, 0777), 0);
    expect_refused(file, "above it can be written by everybody");
    assert_int_equal(chmod(p->dir, 01777), 0);
    expect_refused(file, NO_PLUGIN);
    assert_int_equal(unlink(file), 0);
    assert_int_equal(rmdir(dir), 0);
}

static void take_of_a_symbolic_link_is_refused(void **state)
{
    const struct place *p = *state;
    char link[96];
    (void)snprintf(link, sizeof link, "%s/link.so", p->dir);
    assert_int_equal(symlink(p->file, link), 0);
    expect_refused(link, "a symbolic link: put the file itself into the folder");
    assert_int_equal(unlink(link), 0);
}

/* Only root can give files away. */
static void take_of_a_stranger_s_file_is_refused(void **state)
{
    const struct place *p = *state;
    if (geteuid() != 0) {
        skip();
    }
    assert_int_equal(chown(p->file, 12345, (gid_t)-1), 0);
    expect_refused(p->file, "the file belongs to uid 12345; it must belong to root or uid 0");
    assert_int_equal(chown(p->file, 0, (gid_t)-1), 0);
    assert_int_equal(chown(p->dir, 12345, (gid_t)-1), 0);
    expect_refused(p->file, "its folder belongs to uid 12345");
}

static unsigned char *read_plugin(size_t *n_out)
{
    FILE *f = fopen(PLUGIN, "rb");
    assert_non_null(f);
    unsigned char *bytes = malloc(1 << 20);
    assert_non_null(bytes);
    *n_out = fread(bytes, 1, 1 << 20, f);
    assert_true(*n_out > 1000 && *n_out < 1 << 20);
    (void)fclose(f);
    return bytes;
}

static void overwrite(const char *path, const void *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static void take_copies_what_nobody_can_change_any_more(void **state)
{
    const struct place *p = *state;
    struct err err = { 0 };
    char hex[SHA256_HEX_MAX];
    size_t n;
    unsigned char *bytes = read_plugin(&n);
    unsigned char *copy = malloc(n);
    assert_non_null(copy);
    overwrite(p->file, bytes, n);
    struct build *b = build_take(p->file, "/proc/self/exe", &err);
    if (b == NULL) {
        fail_msg("%s", err.text);
    }
    overwrite(p->file, "gone", 4);
    sha256_hex(bytes, n, hex);
    assert_string_equal(b->sha256, hex);
    assert_int_equal(pread(b->image.fd, copy, n, 0), (ssize_t)n);
    assert_memory_equal(copy, bytes, n);
    assert_int_equal(write(b->image.fd, "x", 1), -1);
    struct stamp now;
    assert_true(stamp_read(p->file, &now));
    assert_false(stamp_equal(&now, &b->stamp));
    build_drop(build_hold(b));
    build_drop(b);
    free(copy);
    free(bytes);
}

int main(void)
{
#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        IN_PLACE(take_of_a_file_of_ours_looks_at_its_contents),
        IN_PLACE(take_of_what_others_can_write_is_refused),
        IN_PLACE(take_below_a_folder_of_everybody_is_refused),
        IN_PLACE(take_of_a_symbolic_link_is_refused),
        IN_PLACE(take_of_a_stranger_s_file_is_refused),
        IN_PLACE(take_copies_what_nobody_can_change_any_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
