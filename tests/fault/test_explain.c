/* SPDX-License-Identifier: MIT */
/* Detectors that are asked why, and misbehave. */
#include "bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { DEADLINE_MS = 20000 };

/* What came of one question. */
struct outcome {
    bool answered, lost;
    int32_t status;
    uint32_t refused;
    size_t n, emits, dones;
    struct condition first;
};

static void on_emit(void *ctx, size_t i, const struct job *job, const struct emission *e)
{
    struct outcome *o = ctx;
    (void)i;
    (void)job;
    (void)e;
    o->emits++;
}

static void on_done(void *ctx, size_t i, const struct job *job, const struct job_done *d)
{
    struct outcome *o = ctx;
    (void)i;
    (void)job;
    (void)d;
    o->dones++;
}

static void on_lost(void *ctx, size_t i, const struct job *jobs, size_t n)
{
    struct outcome *o = ctx;
    (void)i;
    o->lost = n == 1 && (jobs[0].flags & JOB_EXPLAIN) != 0;
}

static void on_ready(void *ctx, size_t i)
{
    (void)ctx;
    (void)i;
}

static void on_explained(void *ctx, size_t i, const struct job *job, const struct job_done *d,
                         const struct condition *c, size_t n)
{
    struct outcome *o = ctx;
    (void)i;
    (void)job;
    o->answered = true;
    o->status = d->status;
    o->refused = d->refused;
    o->n = n;
    if (n > 0) {
        o->first = c[0];
    }
}

static struct outcome ask(struct bed *b)
{
    struct outcome o = { .answered = false };
    struct pool_events ev = { .emit = on_emit,
                              .done = on_done,
                              .lost = on_lost,
                              .ready = on_ready,
                              .explained = on_explained,
                              .ctx = &o };
    const struct window *w = &b->windows[0];
    struct rows rows = window_rows(w);
    struct job job = { .ticker = 0,
                       .flags = JOB_EXPLAIN,
                       .id = 1234,
                       .now_ns = rows.ts_ns[rows.n - 1],
                       .px_tick = 10000000,
                       .first_new_seq = rows.first_seq + rows.n,
                       .ref = window_ref(w) };
    struct mono end = mono_after_ms(clock_mono(), DEADLINE_MS);
    assert_true(pool_submit(b->pool, 0, &job, 1, NULL));
    while (!o.answered && !o.lost) {
        assert_true(mono_ms_until(clock_mono(), end) > 0);
        pool_poll(b->pool, clock_mono(), 20, &ev);
    }
    return o;
}

static struct bed *with(void **state, const char *animal)
{
    struct bed *b = *state;
    bed_add(b, animal);
    bed_start(b);
    bed_wait_state(b, 0, DETECTOR_READY);
    bed_run(b);
    bed_wait_state(b, 0, DETECTOR_READY);
    return b;
}

static int setup(void **state)
{
    struct bed *b = malloc(sizeof *b);
    if (b == NULL) {
        return -1;
    }
    bed_init(b);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    bed_fini(*state);
    free(*state);
    return 0;
}

static void one_without_an_explanation_says_so_and_goes_on(void **state)
{
    struct bed *b = with(state, "healthy");
    uint64_t strikes = pool_get(b->pool, 0)->strikes;
    struct outcome o = ask(b);
    assert_true(o.answered);
    assert_int_equal(o.status, JOB_NO_EXPLAIN);
    assert_int_equal(pool_get(b->pool, 0)->strikes, strikes);
    assert_int_equal(pool_get(b->pool, 0)->state, DETECTOR_READY);
    assert_int_equal(o.dones, 0);
}

static void death_in_explain_loses_the_question_and_names_where(void **state)
{
    struct bed *b = with(state, "explain_null");
    struct outcome o = ask(b);
    assert_true(o.lost && !o.answered);
    assert_non_null(strstr(pool_get(b->pool, 0)->reason, "explain()"));
    bed_wait_state(b, 0, DETECTOR_READY); /* it comes back */
    assert_int_equal(pool_get(b->pool, 0)->restarts, 1);
}

static void flood_of_conditions_is_cut_and_nothing_is_emitted(void **state)
{
    struct bed *b = with(state, "explain_flood");
    struct outcome o = ask(b);
    assert_true(o.answered);
    assert_int_equal(o.n, CONDITIONS_MAX);
    assert_int_equal(o.emits, 0);
    assert_true(o.refused > 0);
    assert_string_equal(o.first.key, "size");
    assert_int_equal(pool_get(b->pool, 0)->state, DETECTOR_READY);
}

int main(void)
{
#define ASKED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        ASKED(one_without_an_explanation_says_so_and_goes_on),
        ASKED(death_in_explain_loses_the_question_and_names_where),
        ASKED(flood_of_conditions_is_cut_and_nothing_is_emitted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
