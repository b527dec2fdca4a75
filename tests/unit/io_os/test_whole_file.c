/* SPDX-License-Identifier: MIT */
/* A file is whole or not there, whatever ends the process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "whole_file.h"

#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct place {
    char dir[64], path[128], part[128];
};

static void make(struct place *p)
{
    (void)snprintf(p->dir, sizeof p->dir, "/tmp/of-whole-XXXXXX");
    assert_non_null(mkdtemp(p->dir));
    (void)snprintf(p->path, sizeof p->path, "%s/report.json", p->dir);
    (void)snprintf(p->part, sizeof p->part, "%s/report.json.part", p->dir);
}

/* How many names there are in the folder. */
static int names(const struct place *p)
{
    int n = 0;
    DIR *d = opendir(p->dir);
    assert_non_null(d);
    for (const struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
        n += e->d_name[0] != '.';
    }
    (void)closedir(d);
    return n;
}

static void put(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    (void)fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

static void holds(const char *path, const char *text)
{
    char read[64] = "";
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    (void)fread(read, 1, sizeof read - 1, f);
    (void)fclose(f);
    assert_string_equal(read, text);
}

static void clear(const struct place *p)
{
    (void)unlink(p->path);
    (void)unlink(p->part);
    assert_int_equal(rmdir(p->dir), 0);
}

static void a_whole_file_takes_its_place(void **state)
{
    (void)state;
    struct place p;
    struct whole_file w;
    struct err err = { 0 };
    struct stat st;
    make(&p);
    put(p.path, "old");
    put(p.part, "of a run that was killed");
    mode_t mask = umask(027);
    assert_true(whole_file_open(&w, p.path, &err));
    (void)umask(mask);
    assert_int_equal(access(p.part, F_OK) == 0, !w.nameless);
    (void)fputs("new", w.out);
    holds(p.path, "old");
    assert_true(whole_file_close(&w, true, &err));
    holds(p.path, "new");
    assert_int_equal(names(&p), 1);
    assert_int_equal(stat(p.path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
    clear(&p);
}

static void half_a_file_goes(void **state)
{
    (void)state;
    struct place p;
    struct whole_file w;
    struct err err = { 0 };
    make(&p);
    put(p.path, "old");
    assert_true(whole_file_open(&w, p.path, &err));
    (void)fputs("new", w.out);
    assert_false(whole_file_close(&w, false, &err));
    assert_int_equal(err.code, ERR_NONE);
    holds(p.path, "old");
    assert_int_equal(names(&p), 1);
    clear(&p);
}

static void a_killed_process_leaves_nothing_that_lasts(void **state)
{
    (void)state;
    struct place p;
    make(&p);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct whole_file w;
        if (whole_file_open(&w, p.path, NULL)) {
            (void)fputs("half", w.out);
            (void)fflush(w.out);
        }
        (void)raise(SIGKILL);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_not_equal(access(p.path, F_OK), 0);
    struct whole_file w;
    assert_true(whole_file_open(&w, p.path, NULL));
    if (w.nameless) { /* where the system can, not even PATH.part was there */
        assert_int_equal(names(&p), 0);
    }
    assert_false(whole_file_close(&w, false, NULL));
    assert_int_equal(names(&p), 0);
    clear(&p);
}

static void what_cannot_be_written_is_known_before(void **state)
{
    (void)state;
    struct place p;
    struct err err = { 0 };
    char fifo[128], none[128];
    make(&p);
    (void)snprintf(fifo, sizeof fifo, "%s/pipe", p.dir);
    (void)snprintf(none, sizeof none, "%s/none/report.json", p.dir);
    assert_true(whole_file_check(NULL, &err));
    assert_true(whole_file_check("-", &err));
    assert_true(whole_file_check("/dev/null", &err));
    assert_true(whole_file_check(p.path, &err));
    assert_int_equal(names(&p), 0);
    put(p.path, "old");
    assert_true(whole_file_check(p.path, &err));
    holds(p.path, "old");
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_true(whole_file_check(fifo, &err)); /* nobody reads it: it is not opened */
    assert_int_equal(unlink(fifo), 0);
    assert_int_equal(err.code, ERR_NONE);
    assert_false(whole_file_check(none, &err));
    assert_non_null(strstr(err.text, "none/report.json: No such file"));
    assert_false(whole_file_check(p.dir, &err));
    assert_non_null(strstr(err.text, "Is a directory"));
    assert_int_equal(mkdir(p.part, 0700), 0);
    assert_false(whole_file_check(p.path, &err));
    assert_non_null(strstr(err.text, ".part: "));
    assert_int_equal(rmdir(p.part), 0);
    assert_int_equal(names(&p), 1);
    clear(&p);
}

static void a_full_disk_is_said(void **state)
{
    (void)state;
    struct whole_file w;
    struct err err = { 0 };
    if (access("/dev/full", W_OK) != 0) {
        skip();
    }
    assert_true(whole_file_open(&w, "/dev/full", &err));
    for (int i = 0; i < 4096 && ferror(w.out) == 0; i++) {
        (void)fputs("sixteen bytes...", w.out);
    }
    assert_false(whole_file_close(&w, true, &err));
    assert_non_null(strstr(err.text, "No space left"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_file_takes_its_place),
        cmocka_unit_test(half_a_file_goes),
        cmocka_unit_test(a_killed_process_leaves_nothing_that_lasts),
        cmocka_unit_test(what_cannot_be_written_is_known_before),
        cmocka_unit_test(a_full_disk_is_said),
    };
    return cmocka_run_group_tests_name("whole_file", tests, NULL, NULL);
}
