/* SPDX-License-Identifier: MIT */
/*
 * Hostile plugins, all at once beside a healthy one: those that ask for what they may not have, and
 * go on when they do not get it (an animal that does get it aborts); and those that die of what
 * they do. The healthy one says what it says alone, every culprit is named with its cause, and the
 * engine's descriptors and memory are what they were.
 */
#include "bed.h"

#include "log.h"
#include "quarantine.h"
#include "sanitizer.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#if defined(ADDRESS_SANITIZER)
#define DIES_OF(signal) "exit(1)"
enum { SANITIZED = 1 };
#else
#define DIES_OF(signal) signal
enum { SANITIZED = 0 };
#endif

/* "500 ms of CPU time", or "5000 ms of waiting" where others leave it less than a tenth of a core.
 */
#define LOOPS "stopped after 500"

enum { MEMORY_GROWTH_MB = 32 };

/* What the healthy one says alone, and what is in force here. */
struct alone {
    char *said;
    uint32_t fence;
};

static int setup(void **state)
{
    struct bed b;
    static struct alone alone;
    struct buf words;
    (void)setenv("REDIS_PASSWORD", "of the engine alone", 1);
    bed_init(&b);
    bed_add(&b, "healthy");
    bed_start(&b);
    bed_run(&b);
    alone.said = strdup(b.runs[0].said.data);
    alone.fence = pool_get(b.pool, 0)->fence;
    bed_fini(&b);
    buf_init(&words, 1024);
    fence_put_bits(alone.fence, &words);
    print_message("in force: %s\n", words.data != NULL ? words.data : "nothing");
    buf_fini(&words);
    *state = &alone;
    return alone.said != NULL && strlen(alone.said) > 1000 ? 0 : -1;
}

static int teardown(void **state)
{
    struct alone *alone = *state;
    free(alone->said);
    return 0;
}

/* ---- those that go on ------------------------------------------------------------------------ */

/* call: the refused one that is told of; NULL: none is. */
struct tame {
    const char *animal, *call;
    uint32_t needs; /* measures without which it would do harm */
};

static const struct tame tame[] = {
    { "open_file", "openat() in detect() at QQQ 2026-01-15T15:30:45.000Z", FENCE_CALLS },
    { "write_file", "openat() in detect() at QQQ", FENCE_CALLS },
    { "network", "socket() in detect() at QQQ", FENCE_CALLS },
    { "exec", "execve() in detect() at QQQ", FENCE_CALLS },
    { "threads", NULL, FENCE_CALLS },
    { "kill_parent", "kill() in detect() at QQQ", FENCE_CALLS },
    { "kill_self", "kill() in detect() at QQQ", FENCE_CALLS },
    { "ptrace_parent", "ptrace() in detect() at QQQ", FENCE_CALLS },
    { "parent_memory", "process_vm_writev() in detect() at QQQ", FENCE_CALLS },
    { "raise_limits", "prlimit64() in detect() at QQQ", FENCE_CALLS },
    { "chdir", "chdir() in detect() at QQQ", FENCE_CALLS },
    { "stdin_read", NULL, 0 },
    { "secrets", "openat() in detect() at QQQ", FENCE_CALLS },
    { "window_unlock", NULL, FENCE_SEALED },
    { "window_reopen", "openat() in detect() at QQQ", FENCE_CALLS | FENCE_SEALED },
    { "memfd", "memfd_create() in detect() at QQQ", FENCE_CALLS },
    { "leak_fds", "() in detect() at QQQ", FENCE_CALLS },
    { "timers", "() in detect() at QQQ", FENCE_CALLS },
    { "rounding", NULL, 0 },
    { "code_memory", "mmap() in detect() at QQQ", FENCE_CALLS },
    { "become_root", "chroot() in detect() at QQQ", FENCE_CALLS },
    { "loads_more", "openat() in detect() at SPY", FENCE_CALLS },
    { "log_flood", NULL, 0 },
    { "late_emit", NULL, 0 },
    { "changing_tables", NULL, 0 },
#if !defined(ADDRESS_SANITIZER)
    { "shared_leak", NULL, FENCE_MEMORY },
#endif
    { "constructor_attack", "socket() in its constructors", FENCE_CALLS | FENCE_FILES },
};

enum { TAME = sizeof tame / sizeof tame[0] };

static bool shown_here(const struct alone *alone, const struct tame *t)
{
    if ((t->needs & ~alone->fence) == 0) {
        return true;
    }
    print_message("%s: not shown, its fence is not in force here\n", t->animal);
    return false;
}

static void check_tame(const struct bed *b, const struct tame *t, const char *healthy)
{
    size_t i = bed_find(b, t->animal);
    const struct detector *d = pool_get(b->pool, i);
    if (d->restarts != 0 || d->strikes != 0 || d->skipped != 0 || d->reason[0] != '\0') {
        fail_msg("%s: %s", t->animal, d->reason);
    }
    if (strcmp(b->runs[i].said.data, healthy) != 0) {
        fail_msg("%s says something else", t->animal);
    }
    if (t->call != NULL ? strstr(d->refused_call, t->call) == NULL : d->refused_calls != 0) {
        fail_msg("%s: refused: %s", t->animal, d->refused_call);
    }
}

static size_t open_descriptors(void)
{
    size_t n = 0;
    DIR *d = opendir("/proc/self/fd");
    while (d != NULL && readdir(d) != NULL) {
        n++;
    }
    if (d != NULL) {
        (void)closedir(d);
    }
    return n;
}

static long resident_mb(void)
{
    long size = 0, pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f != NULL) {
        (void)(fscanf(f, "%ld %ld", &size, &pages) == 2);
        (void)fclose(f);
    }
    return pages * (sysconf(_SC_PAGESIZE) / 1024) / 1024;
}

static void check_healthy(const struct bed *b, const char *healthy)
{
    size_t i = bed_find(b, "healthy");
    const struct detector *d = pool_get(b->pool, i);
    assert_string_equal(b->runs[i].said.data, healthy);
    assert_int_equal(d->restarts, 0);
    assert_int_equal(d->strikes, 0);
    assert_int_equal(d->skipped, 0);
    assert_int_equal(d->refused_calls, 0);
}

static void fence_lets_nobody_have_what_is_refused(void **state)
{
    const struct alone *alone = *state;
    struct bed b;
    bed_init(&b);
    size_t fds = open_descriptors();
    long mb = resident_mb();
    bed_add(&b, "healthy");
    for (size_t i = 0; i < TAME; i++) {
        if (shown_here(alone, &tame[i])) {
            bed_add(&b, tame[i].animal);
        }
    }
    bed_start(&b);
    bed_run(&b);
    check_healthy(&b, alone->said);
    for (size_t i = 0; i < TAME; i++) {
        if ((tame[i].needs & ~alone->fence) == 0) {
            check_tame(&b, &tame[i], alone->said);
        }
    }
    assert_int_not_equal(access("/tmp/orderflow-zoo-was-here", F_OK), 0);
    if (!SANITIZED) {
        assert_true(resident_mb() - mb < MEMORY_GROWTH_MB);
    }
    pool_destroy(b.pool);
    b.pool = NULL;
    assert_int_equal(open_descriptors(), fds);
    bed_fini(&b);
}

/* ---- those that die ----------------------------------------------------------------------------
 */

struct wild {
    const char *animal, *reason;
};

static const struct wild wild[] = {
    { "null_write", DIES_OF("SIGSEGV") " in detect() at QQQ 2026-01-15T15:30:45.000Z" },
    { "window_write", DIES_OF("SIGSEGV") " in detect() at QQQ" },
    { "abort", "SIGABRT in detect() at QQQ" },
    { "exit_zero", "in detect() at QQQ" },
    { "exit_now", "exit(0) in detect() at QQQ" },
    { "stack_overflow", DIES_OF("SIGSEGV") " in detect() at QQQ" },
    { "huge_alloca", DIES_OF("SIGSEGV") " in detect() at QQQ" },
    { "heap_smash", DIES_OF("SIGABRT") " in detect() at QQQ" },
    { "endless", LOOPS },
#if !defined(ADDRESS_SANITIZER)
    { "leak", "SIGSEGV in detect() at QQQ" },
    { "signal_handlers", LOOPS },
    { "blocked_signals", "SIGSYS in detect() at QQQ" },
#endif
    { "close_all", "it closed its channel in detect() at QQQ" },
    { "nonsense", "it sent nonsense: " },
};

enum { WILD = sizeof wild / sizeof wild[0], TICKS_OF_BOTH = 2 };

/* What the healthy one says, without the jobs of the tick at which the others die. */
static void without_the_tick(const char *healthy, struct buf *out)
{
    for (const char *line = healthy; *line != '\0'; line = strchr(line, '\n') + 1) {
        if (strtol(line, NULL, 10) / BED_TICKERS + 1 != 5) {
            buf_add(out, line, (size_t)(strchr(line, '\n') + 1 - line));
        }
    }
}

static void check_wild(const struct bed *b, const struct wild *w, const char *rest)
{
    size_t i = bed_find(b, w->animal);
    const struct detector *d = pool_get(b->pool, i);
    if (strstr(d->reason, w->reason) == NULL) {
        fail_msg("%s: %s", w->animal, d->reason);
    }
    if (strcmp(b->runs[i].said.data, rest) != 0) {
        fail_msg("%s says something else", w->animal);
    }
    assert_int_equal(b->runs[i].skipped, TICKS_OF_BOTH);
    assert_int_equal(d->skipped, TICKS_OF_BOTH);
    assert_int_equal(d->restarts, TICKS_OF_BOTH * POOL_DEATHS_MAX);
    assert_int_equal(d->strikes, TICKS_OF_BOTH * POOL_DEATHS_MAX);
}

static void fence_names_what_each_died_of(void **state)
{
    const struct alone *alone = *state;
    struct bed b;
    struct buf rest;
    buf_init(&rest, 1 << 20);
    without_the_tick(alone->said, &rest);
    bed_init(&b);
    size_t fds = open_descriptors();
    bed_add(&b, "healthy");
    for (size_t i = 0; i < WILD; i++) {
        bed_add(&b, wild[i].animal);
    }
    bed_start(&b);
    bed_run(&b);
    check_healthy(&b, alone->said);
    for (size_t i = 0; i < WILD; i++) {
        check_wild(&b, &wild[i], rest.data);
    }
    pool_destroy(b.pool);
    b.pool = NULL;
    assert_int_equal(open_descriptors(), fds);
    bed_fini(&b);
    buf_fini(&rest);
}

/* ---- those that are a case of their own -------------------------------------------------------
 */

static const struct detector *run_beside(struct bed *b, void **state, const char *animal)
{
    const struct alone *alone = *state;
    bed_init(b);
    bed_add(b, "healthy");
    bed_add(b, animal);
    bed_start(b);
    bed_run(b);
    check_healthy(b, alone->said);
    return pool_get(b->pool, bed_find(b, animal));
}

static void fence_window_remapped_deceives_its_owner_alone(void **state)
{
    struct bed b;
    bed_init(&b);
    double sizes[8];
    struct rows rows = window_rows(&b.windows[0]);
    memcpy(sizes, rows.bid_sz, sizeof sizes);
    bed_fini(&b);
    (void)run_beside(&b, state, "window_remap");
    rows = window_rows(&b.windows[0]);
    assert_memory_equal(sizes, rows.bid_sz, sizeof sizes);
    bed_fini(&b);
}

static void fence_pattern_at_every_other_tick_is_no_fault(void **state)
{
    struct bed b;
    const struct detector *d = run_beside(&b, state, "flips");
    assert_int_equal(d->restarts + d->strikes, 0);
    assert_int_equal(d->emitted, BED_TICKERS * BED_TICKS / 2);
    bed_fini(&b);
}

/* The library may block all signals around fork(): then it is ended instead of refused. */
static void fence_fork_bomb_gets_no_process(void **state)
{
    const struct alone *alone = *state;
    struct bed b;
    if ((alone->fence & FENCE_CALLS) == 0) {
        skip();
    }
    const struct detector *d = run_beside(&b, state, "fork_bomb");
    if (strstr(d->refused_call, "clone() in detect()") == NULL &&
        strstr(d->reason, "SIGSYS in detect()") == NULL) {
        fail_msg("%s / %s", d->refused_call, d->reason);
    }
    bed_fini(&b);
}

static void fence_recursion_in_create_costs_the_ticker(void **state)
{
    struct bed b;
    const struct detector *d = run_beside(&b, state, "create_recursion");
    assert_non_null(strstr(d->reason, DIES_OF("SIGSEGV") " in create() for QQQ"));
    assert_int_equal(b.runs[bed_find(&b, "create_recursion")].skipped, BED_TICKERS * BED_TICKS);
    bed_fini(&b);
}

static void fence_declaration_that_changes_never_runs(void **state)
{
    struct bed b;
    (void)state;
    bed_init(&b);
    bed_add(&b, "shifty");
    bed_start(&b);
    struct mono deadline = mono_after_ms(clock_mono(), 60000);
    while (pool_get(b.pool, 0)->restarts < 2) {
        assert_true(mono_ms_until(clock_mono(), deadline) > 0);
        bed_poll(&b);
    }
    assert_non_null(
        strstr(pool_get(b.pool, 0)->reason, "the file is another than the one that was described"));
    assert_int_equal(pool_get(b.pool, 0)->jobs_done, 0);
    bed_fini(&b);
}

/* As `cp` does it: the same file, other bytes, then none. */
static void fence_file_overwritten_while_loaded_changes_nothing(void **state)
{
    const struct alone *alone = *state;
    struct bed b;
    char path[128];
    bed_init(&b);
    bed_add(&b, "healthy");
    bed_start(&b);
    b.batch_max = 4;
    bed_step(&b, 10);
    (void)snprintf(path, sizeof path, "%s/healthy.so", b.dir);
    FILE *f = fopen(path, "r+b");
    assert_non_null(f);
    for (int i = 0; i < 16384; i++) {
        assert_int_not_equal(fputc(0xcc, f), EOF);
    }
    assert_int_equal(fclose(f), 0);
    bed_step(&b, 10);
    assert_int_equal(truncate(path, 0), 0);
    bed_run(&b);
    check_healthy(&b, alone->said);
    bed_fini(&b);
}

static void expect_refused(void **state, const char *animal, const char *reason)
{
    struct bed b;
    char file[64];
    (void)snprintf(file, sizeof file, "%s.so", animal);
    bed_init(&b);
    bed_add(&b, "healthy");
    bed_add(&b, animal);
    bed_start(&b);
    bed_run(&b);
    check_healthy(&b, ((const struct alone *)*state)->said);
    const struct detector *d = pool_get(b.pool, bed_find(&b, file));
    assert_int_equal(d->state, DETECTOR_REFUSED);
    if (strstr(d->reason, reason) == NULL) {
        fail_msg("%s: %s", animal, d->reason);
    }
    bed_fini(&b);
}

static void fence_sizes_that_lie_are_refused(void **state)
{
    expect_refused(state, "lying_sizes", "field");
}

static void fence_strings_that_break_the_terminal_are_refused(void **state)
{
    expect_refused(state, "bad_strings", "description");
}

static void fence_id_that_is_a_path_is_refused(void **state)
{
    expect_refused(state, "bad_id", "id");
}

/* ---- strikes --------------------------------------------------------------------------------- */

static void strike_bed(struct bed *b, const char *animal, size_t strikes)
{
    static char dir[96];
    bed_init(b);
    (void)snprintf(dir, sizeof dir, "%s.quarantine", b->dir);
    b->cfg.strikes_max = strikes;
    b->cfg.strikes_within_ms = 600000;
    b->cfg.quarantine_dir = dir;
    bed_add(b, animal);
    bed_start(b);
}

static void feed_until_held(struct bed *b)
{
    struct mono deadline = mono_after_ms(clock_mono(), 60000);
    while (pool_get(b->pool, 0)->state != DETECTOR_QUARANTINED) {
        assert_true(mono_ms_until(clock_mono(), deadline) > 0);
        bed_begin(b);
        bed_poll(b);
    }
}

static void strike_end(struct bed *b)
{
    size_t n;
    char dir[96];
    (void)snprintf(dir, sizeof dir, "%s", b->cfg.quarantine_dir);
    const char *id = pool_get(b->pool, 0)->decl.id;
    assert_true(quarantine_release(dir, id, &n, NULL));
    bed_fini(b);
    assert_int_equal(rmdir(dir), 0);
}

static void strikes_too_many_hold_the_build_until_it_is_released(void **state)
{
    struct bed b;
    struct quarantined q;
    size_t n;
    (void)state;
    strike_bed(&b, "null_write", 3);
    feed_until_held(&b);
    const struct detector *d = pool_get(b.pool, 0);
    assert_int_equal(d->strikes, 3);
    assert_int_equal(d->restarts, 2);
    assert_int_equal(d->pid, 0);
    assert_true(quarantine_find(b.cfg.quarantine_dir, "null_write", d->sha256, &q));
    assert_non_null(strstr(q.reason, " in detect() at QQQ 2026-01-15T15:30:45.000Z"));
    assert_true(quarantine_release(b.cfg.quarantine_dir, "null_write", &n, NULL));
    assert_int_equal(n, 1);
    bed_wait_state(&b, 0, DETECTOR_READY);
    assert_string_equal(pool_get(b.pool, 0)->reason, "");
    strike_end(&b);
}

static void strikes_are_kept_across_pools(void **state)
{
    struct bed b;
    (void)state;
    strike_bed(&b, "exit_now", 1);
    feed_until_held(&b);
    pool_destroy(b.pool);
    bed_start(&b);
    for (int i = 0; i < 5; i++) {
        bed_poll(&b);
    }
    assert_int_equal(pool_get(b.pool, 0)->state, DETECTOR_QUARANTINED);
    assert_int_equal(pool_get(b.pool, 0)->restarts, 0);
    assert_non_null(strstr(pool_get(b.pool, 0)->reason, "exit(0) in detect() at SPY"));
    pool_reconsider(b.pool); /* other settings are no release */
    bed_poll(&b);
    assert_int_equal(pool_get(b.pool, 0)->state, DETECTOR_QUARANTINED);
    strike_end(&b);
}

static void strikes_without_a_folder_hold_all_the_same(void **state)
{
    struct bed b;
    (void)state;
    strike_bed(&b, "abort", 2);
    b.cfg.quarantine_dir = "";
    pool_destroy(b.pool);
    bed_start(&b);
    feed_until_held(&b);
    bed_poll(&b);
    assert_int_equal(pool_get(b.pool, 0)->state, DETECTOR_QUARANTINED);
    bed_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fence_lets_nobody_have_what_is_refused),
        cmocka_unit_test(fence_names_what_each_died_of),
        cmocka_unit_test(fence_window_remapped_deceives_its_owner_alone),
        cmocka_unit_test(fence_pattern_at_every_other_tick_is_no_fault),
        cmocka_unit_test(fence_fork_bomb_gets_no_process),
        cmocka_unit_test(fence_recursion_in_create_costs_the_ticker),
        cmocka_unit_test(fence_declaration_that_changes_never_runs),
        cmocka_unit_test(fence_file_overwritten_while_loaded_changes_nothing),
        cmocka_unit_test(fence_sizes_that_lie_are_refused),
        cmocka_unit_test(fence_strings_that_break_the_terminal_are_refused),
        cmocka_unit_test(fence_id_that_is_a_path_is_refused),
        cmocka_unit_test(strikes_too_many_hold_the_build_until_it_is_released),
        cmocka_unit_test(strikes_are_kept_across_pools),
        cmocka_unit_test(strikes_without_a_folder_hold_all_the_same),
    };
    log_setup("test_fence", LOG_WARN, LOG_TEXT);
    return cmocka_run_group_tests(tests, setup, teardown);
}
