/* SPDX-License-Identifier: MIT */
/* Strikes that age, and the quarantine's files: written, found, refused when they are damaged. */
#include "decimal.h"
#include "log.h"
#include "orderflow/detector.h"
#include "quarantine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define HASH "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define OTHER "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

enum { ROWS = 4, WITHIN_MS = 600000 };

/* ---- strikes --------------------------------------------------------------------------------- */

static size_t strike_at(struct strikes *s, int64_t second, const char *text)
{
    struct now now = { .wall_ns = second * NS_PER_S, .mono = { .ns = second * NS_PER_S } };
    return strikes_add(s, now, WITHIN_MS, text);
}

static void strikes_within_the_time_add_up(void **state)
{
    struct strikes s = { .n = 0 };
    (void)state;
    assert_int_equal(strike_at(&s, 1000, "a"), 1);
    assert_int_equal(strike_at(&s, 1300, "b"), 2);
    assert_int_equal(strike_at(&s, 1600, "c"), 3);
    assert_string_equal(s.items[0].text, "a");
}

static void strikes_older_than_that_are_forgotten(void **state)
{
    struct strikes s = { .n = 0 };
    (void)state;
    (void)strike_at(&s, 1000, "a");
    (void)strike_at(&s, 1001, "b");
    assert_int_equal(strike_at(&s, 1601, "c"), 2);
    assert_string_equal(s.items[0].text, "b");
}

static void strikes_beyond_the_most_push_the_oldest_out(void **state)
{
    struct strikes s = { .n = 0 };
    (void)state;
    for (int i = 0; i < STRIKES_MAX + 5; i++) {
        assert_int_equal(strike_at(&s, 1000 + i, "x"), i < STRIKES_MAX ? i + 1 : STRIKES_MAX);
    }
    assert_int_equal(s.items[0].wall_ns, 1005 * NS_PER_S);
}

/* ---- files ----------------------------------------------------------------------------------- */

struct bed {
    char root[64], dir[80], file[4096];
    struct declaration decl;
    struct strikes strikes;
    double params[2];
    int64_t ts_ns[ROWS], bid_px[ROWS], ask_px[ROWS];
    double bid_sz[ROWS], ask_sz[ROWS];
    uint32_t flags[ROWS];
    struct rows rows;
};

static char crash_param[] = "limit", mode_param[] = "mode", word_a[] = "slow", word_b[] = "fast";

static void fill(struct bed *b)
{
    const int64_t base = INT64_C(1768491040) * NS_PER_S;
    b->decl = (struct declaration){
        .id = "crasher", .window_s = { 10 }, .n_windows = 1, .memory_s = 10, .n_params = 2
    };
    b->decl.params[0] = (struct declared){ .type = OFD_REAL, .key = crash_param, .def = 1 };
    b->decl.params[1] = (struct declared){
        .type = OFD_CHOICE, .key = mode_param, .choices = { word_a, word_b }, .n_choices = 2
    };
    b->params[0] = 2.5;
    b->params[1] = 1;
    for (int i = 0; i < ROWS; i++) {
        b->ts_ns[i] = base + i * NS_PER_S / 2;
        b->bid_px[i] = 600 * PX_ONE + i * PX_ONE / 100;
        b->ask_px[i] = 601 * PX_ONE;
        b->bid_sz[i] = 100 + i;
        b->ask_sz[i] = 0.5;
    }
    b->flags[2] = OFD_ROW_GAP;
    b->rows = (struct rows){ .n = ROWS,
                             .ts_ns = b->ts_ns,
                             .bid_px = b->bid_px,
                             .ask_px = b->ask_px,
                             .bid_sz = b->bid_sz,
                             .ask_sz = b->ask_sz,
                             .flags = b->flags };
}

static struct quarantine_case case_of(struct bed *b)
{
    return (struct quarantine_case){ .decl = &b->decl,
                                     .path = "/plugins/crasher.so",
                                     .sha256 = HASH,
                                     .strikes = &b->strikes,
                                     .signal = "SIGSEGV",
                                     .phase = "detect()",
                                     .wall_ns = INT64_C(1768491050) * NS_PER_S,
                                     .ticker = "SPY",
                                     .params = b->params,
                                     .boundary_ns = b->ts_ns[ROWS - 1],
                                     .px_tick = PX_ONE / 100,
                                     .rows = &b->rows };
}

static int setup(void **state)
{
    struct err err = { 0 };
    struct bed *b = calloc(1, sizeof *b);
    if (b == NULL) {
        return -1;
    }
    *state = b;
    (void)snprintf(b->root, sizeof b->root, "/tmp/orderflow-quarantine-XXXXXX");
    if (mkdtemp(b->root) == NULL) {
        return -1;
    }
    (void)snprintf(b->dir, sizeof b->dir, "%s/a/q", b->root);
    fill(b);
    (void)strike_at(&b->strikes, 1768491050, "SIGSEGV in detect() at SPY 2026-01-15T15:30:41.500Z");
    struct quarantine_case c = case_of(b);
    return quarantine_write(b->dir, &c, b->file, &err) ? 0 : -1;
}

static int teardown(void **state)
{
    struct bed *b = *state;
    size_t n;
    char path[96];
    (void)unlink(b->file);
    (void)rmdir(b->file);
    bool ok = quarantine_release(b->dir, "crasher", &n, NULL);
    (void)rmdir(b->dir);
    (void)snprintf(path, sizeof path, "%s/a", b->root);
    (void)rmdir(path);
    (void)rmdir(b->root);
    free(b);
    return ok ? 0 : -1;
}

static void quarantine_text_is_a_golden_window(void **state)
{
    struct bed *b = *state;
    struct buf text;
    struct quarantine_case c = case_of(b);
    buf_init(&text, 1 << 16);
    quarantine_print(&c, &text);
    assert_string_equal(text.data, "# orderflow quarantine 1\n"
                                   "# detector crasher\n"
                                   "# sha256 " HASH "\n"
                                   "# path /plugins/crasher.so\n"
                                   "# version \n"
                                   "# since 2026-01-15T15:30:50.000Z\n"
                                   "# cause SIGSEGV in detect() at SPY 2026-01-15T15:30:41.500Z\n"
                                   "# signal SIGSEGV\n"
                                   "# phase detect()\n"
                                   "# strike 2026-01-15T15:30:50.000Z SIGSEGV in detect() at SPY "
                                   "2026-01-15T15:30:41.500Z\n"
                                   "# ticker SPY\n"
                                   "# boundary 2026-01-15T15:30:41.500Z\n"
                                   "# Release: orderflow detectors --release crasher\n"
                                   "case crasher\n"
                                   "set limit=2.5\n"
                                   "set mode=fast\n"
                                   "tick 0.01\n"
                                   "1768491040000 600 100.0 601 0.5\n"
                                   "1768491040500 600.01 101.0 601 0.5\n"
                                   "1768491041000 600.02 102.0 601 0.5 gap\n"
                                   "1768491041500 600.03 103.0 601 0.5\n");
    buf_fini(&text);
}

static void quarantine_rows_that_moved_are_not_written(void **state)
{
    struct bed *b = *state;
    struct buf text;
    struct quarantine_case c = case_of(b);
    buf_init(&text, 1 << 16);
    b->ts_ns[1] = b->ts_ns[3] + 1;
    quarantine_print(&c, &text);
    assert_non_null(strstr(text.data, "the rows had moved on"));
    assert_null(strstr(text.data, "600.02"));
    buf_fini(&text);
}

static void quarantine_holds_that_build_and_no_other(void **state)
{
    struct bed *b = *state;
    struct quarantined q;
    assert_true(quarantine_find(b->dir, "crasher", HASH, &q));
    assert_string_equal(q.reason, "SIGSEGV in detect() at SPY 2026-01-15T15:30:41.500Z");
    assert_string_equal(q.since, "2026-01-15T15:30:50.000Z");
    assert_string_equal(q.path, "/plugins/crasher.so");
    assert_string_equal(q.file, b->file);
    assert_false(quarantine_find(b->dir, "crasher", OTHER, &q));
    assert_false(quarantine_find(b->dir, "other", HASH, &q));
    assert_false(quarantine_find("/nonexistent", "crasher", HASH, &q));
}

static void quarantine_release_frees_all_builds_of_one_detector(void **state)
{
    struct bed *b = *state;
    struct quarantined q, *all;
    size_t n, bad;
    struct err err = { 0 };
    struct quarantine_case c = case_of(b);
    c.sha256 = OTHER;
    assert_true(quarantine_write(b->dir, &c, NULL, &err));
    assert_true(quarantine_list(b->dir, &all, &n, &bad, &err));
    assert_int_equal(n, 2);
    assert_int_equal(bad, 0);
    free(all);
    assert_true(quarantine_release(b->dir, "crash", &n, &err));
    assert_int_equal(n, 0);
    assert_true(quarantine_release(b->dir, "crasher", &n, &err));
    assert_int_equal(n, 2);
    assert_false(quarantine_find(b->dir, "crasher", HASH, &q));
    assert_true(quarantine_list("/nonexistent", &all, &n, &bad, &err));
    assert_int_equal(n, 0);
}

static void damage(const struct bed *b, const char *bytes, size_t n)
{
    FILE *f = fopen(b->file, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

/* Cut or changed anywhere in its head: it holds nobody, or the same one; never a crash. */
static void quarantine_damaged_file_holds_nobody(void **state)
{
    struct bed *b = *state;
    struct quarantined q, *all;
    size_t n, bad;
    char good[8192];
    FILE *f = fopen(b->file, "rb");
    assert_non_null(f);
    size_t bytes = fread(good, 1, sizeof good, f);
    (void)fclose(f);
    size_t head = (size_t)(strstr(good, "# signal") - good);
    for (size_t i = 0; i < head - 1; i++) {
        damage(b, good, i);
        assert_false(quarantine_find(b->dir, "crasher", HASH, &q));
    }
    for (size_t i = 0; i < (size_t)(strstr(good, "# path") - good); i++) {
        char was = good[i];
        good[i] = '\0';
        damage(b, good, bytes);
        good[i] = was;
        assert_false(quarantine_find(b->dir, "crasher", HASH, &q));
    }
    assert_true(quarantine_list(b->dir, &all, &n, &bad, NULL));
    assert_int_equal(n, 0);
    assert_int_equal(bad, 1);
}

static void quarantine_file_that_is_none_does_not_wait(void **state)
{
    struct bed *b = *state;
    struct quarantined q;
    assert_int_equal(unlink(b->file), 0);
    assert_int_equal(mkfifo(b->file, 0600), 0);
    assert_false(quarantine_find(b->dir, "crasher", HASH, &q));
    assert_int_equal(unlink(b->file), 0);
    assert_int_equal(symlink("/etc/passwd", b->file), 0);
    assert_false(quarantine_find(b->dir, "crasher", HASH, &q));
    assert_int_equal(unlink(b->file), 0);
    assert_int_equal(mkdir(b->file, 0700), 0);
    assert_false(quarantine_find(b->dir, "crasher", HASH, &q));
}

static void quarantine_that_cannot_be_written_says_where(void **state)
{
    struct bed *b = *state;
    struct err err = { 0 };
    struct quarantine_case c = case_of(b);
    assert_false(quarantine_write("/proc/nowhere/q", &c, NULL, &err));
    assert_non_null(strstr(err.text, "/proc/nowhere/q"));
}

#define IN_BED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strikes_within_the_time_add_up),
        cmocka_unit_test(strikes_older_than_that_are_forgotten),
        cmocka_unit_test(strikes_beyond_the_most_push_the_oldest_out),
        IN_BED(quarantine_text_is_a_golden_window),
        IN_BED(quarantine_rows_that_moved_are_not_written),
        IN_BED(quarantine_holds_that_build_and_no_other),
        IN_BED(quarantine_release_frees_all_builds_of_one_detector),
        IN_BED(quarantine_damaged_file_holds_nobody),
        IN_BED(quarantine_file_that_is_none_does_not_wait),
        IN_BED(quarantine_that_cannot_be_written_says_where),
    };
    log_setup("test_quarantine", LOG_ERROR, LOG_TEXT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
