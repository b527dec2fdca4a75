/* SPDX-License-Identifier: MIT */
/* What the shipped detectors declare, and how they behave towards the host. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness.h"

#include <stdio.h>
#include <string.h>

enum { N_ROWS = 200 };

/* The bid climbs, grows and jumps. */
static struct harness_row rising(int64_t i)
{
    return (struct harness_row){ .ts_ns = i * 100000000,
                                 .bid_px = 10000000000 + i,
                                 .ask_px = 20000000000,
                                 .bid_sz = 10000 + 20000 * (double)i,
                                 .ask_sz = 100 };
}

/* The bid's size comes and goes while both prices stand. */
static struct harness_row blinking(int64_t i)
{
    return (struct harness_row){ .ts_ns = i * 100000000,
                                 .bid_px = 10000000000,
                                 .ask_px = 10010000000,
                                 .bid_sz = i % 3 == 2 ? 1000 : 20000,
                                 .ask_sz = 100 };
}

/* Two minutes with a spread of a tick, then three ticks. */
static struct harness_row widening(int64_t i)
{
    return (struct harness_row){ .ts_ns = i * 1000000000,
                                 .bid_px = 10000000000,
                                 .ask_px = i < 120 ? 10010000000 : 10030000000,
                                 .bid_sz = 1000,
                                 .ask_sz = 900 };
}

/* The bid's size goes up and down for two minutes, then up ever faster. */
static struct harness_row pressing(int64_t i)
{
    double late = i < 120 ? 0.0 : (double)(i - 119);
    return (struct harness_row){ .ts_ns = i * 1000000000,
                                 .bid_px = 10000000000,
                                 .ask_px = 10010000000,
                                 .bid_sz = (double)(1000 + i % 7) + 10 * late * late * late,
                                 .ask_sz = 100 };
}

/* Small steps for two minutes, then up within ten seconds, then nothing. */
static struct harness_row tiring(int64_t i)
{
    int64_t rise = i < 150 ? 0 : i < 160 ? i - 150 : 10;
    int64_t px = 10000000000 + (i < 150 ? i / 5 % 2 : rise) * 10000000;
    return (struct harness_row){
        .ts_ns = i * 1000000000, .bid_px = px, .ask_px = px + 10000000, .bid_sz = 100, .ask_sz = 100
    };
}

/* Detectors, and rows at which each fires more than 20 times. */
static const struct {
    const char *name;
    struct harness_row (*row)(int64_t i);
} detectors[] = {
    { "absorption", rising }, { "stacking", rising },  { "momentum_shift", rising },
    { "sweep", rising },      { "pulling", blinking }, { "iceberg", blinking },
    { "flicker", blinking },  { "vacuum", widening },  { "ofi_pressure", pressing },
    { "exhaustion", tiring },
};
enum { N_NAMES = sizeof detectors / sizeof *detectors };

static void load(struct harness *h, const char *name)
{
    char path[1024];
    int n = snprintf(path, sizeof path, "%s/%s.so", PLUGIN_DIR, name);
    assert_true(n > 0 && (size_t)n < sizeof path);
    if (!harness_open(h, path, 0)) {
        fail_msg("%s", h->why);
    }
}

static void rows_that_fire(struct harness_row *rows, int d)
{
    for (int64_t i = 0; i < N_ROWS; i++) {
        rows[i] = detectors[d].row(i);
    }
}

static void parameters_have_sane_defaults_and_text(void **state)
{
    (void)state;
    for (int d = 0; d < N_NAMES; d++) {
        struct harness h;
        load(&h, detectors[d].name);
        assert_string_equal(h.plugin->id, detectors[d].name);
        assert_string_equal(harness_param(&h, 0)->key, "mode");
        for (uint32_t i = 0; i < h.plugin->n_params; i++) {
            const ofd_param *p = harness_param(&h, i);
            assert_true(p->def >= p->min && p->def <= p->max);
            assert_true(strlen(p->help) > 0 && p->unit != NULL);
        }
        harness_close(&h);
    }
}

static void entry_past_the_last_detector_is_null(void **state)
{
    (void)state;
    for (int d = 0; d < N_NAMES; d++) {
        char path[1024];
        (void)snprintf(path, sizeof path, "%s/%s.so", PLUGIN_DIR, detectors[d].name);
        struct harness h;
        assert_false(harness_open(&h, path, 1));
        harness_close(&h);
    }
}

static void set_out_of_range_is_refused(void **state)
{
    (void)state;
    struct harness h;
    load(&h, "absorption");
    assert_true(harness_set(&h, "states", "1000"));
    assert_false(harness_set(&h, "states", "1001"));
    assert_false(harness_set(&h, "states", "2.5"));
    assert_false(harness_set(&h, "mode", "fluid"));
    assert_false(harness_set(&h, "nonsense", "1"));
    harness_close(&h);
}

static void detectors_all_fire_on_their_tape(void **state)
{
    (void)state;
    struct harness_row rows[N_ROWS];
    for (int d = 0; d < N_NAMES; d++) {
        rows_that_fire(rows, d);
        struct harness h;
        load(&h, detectors[d].name);
        assert_true(harness_begin(&h, rows, N_ROWS, 0, 10000000));
        assert_true(harness_feed(&h, N_ROWS, 0));
        if (h.n_found < 20) {
            fail_msg("%s: %zu", detectors[d].name, h.n_found);
        }
        harness_close(&h);
    }
}

static int32_t refuse(const ofd_host *host, const ofd_pattern *p)
{
    (void)p;
    struct harness *h = host->ctx;
    h->n_found++;
    return OFD_LIMIT;
}

static void emit_answers_limit_detector_stops(void **state)
{
    (void)state;
    struct harness_row rows[N_ROWS];
    for (int d = 0; d < N_NAMES; d++) {
        rows_that_fire(rows, d);
        struct harness h;
        load(&h, detectors[d].name);
        assert_true(harness_begin(&h, rows, N_ROWS, 0, 10000000));
        h.host.emit = refuse;
        assert_true(harness_feed(&h, N_ROWS, 0));
        assert_int_equal(h.n_found, 1);
        h.n_found = 0; /* counted, never stored */
        harness_close(&h);
    }
}

static int32_t refuse_bad(const ofd_host *host, const ofd_pattern *p)
{
    return refuse(host, p) == OFD_LIMIT ? OFD_BAD_VALUE : 0;
}

static void emit_answers_bad_value_detector_goes_on(void **state)
{
    (void)state;
    struct harness_row rows[N_ROWS];
    for (int d = 0; d < N_NAMES; d++) {
        rows_that_fire(rows, d);
        struct harness h;
        load(&h, detectors[d].name);
        assert_true(harness_begin(&h, rows, N_ROWS, 0, 10000000));
        h.host.emit = refuse_bad;
        assert_true(harness_feed(&h, N_ROWS, 0));
        assert_true(h.n_found >= 20);
        h.n_found = 0;
        harness_close(&h);
    }
}

static void instances_interleaved_say_what_they_say_alone(void **state)
{
    (void)state;
    struct harness_row rows[N_ROWS];
    for (int d = 0; d < N_NAMES; d++) {
        rows_that_fire(rows, d);
        struct harness a, b;
        load(&a, detectors[d].name);
        load(&b, detectors[d].name);
        assert_true(harness_begin(&a, rows, N_ROWS, 0, 10000000));
        assert_true(harness_begin(&b, rows + 10, N_ROWS - 10, 0, 10000000));
        for (int i = 0; i < N_ROWS; i++) {
            assert_true(harness_feed(&a, 1, 0));
            assert_true(harness_feed(&b, 1, 0));
        }
        size_t n_a = a.n_found, n_b = b.n_found;
        assert_true(harness_begin(&a, rows, N_ROWS, 0, 10000000) && harness_feed(&a, N_ROWS, 0));
        assert_true(harness_begin(&b, rows + 10, N_ROWS - 10, 0, 10000000) &&
                    harness_feed(&b, N_ROWS, 0));
        assert_int_equal(a.n_found, n_a);
        assert_int_equal(b.n_found, n_b);
        harness_close(&a);
        harness_close(&b);
    }
}

/* Feeds rows one by one up to n, then goes back or on to row `from` and takes the rest at once, as
 * a host does that runs a tick again or has lost one. What is said of rows from `from` on must not
 * depend on it. */
static void resume_at(int d, size_t n, size_t from)
{
    struct harness_row rows[N_ROWS];
    rows_that_fire(rows, d);
    struct harness h, fresh;
    load(&h, detectors[d].name);
    load(&fresh, detectors[d].name);
    assert_true(harness_begin(&h, rows, N_ROWS, 0, 10000000));
    for (size_t i = 0; i < n; i++) {
        assert_true(harness_feed(&h, 1, 0));
    }
    h.n_found = 0;
    h.n_fed = from;
    assert_true(harness_feed(&h, N_ROWS, 0));
    assert_true(harness_begin(&fresh, rows, N_ROWS, from, 10000000));
    assert_true(harness_feed(&fresh, N_ROWS, 0));
    assert_int_equal(h.n_found, fresh.n_found);
    for (size_t i = 0; i < h.n_found; i++) {
        assert_true(h.found[i].ts_ns == fresh.found[i].ts_ns);
        assert_true(h.found[i].value == fresh.found[i].value);
    }
    harness_close(&h);
    harness_close(&fresh);
}

static void rows_shown_twice_are_judged_alike(void **state)
{
    (void)state;
    for (int d = 0; d < N_NAMES; d++) {
        resume_at(d, 180, 130);
        resume_at(d, 180, 0);
    }
}

static void rows_skipped_change_nothing_later(void **state)
{
    (void)state;
    for (int d = 0; d < N_NAMES; d++) {
        resume_at(d, 30, 150);
        resume_at(d, 0, 150);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters_have_sane_defaults_and_text),
        cmocka_unit_test(entry_past_the_last_detector_is_null),
        cmocka_unit_test(set_out_of_range_is_refused),
        cmocka_unit_test(detectors_all_fire_on_their_tape),
        cmocka_unit_test(emit_answers_limit_detector_stops),
        cmocka_unit_test(emit_answers_bad_value_detector_goes_on),
        cmocka_unit_test(rows_shown_twice_are_judged_alike),
        cmocka_unit_test(rows_skipped_change_nothing_later),
        cmocka_unit_test(instances_interleaved_say_what_they_say_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
