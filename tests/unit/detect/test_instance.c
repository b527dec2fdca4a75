/* SPDX-License-Identifier: MIT */
/* What a detector is shown, and what becomes of what it says; all in this process. */
#include "instance.h"

#include "clock.h"
#include "orderflow/explain.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ARENA_BYTES = 1 << 20, ROWS = 100 };

static const int64_t T0 = INT64_C(1768491040) * NS_PER_S;

/* A detector that copies what it sees, and says what it is told to. */
struct spy {
    const ofd_host *host;
    char ticker[40];
    double param;
    ofd_tick tick;
    ofd_window windows[2];
    int64_t first_ts, last_ts;
    int emits; /* how often to emit at now */
    int32_t answer, emit_answer;
    int alive;
};

static struct spy *spy_of(void)
{
    static struct spy spy;
    return &spy;
}

static void *create(const ofd_host *host, const ofd_config *config)
{
    struct spy *s = spy_of();
    ofd_pattern early = { .size = sizeof early, .ts_ns = T0, .price = OFD_NO_PRICE };
    s->host = host;
    s->param = config->params[0];
    memcpy(s->ticker, config->ticker, strlen(config->ticker) + 1);
    s->emit_answer = host->emit(host, &early);
    s->alive++;
    return s->param < 0 ? NULL : s;
}

static void destroy(void *self)
{
    ((struct spy *)self)->alive--;
}

static int32_t detect(void *self, const ofd_tick *t)
{
    struct spy *s = self;
    s->tick = *t;
    for (uint32_t i = 0; i < t->n_windows; i++) {
        s->windows[i] = *ofd_window_at(t, i);
    }
    const ofd_window *w = &s->windows[0];
    s->first_ts = w->n > 0 ? w->ts_ns[0] : 0;
    s->last_ts = w->n > 0 ? w->ts_ns[w->n - 1] : 0;
    ofd_pattern p = { .size = sizeof p, .ts_ns = t->now_ns, .price = OFD_NO_PRICE };
    for (int i = 0; i < s->emits; i++) {
        s->emit_answer = s->host->emit(s->host, &p);
    }
    return s->answer;
}

/* Says two conditions, one that cannot be, and tries to emit. */
static int32_t explain(void *self, const ofd_tick *t, const ofd_explain_out *out)
{
    struct spy *s = self;
    s->tick = *t;
    s->windows[0] = *ofd_window_at(t, 0);
    ofd_pattern p = { .size = sizeof p, .ts_ns = t->now_ns, .price = OFD_NO_PRICE };
    s->emit_answer = s->host->emit(s->host, &p);
    ofd_condition c = { .size = sizeof c,
                        .side = OFD_BID,
                        .dir = 1,
                        .op = OFD_ABOVE,
                        .holds = 1,
                        .param = 0,
                        .field = -1,
                        .key = "size",
                        .unit = "shares",
                        .value = 8000.5,
                        .threshold = 8000 };
    assert_int_equal(out->say(out, &c), 0);
    c.value = (double)NAN;
    assert_int_equal(out->say(out, &c), OFD_BAD_VALUE); /* holds without a value */
    c.holds = 0;
    assert_int_equal(out->say(out, &c), 0);
    return s->answer;
}

static const void *ext(const char *id)
{
    static const ofd_explain table = { .size = sizeof table, .explain = explain };
    return strcmp(id, OFD_EXPLAIN_ID) == 0 ? &table : NULL;
}

struct stage {
    struct arena arena;
    void *memory;
    struct window window;
    struct declaration decl;
    ofd_plugin plugin;
    struct channel channel, engine;
    struct emit emit;
    struct crumb crumb;
    struct instances instances;
};

static void tell(struct stage *st, uint32_t number, double param, bool expected)
{
    struct frame_ticker t = { .ticker = number, .n_params = 1, .name = "SPY", .params = { param } };
    bool ok;
    assert_true(instances_set(&st->instances, &t, &ok, NULL));
    assert_int_equal(ok, expected);
}

static int setup(void **state)
{
    struct stage *st = calloc(1, sizeof *st);
    int fds[2];
    *spy_of() = (struct spy){ 0 };
    st->memory = aligned_alloc(4096, ARENA_BYTES);
    memset(st->memory, 0, ARENA_BYTES);
    if (!arena_init(&st->arena, st->memory, ARENA_BYTES, NULL) ||
        !window_init(&st->window, &st->arena, NULL) || !channel_pair(fds, NULL)) {
        return -1;
    }
    for (int i = 1; i <= ROWS; i++) {
        struct quote q = { .ts_ns = T0 + i * NS_PER_S,
                           .bid_px = NS_PER_S,
                           .ask_px = 2 * NS_PER_S,
                           .bid_sz = i,
                           .ask_sz = 1 };
        assert_true(window_push(&st->window, &q, NULL));
    }
    st->decl = (struct declaration){
        .window_s = { 10, 40 }, .n_windows = 2, .memory_s = 5, .n_params = 1, .n_kinds = 1
    };
    st->plugin = (ofd_plugin){ .create = create, .destroy = destroy, .detect = detect };
    channel_init(&st->channel, fds[0], FRAME_MAX_BYTES, 8 << 20);
    channel_init(&st->engine, fds[1], FRAME_MAX_BYTES, 8 << 20);
    emit_init(&st->emit, &st->decl, &st->channel);
    st->instances = (struct instances){
        .plugin = &st->plugin, .decl = &st->decl, .emit = &st->emit, .crumb = &st->crumb
    };
    tell(st, 3, 1.5, true);
    *state = st;
    return 0;
}

static int teardown(void **state)
{
    struct stage *st = *state;
    instances_fini(&st->instances);
    channel_fini(&st->channel);
    channel_fini(&st->engine);
    window_fini(&st->window);
    arena_fini(&st->arena);
    free(st->memory);
    free(st);
    return 0;
}

/* The job at boundary T0 + s, whose rows are new from sequence number first_new. */
static struct job_done run(struct stage *st, int s, uint64_t first_new, uint32_t flags)
{
    struct job_done done;
    struct job job = { .ticker = 3,
                       .flags = flags,
                       .id = 77,
                       .tick_seq = 9,
                       .now_ns = T0 + s * NS_PER_S,
                       .px_tick = 10000000,
                       .first_new_seq = first_new,
                       .ref = window_ref(&st->window) };
    assert_true(instances_run(&st->instances, &job, st->memory, ARENA_BYTES, &done, NULL));
    assert_int_equal(done.id, 77);
    return done;
}

static void instance_is_given_ticker_and_parameters(void **state)
{
    (void)state;
    assert_string_equal(spy_of()->ticker, "SPY");
    assert_true(spy_of()->param == 1.5);
}

/* At T0+50: rows (35, 50] for the 10 s window with 5 s of memory; the window proper is (40, 50]. */
static void view_holds_window_and_memory_up_to_the_boundary(void **state)
{
    (void)run(*state, 50, 0, 0);
    const ofd_window *w = &spy_of()->windows[0];
    assert_int_equal(spy_of()->tick.n_windows, 2);
    assert_int_equal(w->seconds, 10);
    assert_int_equal(w->n, 15);
    assert_int_equal(w->begin, 5);
    assert_int_equal(spy_of()->first_ts, T0 + 36 * NS_PER_S);
    assert_int_equal(spy_of()->last_ts, T0 + 50 * NS_PER_S);
    assert_int_equal(w->first_seq, 35);
    assert_int_equal(spy_of()->windows[1].n, 45);
    assert_int_equal(spy_of()->windows[1].begin, 5);
    assert_int_equal(spy_of()->windows[1].first_seq, 5);
}

static void view_first_new_counts_from_its_own_first_row(void **state)
{
    (void)run(*state, 50, 48, 0);
    assert_int_equal(spy_of()->windows[0].first_new, 13);
    assert_int_equal(spy_of()->windows[1].first_new, 43);
}

static void view_with_all_rows_new_says_zero(void **state)
{
    (void)run(*state, 50, 0, 0);
    assert_int_equal(spy_of()->windows[0].first_new, 0);
}

static void view_with_nothing_new_says_n(void **state)
{
    (void)run(*state, 50, 1000, 0);
    assert_int_equal(spy_of()->windows[0].first_new, 15);
}

static void view_long_after_the_last_row_is_empty_and_legal(void **state)
{
    (void)run(*state, 10000, 100, 0);
    assert_int_equal(spy_of()->windows[0].n, 0);
    assert_int_equal(spy_of()->windows[0].begin, 0);
    assert_int_equal(spy_of()->windows[0].first_new, 0);
    assert_non_null(spy_of()->windows[0].ts_ns);
}

static void view_of_a_ticker_without_rows_is_empty_and_legal(void **state)
{
    struct stage *st = *state;
    struct job_done done;
    struct job job = { .ticker = 3, .now_ns = T0 };
    assert_true(instances_run(&st->instances, &job, st->memory, ARENA_BYTES, &done, NULL));
    assert_int_equal(done.status, 0);
    assert_int_equal(spy_of()->windows[0].n, 0);
    assert_non_null(spy_of()->windows[0].bid_sz);
}

static void tick_carries_what_the_job_says(void **state)
{
    (void)run(*state, 50, 0, OFD_TICK_PRIMING);
    assert_int_equal(spy_of()->tick.seq, 9);
    assert_int_equal(spy_of()->tick.flags, OFD_TICK_PRIMING);
    assert_int_equal(spy_of()->tick.px_tick, 10000000);
    assert_int_equal(spy_of()->tick.now_ns, T0 + 50 * NS_PER_S);
}

static void job_outside_the_arena_is_an_error(void **state)
{
    struct stage *st = *state;
    struct job_done done;
    struct err err = { 0 };
    struct job job = { .ticker = 3, .ref = { .slab_off = ARENA_BYTES, .cap = 16, .n = 1 } };
    assert_false(instances_run(&st->instances, &job, st->memory, ARENA_BYTES, &done, &err));
    assert_int_equal(err.code, ERR_PROTOCOL);
}

static void job_without_an_instance_is_answered_so(void **state)
{
    struct stage *st = *state;
    tell(st, 3, -1, false);
    assert_int_equal(run(st, 50, 0, 0).status, JOB_NO_INSTANCE);
}

static void answer_of_the_hosts_own_numbers_is_minus_one(void **state)
{
    spy_of()->answer = JOB_SKIPPED;
    assert_int_equal(run(*state, 50, 0, 0).status, -1);
}

static void answer_above_zero_is_zero(void **state)
{
    spy_of()->answer = 5;
    assert_int_equal(run(*state, 50, 0, 0).status, 0);
}

static void emit_in_create_is_refused(void **state)
{
    (void)state;
    assert_int_equal(spy_of()->emit_answer, OFD_LIMIT);
}

static void emit_after_the_call_is_refused(void **state)
{
    ofd_pattern p = { .size = sizeof p, .ts_ns = T0, .price = OFD_NO_PRICE };
    (void)run(*state, 50, 0, 0);
    assert_int_equal(spy_of()->host->emit(spy_of()->host, &p), OFD_LIMIT);
}

static void emit_is_sent_with_its_job(void **state)
{
    struct stage *st = *state;
    struct channel_frame f;
    struct frame_emit got = { 0 };
    spy_of()->emits = 1;
    assert_int_equal(run(st, 50, 0, 0).emitted, 1);
    assert_true(channel_flush(&st->channel, NULL));
    assert_true(channel_wait(&st->engine, 1000, &f, NULL));
    assert_int_equal(f.type, FRAME_EMIT);
    memcpy(&got, f.data, f.bytes);
    assert_int_equal(got.job_id, 77);
    assert_int_equal(got.e.ts_ns, T0 + 50 * NS_PER_S);
    assert_int_equal(got.e.start_ns, got.e.ts_ns);
}

static void emit_while_priming_is_counted_and_not_sent(void **state)
{
    struct stage *st = *state;
    spy_of()->emits = 1;
    assert_int_equal(run(st, 50, 0, OFD_TICK_PRIMING).emitted, 1);
    assert_int_equal(spy_of()->emit_answer, 0);
    assert_int_equal(channel_pending(&st->channel), 0);
}

static void emit_beyond_the_limit_says_so(void **state)
{
    spy_of()->emits = EMITS_MAX + 3;
    struct job_done done = run(*state, 50, 0, 0);
    assert_int_equal(done.emitted, EMITS_MAX);
    assert_int_equal(done.refused, 3);
    assert_int_equal(spy_of()->emit_answer, OFD_LIMIT);
}

static struct frame_condition next_condition(struct stage *st)
{
    struct channel_frame f;
    struct frame_condition got = { .job_id = 0 };
    assert_true(channel_wait(&st->engine, 1000, &f, NULL));
    assert_int_equal(f.type, FRAME_CONDITION);
    assert_int_equal(f.bytes, sizeof got);
    memcpy(&got, f.data, sizeof got);
    return got;
}

static void explanation_is_sent_with_its_job_and_emits_nothing(void **state)
{
    struct stage *st = *state;
    st->plugin.size = sizeof st->plugin;
    st->plugin.ext = ext;
    struct job_done done = run(st, 50, 1000, JOB_EXPLAIN);
    assert_int_equal(done.status, 0);
    assert_int_equal(done.refused, 1);
    assert_int_equal(done.emitted, 0);
    assert_int_equal(spy_of()->emit_answer, OFD_LIMIT);
    assert_int_equal(spy_of()->tick.flags, 0);
    assert_int_equal(spy_of()->windows[0].first_new, spy_of()->windows[0].n);
    assert_true(channel_flush(&st->channel, NULL));
    struct frame_condition got = next_condition(st);
    assert_int_equal(got.job_id, 77);
    assert_string_equal(got.c.key, "size");
    assert_string_equal(got.c.unit, "shares");
    assert_true(got.c.value == 8000.5 && got.c.threshold == 8000);
    assert_int_equal(got.c.holds, 1);
    struct channel_frame log;
    assert_true(channel_wait(&st->engine, 1000, &log, NULL));
    assert_int_equal(log.type, FRAME_LOG);
    assert_true(isnan(next_condition(st).c.value));
}

static void explanation_of_one_that_has_none_is_answered_so(void **state)
{
    struct stage *st = *state;
    st->plugin.size = sizeof st->plugin;
    assert_int_equal(run(st, 50, 1000, JOB_EXPLAIN).status, JOB_NO_EXPLAIN);
    st->plugin.ext = ext;
    st->plugin.size = offsetof(ofd_plugin, ext); /* built before there was an ext */
    assert_int_equal(run(st, 50, 1000, JOB_EXPLAIN).status, JOB_NO_EXPLAIN);
}

static void explanation_that_fails_is_its_own_answer(void **state)
{
    struct stage *st = *state;
    st->plugin.size = sizeof st->plugin;
    st->plugin.ext = ext;
    spy_of()->answer = -7;
    assert_int_equal(run(st, 50, 1000, JOB_EXPLAIN).status, -7);
    spy_of()->answer = JOB_NO_EXPLAIN;
    assert_int_equal(run(st, 50, 1000, JOB_EXPLAIN).status, -1);
}

static void ticker_told_again_replaces_its_instance(void **state)
{
    tell(*state, 3, 2.5, true);
    assert_int_equal(spy_of()->alive, 1);
    assert_true(spy_of()->param == 2.5);
}

static void ticker_dropped_is_destroyed(void **state)
{
    struct stage *st = *state;
    instances_drop(&st->instances, 3);
    instances_drop(&st->instances, 12345);
    assert_int_equal(spy_of()->alive, 0);
}

static void ticker_number_beyond_all_bounds_is_an_error(void **state)
{
    struct stage *st = *state;
    struct frame_ticker t = { .ticker = TICKERS_MAX, .n_params = 1, .name = "X" };
    bool ok;
    assert_false(instances_set(&st->instances, &t, &ok, NULL));
}

static void crumb_after_a_call_says_host(void **state)
{
    struct stage *st = *state;
    (void)run(st, 50, 0, 0);
    assert_int_equal(st->crumb.phase, CRUMB_HOST);
    assert_int_equal(st->crumb.job_id, 77);
}

int main(void)
{
#define ON_STAGE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        ON_STAGE(instance_is_given_ticker_and_parameters),
        ON_STAGE(view_holds_window_and_memory_up_to_the_boundary),
        ON_STAGE(view_first_new_counts_from_its_own_first_row),
        ON_STAGE(view_with_all_rows_new_says_zero),
        ON_STAGE(view_with_nothing_new_says_n),
        ON_STAGE(view_long_after_the_last_row_is_empty_and_legal),
        ON_STAGE(view_of_a_ticker_without_rows_is_empty_and_legal),
        ON_STAGE(tick_carries_what_the_job_says),
        ON_STAGE(job_outside_the_arena_is_an_error),
        ON_STAGE(job_without_an_instance_is_answered_so),
        ON_STAGE(answer_of_the_hosts_own_numbers_is_minus_one),
        ON_STAGE(answer_above_zero_is_zero),
        ON_STAGE(emit_in_create_is_refused),
        ON_STAGE(emit_after_the_call_is_refused),
        ON_STAGE(emit_is_sent_with_its_job),
        ON_STAGE(emit_while_priming_is_counted_and_not_sent),
        ON_STAGE(emit_beyond_the_limit_says_so),
        ON_STAGE(explanation_is_sent_with_its_job_and_emits_nothing),
        ON_STAGE(explanation_of_one_that_has_none_is_answered_so),
        ON_STAGE(explanation_that_fails_is_its_own_answer),
        ON_STAGE(ticker_told_again_replaces_its_instance),
        ON_STAGE(ticker_dropped_is_destroyed),
        ON_STAGE(ticker_number_beyond_all_bounds_is_an_error),
        ON_STAGE(crumb_after_a_call_says_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
