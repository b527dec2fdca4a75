/* SPDX-License-Identifier: MIT */
/* Segments on disk: what was flushed is there, whatever is cut off or damaged behind it. */
#include "journal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

struct place {
    char parent[40], dir[60];
};

static int make_place(void **state)
{
    struct place *p = calloc(1, sizeof *p);
    assert_non_null(p);
    (void)snprintf(p->parent, sizeof p->parent, "/tmp/of-journal-XXXXXX");
    assert_non_null(mkdtemp(p->parent));
    (void)snprintf(p->dir, sizeof p->dir, "%s/journal", p->parent);
    *state = p;
    return 0;
}

static int drop_place(void **state)
{
    struct place *p = *state;
    struct journal_list list;
    if (journal_list(p->dir, &list, NULL)) {
        for (size_t i = 0; i < list.n; i++) {
            char path[128];
            (void)snprintf(path, sizeof path, "%s/%s", p->dir, list.items[i].name);
            (void)unlink(path);
        }
    }
    journal_list_free(&list);
    (void)rmdir(p->dir);
    (void)rmdir(p->parent);
    free(p);
    return 0;
}

static struct now at(int64_t s)
{
    return (struct now){ .wall_ns = 1700000000 * NS_PER_S + s * NS_PER_S,
                         .mono = mono_after_ms((struct mono){ 0 }, s * 1000) };
}

static struct journal *begin(const struct place *p, int64_t max_bytes)
{
    struct journal_config cfg = { .dir = p->dir, .max_bytes = max_bytes };
    struct journal *j = journal_create(&cfg);
    assert_non_null(j);
    assert_true(journal_wants_segment(j, at(0)));
    assert_true(journal_begin(j, at(0)));
    assert_true(journal_begun(j, at(0)));
    return j;
}

static void put_rows(struct journal *j, int from, int n)
{
    for (int i = from; i < from + n; i++) {
        struct record r = {
            .type = RECORD_ROW,
            .ticker = (uint32_t)i % 3,
            .row = { .ts_ns = i * NS_PER_MS, .bid_px = i, .ask_px = i + 1, .bid_sz = i }
        };
        journal_put(j, &r);
    }
    journal_flush(j, at(1));
}

/* Rows of a segment in order from `from`; how many. */
static int read_rows(const struct place *p, const struct journal_segment *s, int from,
                     char damage_out[300])
{
    struct err err = { 0 };
    struct record r;
    int n = 0;
    struct journal_reader *reader = journal_reader_open(p->dir, s, &err);
    damage_out[0] = '\0';
    assert_non_null(reader);
    while (journal_next(reader, &r)) {
        assert_int_equal(r.row.bid_px, from + n);
        n++;
    }
    (void)snprintf(damage_out, 300, "%s%s", journal_reader_damage(reader),
                   journal_reader_cut(reader) ? ", cut" : "");
    journal_reader_close(reader);
    return n;
}

static size_t list_one(const struct place *p, struct journal_segment *out)
{
    struct journal_list list;
    assert_true(journal_list(p->dir, &list, NULL));
    size_t n = list.n;
    if (n > 0) {
        *out = list.items[0];
    }
    journal_list_free(&list);
    return n;
}

static void path_of(const struct place *p, const struct journal_segment *s, char out[128])
{
    (void)snprintf(out, 128, "%s/%s", p->dir, s->name);
}

static void segment_holds_what_was_flushed(void **state)
{
    const struct place *p = *state;
    char damage[300];
    struct journal_segment s;
    struct journal *j = begin(p, 0);
    put_rows(j, 0, 100);
    put_rows(j, 100, 50);
    struct record unflushed = { .type = RECORD_END };
    journal_put(j, &unflushed);
    assert_int_equal(list_one(p, &s), 1);
    assert_int_equal(read_rows(p, &s, 0, damage), 150);
    assert_string_equal(damage, "");
    assert_string_equal(journal_state(j), "ok");
    journal_close(j);
}

/* A segment of 20 and 5 rows. */
static void write_two_blocks(const struct place *p, struct journal_segment *s, char path[128],
                             struct stat *st)
{
    struct journal *j = begin(p, 0);
    put_rows(j, 0, 20);
    put_rows(j, 20, 5);
    journal_close(j);
    assert_int_equal(list_one(p, s), 1);
    path_of(p, s, path);
    assert_int_equal(stat(path, st), 0);
}

/* However much is missing at the end: whole blocks are there, the rest is told. */
static void segment_cut_anywhere_gives_its_whole_blocks(void **state)
{
    const struct place *p = *state;
    char path[128], damage[300];
    struct journal_segment s;
    struct stat st;
    write_two_blocks(p, &s, path, &st);
    int before = 25;
    for (off_t n = st.st_size - 1; n >= 0; n--) {
        assert_int_equal(truncate(path, n), 0);
        int rows = read_rows(p, &s, 0, damage);
        assert_true(rows == 20 || rows == 0);
        assert_true(damage[0] == '\0' || strstr(damage, ", cut") != NULL);
        assert_true(rows <= before);
        assert_true((rows == before && damage[0] == '\0') || damage[0] != '\0' || rows < before);
        before = rows;
    }
    /* Nothing of it was written: told, and the other segments are read. */
    assert_int_equal(before, 0);
    assert_non_null(strstr(damage, "damaged at byte 0: shorter than its head"));
}

static void segment_damaged_anywhere_gives_nothing_wrong(void **state)
{
    const struct place *p = *state;
    char path[128], damage[300];
    struct journal_segment s;
    struct stat st;
    write_two_blocks(p, &s, path, &st);
    int fd = open(path, O_RDWR);
    for (off_t i = 0; i < st.st_size; i++) {
        char c;
        assert_int_equal(pread(fd, &c, 1, i), 1);
        char flipped = (char)(c ^ 0x10);
        assert_int_equal(pwrite(fd, &flipped, 1, i), 1);
        int rows = read_rows(p, &s, 0, damage);
        assert_true(rows == 0 || rows == 20);
        assert_true(damage[0] != '\0');
        assert_true(i >= 32 || strstr(damage, "damaged at byte 0: ") != NULL); /* the head */
        assert_int_equal(pwrite(fd, &c, 1, i), 1);
    }
    (void)close(fd);
    assert_int_equal(read_rows(p, &s, 0, damage), 25);
}

static void journal_keeps_to_its_size(void **state)
{
    const struct place *p = *state;
    struct journal *j = begin(p, JOURNAL_MAX_BYTES_MIN);
    int64_t total = 0;
    struct journal_list list;
    for (int i = 0; i < 40; i++) {
        put_rows(j, i * 20000, 20000);
        if (journal_wants_segment(j, at(2))) {
            assert_true(journal_begin(j, at(2)));
            assert_true(journal_begun(j, at(2)));
        }
    }
    assert_true(journal_written_bytes(j) > 2 * JOURNAL_MAX_BYTES_MIN);
    assert_true(journal_list(p->dir, &list, NULL));
    for (size_t i = 0; i < list.n; i++) {
        char path[128];
        struct stat st;
        path_of(p, &list.items[i], path);
        assert_int_equal(stat(path, &st), 0);
        total += st.st_size;
        assert_true(i == 0 || list.items[i].number == list.items[i - 1].number + 1);
    }
    assert_true(list.items[0].number > 0);
    assert_true(total <= JOURNAL_MAX_BYTES_MIN);
    assert_true(total > JOURNAL_MAX_BYTES_MIN / 2);
    journal_list_free(&list);
    journal_close(j);
}

/* As on a full disk: no file grows beyond that. setrlimit(&was) ends it. */
static void limit_files(const struct rlimit *was, rlim_t bytes)
{
    struct rlimit small = *was;
    small.rlim_cur = bytes;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
}

/* A disk that is full: what is whole stays, the state says why, a new session begins 5 s later. */
static void journal_full_disk_is_a_state(void **state)
{
    const struct place *p = *state;
    char damage[300];
    struct journal_segment s;
    struct rlimit was;
    struct journal *j = begin(p, 0);
    put_rows(j, 0, 10);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
    limit_files(&was, 1000);
    put_rows(j, 10, 1000);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
    assert_non_null(strstr(journal_state(j), "cannot write"));
    put_rows(j, 2000, 10);
    assert_false(journal_wants_segment(j, at(2)));
    assert_int_equal(list_one(p, &s), 1);
    assert_int_equal(read_rows(p, &s, 0, damage), 10);
    assert_string_equal(damage, "");
    assert_true(journal_wants_segment(j, at(7)));
    assert_true(journal_begin(j, at(7)));
    assert_string_equal(journal_state(j), "ok");
    assert_int_equal(list_one(p, &s), 2);
    journal_close(j);
}

/* Tried again and again, it leaves no file of which nothing could be written but the head. */
static void journal_full_disk_leaves_no_stubs(void **state)
{
    const struct place *p = *state;
    struct journal_segment s;
    struct rlimit was;
    struct journal *j = begin(p, 0);
    put_rows(j, 0, 10);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
    for (int i = 0; i < 5; i++) {
        limit_files(&was, i % 2 == 0 ? 40 : 10); /* with and without room for the head */
        put_rows(j, 10 + 1000 * i, 1000);
        assert_non_null(strstr(journal_state(j), "cannot write"));
        bool begun = journal_begin(j, at(7 * (i + 1)));
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
        assert_int_equal(begun, i % 2 == 0);
        assert_int_equal(list_one(p, &s), begun ? 2 : 1);
    }
    journal_close(j);
}

static void journal_without_folder_is_a_state(void **state)
{
    (void)state;
    struct journal_config cfg = { .dir = "/nonexistent/a/b", .max_bytes = 0 };
    struct journal *j = journal_create(&cfg);
    assert_non_null(j);
    assert_false(journal_begin(j, at(0)));
    assert_non_null(strstr(journal_state(j), "/nonexistent/a/b: cannot make the folder"));
    struct record end = { .type = RECORD_END };
    journal_put(j, &end);
    journal_flush(j, at(1));
    journal_close(j);
}

int main(void)
{
#define WITH_PLACE(test) cmocka_unit_test_setup_teardown(test, make_place, drop_place)
    const struct CMUnitTest tests[] = {
        WITH_PLACE(segment_holds_what_was_flushed),
        WITH_PLACE(segment_cut_anywhere_gives_its_whole_blocks),
        WITH_PLACE(segment_damaged_anywhere_gives_nothing_wrong),
        WITH_PLACE(journal_keeps_to_its_size),
        WITH_PLACE(journal_full_disk_is_a_state),
        WITH_PLACE(journal_full_disk_leaves_no_stubs),
        cmocka_unit_test(journal_without_folder_is_a_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
