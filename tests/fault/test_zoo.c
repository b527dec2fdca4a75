/* SPDX-License-Identifier: MIT */
/* Clumsy plugins, each beside a healthy one: the healthy one must say what it says alone, and the
 * animal must be named with what it did. Those that die or attack are in test_fence.c. */
#include "bed.h"
#include "sanitizer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The sanitizer catches the signal, prints, and exits. */
#if defined(ADDRESS_SANITIZER)
#define DIES_OF(signal) "exit(1)"
#else
#define DIES_OF(signal) signal
#endif

enum { TICKS_OF_BOTH = 2, DEATHS_OF_BOTH = TICKS_OF_BOTH * POOL_DEATHS_MAX };

static int setup(void **state)
{
    *state = bed_said_alone();
    return *state != NULL && strlen(*state) > 1000 ? 0 : -1;
}

static int teardown(void **state)
{
    free(*state);
    return 0;
}

/* Runs it to the end beside the healthy one. The bed stays open for questions. */
static const struct detector *run_beside(struct bed *b, void **state, const char *animal)
{
    bed_add(b, "healthy");
    bed_add(b, animal);
    bed_start(b);
    bed_run(b);
    size_t healthy = bed_find(b, "healthy");
    assert_string_equal(b->runs[healthy].said.data, (const char *)*state);
    assert_int_equal(pool_get(b->pool, healthy)->restarts, 0);
    assert_int_equal(pool_get(b->pool, healthy)->strikes, 0);
    return pool_get(b->pool, bed_find(b, animal));
}

static void zoo_sleeper_is_stopped_by_the_wall(void **state)
{
    struct bed b;
    bed_init(&b);
    b.cfg.deadline_ms = 100;
    b.cfg.budget_ms = 50;
    const struct detector *d = run_beside(&b, state, "sleeper");
    assert_non_null(strstr(d->reason, "stopped after 1000 ms of waiting in detect()"));
    assert_int_equal(d->restarts, DEATHS_OF_BOTH);
    assert_true(d->late >= DEATHS_OF_BOTH);
    bed_fini(&b);
}

static void zoo_flood_of_output_harms_nobody(void **state)
{
    struct bed b;
    bed_init(&b);
    const struct detector *d = run_beside(&b, state, "flood");
    assert_int_equal(d->restarts, 0);
    assert_string_equal(b.runs[bed_find(&b, "flood")].said.data, (const char *)*state);
    bed_fini(&b);
}

static void zoo_bad_values_are_each_refused_and_counted(void **state)
{
    struct bed b;
    bed_init(&b);
    const struct detector *d = run_beside(&b, state, "bad_values");
    assert_string_equal(d->reason, "");
    assert_int_equal(d->refused_emits, TICKS_OF_BOTH * 19);
    assert_int_equal(d->strikes, TICKS_OF_BOTH);
    assert_string_equal(b.runs[bed_find(&b, "bad_values")].said.data, (const char *)*state);
    bed_fini(&b);
}

static void zoo_million_emits_are_cut_at_the_limit(void **state)
{
    struct bed b;
    bed_init(&b);
    const struct detector *d = run_beside(&b, state, "million_emits");
    const struct detector *healthy = pool_get(b.pool, bed_find(&b, "healthy"));
    assert_int_equal(d->restarts, 0);
    assert_true(d->refused_emits >= TICKS_OF_BOTH * (1000000 - EMITS_MAX));
    assert_true(d->emitted >= TICKS_OF_BOTH * EMITS_MAX);
    assert_true(d->emitted <= TICKS_OF_BOTH * EMITS_MAX + healthy->emitted);
    bed_fini(&b);
}

static void zoo_negative_answers_are_strikes_and_nothing_else(void **state)
{
    struct bed b;
    bed_init(&b);
    const struct detector *d = run_beside(&b, state, "negative");
    assert_int_equal(b.runs[bed_find(&b, "negative")].negative, BED_TICKERS * BED_TICKS);
    assert_int_equal(d->strikes, BED_TICKERS * BED_TICKS);
    assert_int_equal(d->restarts, 0);
    bed_fini(&b);
}

static void zoo_create_that_dies_for_one_ticker_costs_that_ticker(void **state)
{
    struct bed b;
    bed_init(&b);
    const struct detector *d = run_beside(&b, state, "create_crash");
    assert_non_null(strstr(d->reason, DIES_OF("SIGSEGV") " in create() for QQQ"));
    assert_int_equal(d->restarts, POOL_DEATHS_MAX);
    assert_int_equal(b.runs[bed_find(&b, "create_crash")].skipped, BED_TICKS);
    assert_int_equal(d->jobs_done, BED_TICKS);
    bed_fini(&b);
}

static void zoo_create_that_gives_nothing_for_one_ticker_costs_that_ticker(void **state)
{
    struct bed b;
    bed_init(&b);
    const struct detector *d = run_beside(&b, state, "create_null");
    assert_string_equal(d->reason, "create() gave no instance for QQQ");
    assert_int_equal(b.runs[bed_find(&b, "create_null")].no_instance, BED_TICKS);
    assert_int_equal(d->restarts, 0);
    bed_fini(&b);
}

/* ---- files that are refused ------------------------------------------------------------------ */

static void expect_refused(void **state, struct bed *b, const char *file, const char *reason)
{
    bed_add(b, "healthy");
    bed_start(b);
    bed_run(b);
    const struct detector *d = pool_get(b->pool, bed_find(b, file));
    assert_int_equal(d->state, DETECTOR_REFUSED);
    if (strstr(d->reason, reason) == NULL) {
        fail_msg("reason: %s", d->reason);
    }
    assert_string_equal(b->runs[bed_find(b, "healthy")].said.data, (const char *)*state);
    bed_fini(b);
}

static void expect_animal_refused(void **state, const char *animal, const char *reason)
{
    struct bed b;
    char file[64];
    bed_init(&b);
    bed_add(&b, animal);
    (void)snprintf(file, sizeof file, "%s.so", animal);
    expect_refused(state, &b, file, reason);
}

static void expect_bytes_refused(void **state, const void *bytes, size_t n, const char *reason)
{
    struct bed b;
    bed_init(&b);
    bed_add_file(&b, "file.so", bytes, n);
    expect_refused(state, &b, "file.so", reason);
}

static void zoo_constructor_that_crashes_is_refused(void **state)
{
    expect_animal_refused(state, "constructor_crash",
                          DIES_OF("SIGSEGV") " in its constructors while it was described");
}

static void zoo_constructor_that_exits_is_refused(void **state)
{
    expect_animal_refused(state, "constructor_exit", "exit(0) in its constructors");
}

static void zoo_constructor_that_hangs_is_refused(void **state)
{
    expect_animal_refused(state, "constructor_hang", "stopped in its constructors");
}

static void zoo_missing_symbol_is_refused_by_name(void **state)
{
    expect_animal_refused(state, "missing_symbol", "defined_nowhere");
}

static void zoo_other_major_is_refused_in_words(void **state)
{
    expect_animal_refused(state, "other_major",
                          "built for another major of the ABI: it exports "
                          "ofd_entry_v2");
}

static void zoo_library_without_entry_is_no_plugin(void **state)
{
    expect_animal_refused(state, "no_entry", "not a plugin: it exports no ofd_entry_v1");
}

static void zoo_lying_stride_is_refused(void **state)
{
    expect_animal_refused(state, "lying_stride", "the table of fields has a stride of 3 bytes");
}

static void zoo_need_for_trades_is_refused_in_words(void **state)
{
    expect_animal_refused(state, "wants_trades", "it needs trade columns");
}

static void zoo_second_file_of_an_id_is_refused_with_both_paths(void **state)
{
    struct bed b;
    bed_init(&b);
    bed_add(&b, "twin");
    b.cfg.order = "healthy";
    expect_refused(state, &b, "twin.so", "id healthy is taken by ");
}

static void zoo_text_file_is_no_plugin(void **state)
{
    static const char text[] = "#!/bin/sh\necho not a plugin\n";
    expect_bytes_refused(state, text, sizeof text - 1, "not an ELF file");
}

static void zoo_empty_file_is_no_plugin(void **state)
{
    expect_bytes_refused(state, "", 0, "the file is empty");
}

static void zoo_truncated_file_is_told(void **state)
{
    size_t n;
    unsigned char *bytes = bed_read("healthy", &n);
    expect_bytes_refused(state, bytes, n / 2, "truncated file");
    expect_bytes_refused(state, bytes, 20, "truncated file");
    free(bytes);
}

static void zoo_other_machine_is_told(void **state)
{
    enum { MACHINE_AT = 18 };
    size_t n;
    unsigned char *bytes = bed_read("healthy", &n);
    bytes[MACHINE_AT] = 8;
    bytes[MACHINE_AT + 1] = 0;
    expect_bytes_refused(state, bytes, n, "wrong architecture");
    free(bytes);
}

static void zoo_other_class_is_told(void **state)
{
    enum { CLASS_AT = 4 };
    size_t n;
    unsigned char *bytes = bed_read("healthy", &n);
    bytes[CLASS_AT] = (unsigned char)(3 - bytes[CLASS_AT]);
    expect_bytes_refused(state, bytes, n, "wrong class");
    free(bytes);
}

/* Whatever single byte of the head and the tables is wrong, the answer is a reason or a plugin. */
static void zoo_damaged_headers_never_harm_the_scan(void **state)
{
    struct declaration d;
    struct bed b;
    char path[128];
    size_t n;
    (void)state;
    bed_init(&b);
    (void)snprintf(path, sizeof path, "%s/damaged.so", b.dir);
    unsigned char *bytes = bed_read("no_entry", &n);
    for (size_t i = 0; i < 64; i++) {
        unsigned char was = bytes[i];
        bytes[i] = 0xff;
        bed_add_file(&b, "damaged.so", bytes, n);
        bytes[i] = was;
        assert_false(scan_describe(WORKER_PATH, path, 0, &d, NULL));
    }
    free(bytes);
    bed_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zoo_sleeper_is_stopped_by_the_wall),
        cmocka_unit_test(zoo_flood_of_output_harms_nobody),
        cmocka_unit_test(zoo_bad_values_are_each_refused_and_counted),
        cmocka_unit_test(zoo_million_emits_are_cut_at_the_limit),
        cmocka_unit_test(zoo_negative_answers_are_strikes_and_nothing_else),
        cmocka_unit_test(zoo_create_that_dies_for_one_ticker_costs_that_ticker),
        cmocka_unit_test(zoo_create_that_gives_nothing_for_one_ticker_costs_that_ticker),
        cmocka_unit_test(zoo_constructor_that_crashes_is_refused),
        cmocka_unit_test(zoo_constructor_that_exits_is_refused),
        cmocka_unit_test(zoo_constructor_that_hangs_is_refused),
        cmocka_unit_test(zoo_missing_symbol_is_refused_by_name),
        cmocka_unit_test(zoo_other_major_is_refused_in_words),
        cmocka_unit_test(zoo_library_without_entry_is_no_plugin),
        cmocka_unit_test(zoo_lying_stride_is_refused),
        cmocka_unit_test(zoo_need_for_trades_is_refused_in_words),
        cmocka_unit_test(zoo_second_file_of_an_id_is_refused_with_both_paths),
        cmocka_unit_test(zoo_text_file_is_no_plugin),
        cmocka_unit_test(zoo_empty_file_is_no_plugin),
        cmocka_unit_test(zoo_truncated_file_is_told),
        cmocka_unit_test(zoo_other_machine_is_told),
        cmocka_unit_test(zoo_other_class_is_told),
        cmocka_unit_test(zoo_damaged_headers_never_harm_the_scan),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
