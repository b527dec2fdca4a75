/* SPDX-License-Identifier: MIT */
#include "shm.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { BYTES = 1 << 16 };

/* What a hostile reader may try; exit status 0: it was refused. */
typedef int attack_fn(int fd, void *base);

static int attack_store(int fd, void *base)
{
    (void)fd;
    *(volatile char *)base = 'x';
    return 1;
}

static int attack_mprotect(int fd, void *base)
{
    (void)fd;
    return mprotect(base, BYTES, PROT_READ | PROT_WRITE) != 0 ? 0 : 1;
}

static int attack_map_writable(int fd, void *base)
{
    (void)base;
    return mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED ? 0 : 1;
}

/* The descriptor is read-only, but what it names can be opened anew for writing: the seal holds. */
static int attack_reopen(int fd, void *base)
{
    char path[64];
    (void)base;
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int rw = open(path, O_RDWR);
    return rw < 0 || (mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, rw, 0) == MAP_FAILED &&
                      write(rw, "x", 1) < 0)
               ? 0
               : 1;
}

static int attack_shrink(int fd, void *base)
{
    char path[64];
    (void)base;
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int rw = open(path, O_RDWR);
    return rw < 0 || (ftruncate(rw, 0) != 0 && ftruncate(rw, (off_t)2 * BYTES) != 0) ? 0 : 1;
}

/* The wait status of a child that maps fd read-only and attacks. */
static int attack_status(int fd, attack_fn *attack)
{
    int status = -1;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        const void *base = NULL;
        (void)signal(SIGSEGV, SIG_DFL);
        (void)signal(SIGBUS, SIG_DFL);
        _exit(shm_map_ro(fd, BYTES, &base, NULL) ? attack(fd, (void *)(uintptr_t)base) : 2);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static int setup(void **state)
{
    struct shm *s = malloc(sizeof *s);
    struct err err = { 0 };
    *state = s;
    return s != NULL && shm_create(s, BYTES, &err) ? 0 : -1;
}

static int teardown(void **state)
{
    shm_destroy(*state);
    free(*state);
    return 0;
}

static void shm_new_is_all_zero(void **state)
{
    const struct shm *s = *state;
    const unsigned char *bytes = s->base;
    for (size_t i = 0; i < BYTES; i++) {
        assert_int_equal(bytes[i], 0);
    }
}

static void shm_owner_writes_reader_sees_it(void **state)
{
    const struct shm *s = *state;
    const void *ro;
    struct err err = { 0 };
    assert_true(shm_map_ro(s->fd_ro, BYTES, &ro, &err));
    memcpy(s->base, "quote", 6);
    assert_string_equal((const char *)ro, "quote");
    shm_unmap_ro(ro, BYTES);
}

static void shm_store_by_reader_kills_it(void **state)
{
    const struct shm *s = *state;
    int status = attack_status(s->fd_ro, attack_store);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGSEGV);
    assert_int_equal(*(char *)s->base, 0);
}

static void shm_mprotect_by_reader_is_refused(void **state)
{
    assert_int_equal(attack_status(((struct shm *)*state)->fd_ro, attack_mprotect), 0);
}

static void shm_writable_map_by_reader_is_refused(void **state)
{
    assert_int_equal(attack_status(((struct shm *)*state)->fd_ro, attack_map_writable), 0);
}

static void shm_reopened_by_reader_still_cannot_be_written(void **state)
{
    assert_int_equal(attack_status(((struct shm *)*state)->fd_ro, attack_reopen), 0);
}

static void shm_size_cannot_be_changed_by_reader(void **state)
{
    assert_int_equal(attack_status(((struct shm *)*state)->fd_ro, attack_shrink), 0);
}

static void shm_descriptor_is_close_on_exec(void **state)
{
    assert_int_equal(fcntl(((struct shm *)*state)->fd_ro, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

static void shm_of_no_bytes_is_refused(void **state)
{
    (void)state;
    struct shm s;
    struct err err = { 0 };
    assert_false(shm_create(&s, 0, &err));
    assert_int_equal(err.code, ERR_INVALID);
    assert_null(s.base);
}

static void shm_note_is_written_by_both_sides(void **state)
{
    (void)state;
    struct shm_note n;
    struct err err = { 0 };
    void *theirs;
    assert_true(shm_note_create(&n, 64, &err));
    assert_true(shm_note_map(n.fd, 64, &theirs, &err));
    memcpy(theirs, "crumb", 6);
    assert_string_equal((char *)n.base, "crumb");
    (void)munmap(theirs, 64);
    shm_note_destroy(&n);
}

static void shm_note_cannot_be_cut_short(void **state)
{
    (void)state;
    struct shm_note n;
    struct err err = { 0 };
    assert_true(shm_note_create(&n, 64, &err));
    assert_int_equal(ftruncate(n.fd, 0), -1);
    shm_note_destroy(&n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(shm_new_is_all_zero, setup, teardown),
        cmocka_unit_test_setup_teardown(shm_owner_writes_reader_sees_it, setup, teardown),
        cmocka_unit_test_setup_teardown(shm_descriptor_is_close_on_exec, setup, teardown),
        cmocka_unit_test(shm_of_no_bytes_is_refused),
        cmocka_unit_test(shm_note_is_written_by_both_sides),
#if defined(__linux__)
        cmocka_unit_test_setup_teardown(shm_store_by_reader_kills_it, setup, teardown),
        cmocka_unit_test_setup_teardown(shm_mprotect_by_reader_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(shm_writable_map_by_reader_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(shm_reopened_by_reader_still_cannot_be_written, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(shm_size_cannot_be_changed_by_reader, setup, teardown),
        cmocka_unit_test(shm_note_cannot_be_cut_short),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
