/* SPDX-License-Identifier: MIT */
/* The plugins directory changes while the pool is at work. */
#include "bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { LOOK_MS = 10, DEADLINE_MS = 60000 };

static int setup(void **state)
{
    struct bed *b = malloc(sizeof *b);
    if (b == NULL) {
        return -1;
    }
    bed_init(b);
    b->cfg.look_ms = LOOK_MS;
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    bed_fini(*state);
    free(*state);
    return 0;
}

/* A bed with the healthy one at work as number 0. */
static struct bed *with_healthy(void **state)
{
    struct bed *b = *state;
    bed_add(b, "healthy");
    bed_start(b);
    bed_wait_state(b, 0, DETECTOR_READY);
    return b;
}

#define WAIT_UNTIL(b, condition)                                                       \
    for (struct mono end_ = mono_after_ms(clock_mono(), DEADLINE_MS); !(condition);) { \
        assert_true(mono_ms_until(clock_mono(), end_) > 0);                            \
        bed_poll(b);                                                                   \
    }

/* As `mv` does it: whole at once. */
static void put(const struct bed *b, const char *animal, const char *file, size_t extra)
{
    char from[128], to[128];
    size_t n;
    unsigned char *bytes = bed_read(animal, &n);
    bytes = realloc(bytes, n + extra);
    assert_non_null(bytes);
    memset(bytes + n, 0, extra);
    bed_add_file((struct bed *)(uintptr_t)b, ".new", bytes, n + extra);
    (void)snprintf(from, sizeof from, "%s/.new", b->dir);
    (void)snprintf(to, sizeof to, "%s/%s", b->dir, file);
    assert_int_equal(rename(from, to), 0);
    free(bytes);
}

static void take_away(const struct bed *b, const char *file)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", b->dir, file);
    assert_int_equal(unlink(path), 0);
}

static const struct detector *at(const struct bed *b, size_t i)
{
    return pool_get(b->pool, i);
}

static void tell(struct bed *b, size_t i)
{
    struct err err = { 0 };
    assert_true(pool_set_ticker(b->pool, i, 0, "SPY", NULL, 0, &err));
}

static size_t heir_of(const struct bed *b, size_t i)
{
    for (size_t k = 0; k < pool_count(b->pool); k++) {
        if (at(b, k)->heir_of == i) {
            return k;
        }
    }
    return NO_DETECTOR;
}

static size_t with_state(const struct bed *b, enum detector_state state)
{
    for (size_t k = 0; k < pool_count(b->pool); k++) {
        if (at(b, k)->state == state) {
            return k;
        }
    }
    return NO_DETECTOR;
}

/* The heir of number 0, when it is there and idle, takes over. */
static void let_succeed(struct bed *b)
{
    WAIT_UNTIL(b, heir_of(b, 0) != NO_DETECTOR && pool_idle(b->pool, heir_of(b, 0)));
    pool_succeed(b->pool, heir_of(b, 0));
}

/* ---- new ------------------------------------------------------------------------------------- */

static void drop_by_rename_runs(void **state)
{
    struct bed *b = *state;
    bed_start(b);
    assert_int_equal(pool_count(b->pool), 0);
    put(b, "healthy", "healthy.so", 0);
    WAIT_UNTIL(b, at(b, 0)->state == DETECTOR_READY);
    assert_string_equal(at(b, 0)->decl.id, "healthy");
    assert_int_equal(strlen(at(b, 0)->sha256), 64);
}

static void drop_in_pieces_runs_once_it_is_whole(void **state)
{
    struct bed *b = *state;
    char path[128];
    size_t n;
    unsigned char *bytes = bed_read("healthy", &n);
    bed_start(b);
    (void)snprintf(path, sizeof path, "%s/healthy.so", b->dir);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    for (size_t part = 0; part < 3; part++) {
        size_t from = n * part / 3, to = n * (part + 1) / 3;
        assert_int_equal(fwrite(bytes + from, 1, to - from, f), to - from);
        assert_int_equal(fflush(f), 0);
        if (to < n) { /* slow enough to be taken for whole */
            WAIT_UNTIL(b, at(b, 0)->state == DETECTOR_REFUSED);
            assert_string_equal(at(b, 0)->reason, "truncated file");
        }
    }
    (void)fclose(f);
    free(bytes);
    WAIT_UNTIL(b, with_state(b, DETECTOR_READY) != NO_DETECTOR);
    assert_int_equal(with_state(b, DETECTOR_REFUSED), NO_DETECTOR);
}

static void drop_under_another_suffix_is_not_looked_at(void **state)
{
    struct bed *b = with_healthy(state);
    put(b, "abort", "abort.so.tmp", 0);
    put(b, "abort", ".abort.so", 0);
    put(b, "exit_zero", "exit_zero.so", 0);
    WAIT_UNTIL(b, pool_count(b->pool) == 2 && at(b, 1)->state == DETECTOR_READY);
    assert_string_equal(at(b, 1)->decl.id, "exit_zero");
}

static void drop_that_hangs_in_its_constructors_holds_nobody_up(void **state)
{
    struct bed *b = with_healthy(state);
    put(b, "constructor_hang", "constructor_hang.so", 0);
    WAIT_UNTIL(b, !pool_described(b->pool));
    bed_run(b);
    assert_false(pool_described(b->pool));
    assert_int_equal(pool_count(b->pool), 1);
    WAIT_UNTIL(b, pool_count(b->pool) == 2);
    assert_int_equal(at(b, 1)->state, DETECTOR_REFUSED);
    assert_non_null(strstr(at(b, 1)->reason, "stopped in its constructors"));
}

/* ---- changed --------------------------------------------------------------------------------- */

static void replaced_file_runs_beside_and_takes_over(void **state)
{
    struct bed *b = with_healthy(state);
    char before[SHA256_HEX_MAX];
    uint64_t serial = at(b, 0)->serial;
    int pid = at(b, 0)->pid;
    memcpy(before, at(b, 0)->sha256, sizeof before);
    put(b, "healthy", "healthy.so", 16);
    WAIT_UNTIL(b, heir_of(b, 0) != NO_DETECTOR && pool_idle(b->pool, heir_of(b, 0)));
    assert_int_equal(at(b, 0)->pid, pid);
    assert_int_equal(at(b, 0)->state, DETECTOR_READY);
    pool_succeed(b->pool, heir_of(b, 0));
    assert_int_not_equal(at(b, 0)->pid, pid);
    assert_string_not_equal(at(b, 0)->sha256, before);
    assert_int_equal(at(b, 0)->serial, serial);
    assert_int_equal(heir_of(b, 0), NO_DETECTOR);
    assert_int_equal(pool_count(b->pool), 1);
}

static void expect_kept(void **state, const char *animal, const char *why)
{
    struct bed *b = with_healthy(state);
    int pid = at(b, 0)->pid;
    put(b, animal, "healthy.so", 0);
    WAIT_UNTIL(b, heir_of(b, 0) != NO_DETECTOR || at(b, 0)->note[0] != '\0');
    if (heir_of(b, 0) != NO_DETECTOR) {
        tell(b, heir_of(b, 0));
    }
    WAIT_UNTIL(b, at(b, 0)->note[0] != '\0');
    if (strstr(at(b, 0)->note, why) == NULL) {
        fail_msg("note: %s", at(b, 0)->note);
    }
    for (int i = 0; i < 10; i++) {
        bed_poll(b);
    }
    assert_int_equal(at(b, 0)->pid, pid);
    assert_int_equal(at(b, 0)->state, DETECTOR_READY);
    assert_int_equal(pool_count(b->pool), 1);
    bed_run(b);
    put(b, "healthy", "healthy.so", 32); /* mended */
    let_succeed(b);
    assert_int_not_equal(at(b, 0)->pid, pid);
    WAIT_UNTIL(b, at(b, 0)->note[0] == '\0');
}

static void replaced_by_one_that_crashes_the_old_one_is_kept(void **state)
{
    expect_kept(state, "heir_crash", "a newer build was refused: ");
}

static void replaced_by_one_that_gives_no_instance_the_old_one_is_kept(void **state)
{
    expect_kept(state, "heir_null", "a newer build was refused: create() gave no instance");
}

static void replaced_by_one_that_cannot_be_described_the_old_one_is_kept(void **state)
{
    expect_kept(state, "constructor_crash", "the file now there was refused: ");
}

static void replaced_by_one_that_is_no_plugin_the_old_one_is_kept(void **state)
{
    expect_kept(state, "no_entry", "the file now there was refused: not a plugin");
}

static void replaced_by_the_same_bytes_nothing_happens(void **state)
{
    struct bed *b = with_healthy(state);
    int pid = at(b, 0)->pid;
    put(b, "healthy", "healthy.so", 0);
    put(b, "exit_zero", "marker.so", 0);
    WAIT_UNTIL(b, pool_count(b->pool) == 2 && pool_described(b->pool));
    assert_int_equal(at(b, 0)->pid, pid);
    assert_int_equal(heir_of(b, 0), NO_DETECTOR);
}

/* ---- gone ------------------------------------------------------------------------------------ */

static void removed_file_is_told_and_its_number_is_used_again(void **state)
{
    struct bed *b = with_healthy(state);
    uint64_t serial = at(b, 0)->serial;
    take_away(b, "healthy.so");
    WAIT_UNTIL(b, at(b, 0)->removed);
    pool_release(b->pool, 0);
    assert_int_equal(at(b, 0)->state, DETECTOR_VACANT);
    put(b, "healthy", "healthy.so", 0);
    WAIT_UNTIL(b, at(b, 0)->state == DETECTOR_READY);
    assert_int_not_equal(at(b, 0)->serial, serial);
}

static void renamed_file_goes_on_without_a_pause(void **state)
{
    struct bed *b = with_healthy(state);
    char from[128], to[128];
    int pid = at(b, 0)->pid;
    (void)snprintf(from, sizeof from, "%s/healthy.so", b->dir);
    (void)snprintf(to, sizeof to, "%s/other.so", b->dir);
    assert_int_equal(rename(from, to), 0);
    WAIT_UNTIL(b, strcmp(at(b, 0)->path, to) == 0);
    assert_int_equal(at(b, 0)->pid, pid);
    assert_false(at(b, 0)->removed);
}

static void removed_directory_keeps_what_runs(void **state)
{
    struct bed *b = with_healthy(state);
    char away[80];
    (void)snprintf(away, sizeof away, "%s.away", b->dir);
    assert_int_equal(rename(b->dir, away), 0);
    for (int i = 0; i < 30; i++) {
        bed_poll(b);
    }
    assert_int_equal(at(b, 0)->state, DETECTOR_READY);
    assert_false(at(b, 0)->removed);
    assert_int_equal(rename(away, b->dir), 0);
}

/* ---- twins ----------------------------------------------------------------------------------- */

static void twin_takes_over_when_the_first_is_removed(void **state)
{
    struct bed *b = with_healthy(state);
    put(b, "twin", "twin.so", 0);
    WAIT_UNTIL(b, pool_count(b->pool) == 2);
    assert_int_equal(at(b, 1)->state, DETECTOR_REFUSED);
    assert_non_null(strstr(at(b, 1)->reason, "/healthy.so; "));
    assert_non_null(strstr(at(b, 1)->reason, "/twin.so is not loaded"));
    take_away(b, "healthy.so");
    let_succeed(b);
    assert_non_null(strstr(at(b, 0)->path, "/twin.so"));
    assert_int_equal(at(b, 0)->state, DETECTOR_READY);
    bed_poll(b);
    assert_int_equal(pool_count(b->pool), 1);
}

static void twin_that_comes_first_in_order_takes_over(void **state)
{
    struct bed *b = with_healthy(state);
    put(b, "twin", "a_twin.so", 0);
    let_succeed(b);
    assert_non_null(strstr(at(b, 0)->path, "/a_twin.so"));
    WAIT_UNTIL(b, with_state(b, DETECTOR_REFUSED) != NO_DETECTOR);
    bed_poll(b);
    assert_non_null(strstr(at(b, with_state(b, DETECTOR_REFUSED))->path, "/healthy.so"));
}

int main(void)
{
#define WITH_BED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        WITH_BED(drop_by_rename_runs),
        WITH_BED(drop_in_pieces_runs_once_it_is_whole),
        WITH_BED(drop_under_another_suffix_is_not_looked_at),
        WITH_BED(drop_that_hangs_in_its_constructors_holds_nobody_up),
        WITH_BED(replaced_file_runs_beside_and_takes_over),
        WITH_BED(replaced_by_one_that_crashes_the_old_one_is_kept),
        WITH_BED(replaced_by_one_that_gives_no_instance_the_old_one_is_kept),
        WITH_BED(replaced_by_one_that_cannot_be_described_the_old_one_is_kept),
        WITH_BED(replaced_by_one_that_is_no_plugin_the_old_one_is_kept),
        WITH_BED(replaced_by_the_same_bytes_nothing_happens),
        WITH_BED(removed_file_is_told_and_its_number_is_used_again),
        WITH_BED(renamed_file_goes_on_without_a_pause),
        WITH_BED(removed_directory_keeps_what_runs),
        WITH_BED(twin_takes_over_when_the_first_is_removed),
        WITH_BED(twin_that_comes_first_in_order_takes_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
