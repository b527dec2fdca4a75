/* SPDX-License-Identifier: MIT */
/* However the rows are cut into batches, and wherever an instance begins, every detector says the
 * same of a row: that is what OFD_ROWS promises. On random tapes and on recorded quotes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "definition.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N_ROWS = 2500, STARTS = 5 };

/* Detectors, with parameters under which random rows make them speak. */
static const struct subject subjects[] = {
    { .name = "absorption", .sets = { { "states", "4" } } },
    { .name = "stacking" },
    { .name = "momentum_shift", .sets = { { "min_moves", "3" }, { "ratio", "1.2" } } },
    { .name = "sweep" },
    { .name = "pulling", .sets = { { "size", "4999" } } },
    { .name = "iceberg", .sets = { { "cycles", "1" }, { "return_ms", "5000" }, { "share", "0" } } },
    { .name = "flicker", .sets = { { "add", "4000" }, { "count", "2" } } },
    { .name = "vacuum", .sets = { { "min_s", "10" }, { "hold_ms", "100" } } },
    { .name = "ofi_pressure", .sets = { { "z", "1" }, { "min_s", "20" } } },
    { .name = "exhaustion", .sets = { { "sigmas", "0.3" }, { "min_s", "20" }, { "fade", "0.9" } } },
};
enum { N_SUBJECTS = sizeof subjects / sizeof *subjects };

static bool same(const struct harness_found *a, const struct harness_found *b)
{
    bool equal = a->kind == b->kind && a->side == b->side && a->dir == b->dir &&
                 a->ts_ns == b->ts_ns && a->price == b->price && a->value == b->value &&
                 a->n_ev == b->n_ev;
    for (uint32_t i = 0; equal && i < a->n_ev; i++) {
        equal = a->ev[i].field == b->ev[i].field && a->ev[i].i == b->ev[i].i;
    }
    return equal;
}

static void open_subject(struct harness *h, const struct subject *s)
{
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/%s.so", PLUGIN_DIR, s->name);
    if (!harness_open(h, path, 0)) {
        fail_msg("%s", h->why);
    }
    for (int i = 0; i < 4 && s->sets[i][0] != NULL; i++) {
        assert_true(harness_set(h, s->sets[i][0], s->sets[i][1]));
    }
}

/* Feeds what is left in batches of 1 .. max rows. */
static void feed(struct harness *h, size_t max, uint32_t seed)
{
    while (h->n_fed < h->n_rows) {
        seed = seed * 1664525u + 1013904223u;
        if (!harness_feed(h, 1 + (seed >> 8) % max, 0)) {
            fail_msg("%s", h->why);
        }
    }
}

/* What h says from row n_seen on is what the reference said. */
static void compare_from(const struct subject *s, const struct harness *reference,
                         const struct harness *h, int64_t from_ns, size_t n_seen)
{
    size_t skip = 0;
    while (skip < reference->n_found && reference->found[skip].row < n_seen) {
        skip++;
    }
    if (h->n_found != reference->n_found - skip) {
        fail_msg("%s from row %zu: %zu, row by row %zu", s->name, n_seen, h->n_found,
                 reference->n_found - skip);
    }
    for (size_t i = 0; i < h->n_found; i++) {
        if (!same(&h->found[i], &reference->found[skip + i])) {
            fail_msg("%s from row %zu: another answer %lld ms later", s->name, n_seen,
                     (long long)((h->found[i].ts_ns - from_ns) / 1000000));
        }
    }
}

static void try_splits(const struct subject *s, const struct harness_row *rows, size_t n,
                       int64_t px_tick, size_t least)
{
    struct harness reference, h;
    open_subject(&reference, s);
    open_subject(&h, s);
    assert_true(harness_begin(&reference, rows, n, 0, px_tick));
    for (size_t i = 0; i < n; i++) {
        assert_true(harness_feed(&reference, 1, 0));
    }
    if (reference.n_found < least) {
        fail_msg("%s said %zu things: this compares nothing", s->name, reference.n_found);
    }
    for (uint32_t k = 0; k < STARTS; k++) {
        size_t n_seen = k * n / STARTS;
        assert_true(harness_begin(&h, rows, n, n_seen, px_tick));
        feed(&h, k % 2 == 0 ? 50 : n, k + 1);
        compare_from(s, &reference, &h, rows[n_seen].ts_ns, n_seen);
    }
    harness_close(&reference);
    harness_close(&h);
}

static void random_tapes_splits_change_nothing(void **state)
{
    (void)state;
    static const struct tape tapes[] = {
        { .seed = 1, .gap_one_in = 100, .silence_one_in = 200, .void_one_in = 60 },
        { .seed = 2, .gap_one_in = 2000, .void_one_in = 300, .move_one_in = 30 },
    };
    struct harness_row *rows = calloc(N_ROWS, sizeof *rows);
    assert_non_null(rows);
    for (size_t i = 0; i < N_SUBJECTS; i++) {
        for (size_t k = 0; k < 2; k++) {
            random_tape(rows, N_ROWS, tapes[k]);
            try_splits(&subjects[i], rows, N_ROWS, TICK_PX, k == 0 ? 0 : 20);
        }
    }
    free(rows);
}

/* One row in five of recorded quotes: five minutes. */
static void recorded_quotes_splits_change_nothing(void **state)
{
    (void)state;
    enum { ALL = 20000 };
    struct harness_row *rows = calloc(ALL, sizeof *rows);
    assert_non_null(rows);
    size_t n = read_tape(SAMPLES "/ethusd_20240808.csv.gz", rows, ALL), kept = 0;
    for (size_t i = 0; i < n; i += 5) {
        rows[kept++] = rows[i];
    }
    for (size_t i = 0; i < N_SUBJECTS; i++) {
        try_splits(&subjects[i], rows, kept, TICK_PX, 0);
    }
    free(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_tapes_splits_change_nothing),
        cmocka_unit_test(recorded_quotes_splits_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
