/* SPDX-License-Identifier: MIT */
/* Orders of the test's own on the worker threads: slow ones, waiting ones, progress, the end. */
#include "calls.h"
#include "check.h"
#include "clock.h"

#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PATIENCE_MS = 60000 };

static struct mcp_config cfg;
static struct outbox out;
static struct calls *calls;
static int pipe_fd[2], broken[2];
static struct buf heard;
static atomic_bool hold; /* orders of hold_on() end when it is false */
static atomic_int running;

static int start(void **state)
{
    (void)state;
    (void)snprintf(cfg.query.redis.unix_path, sizeof cfg.query.redis.unix_path, "/nonexistent");
    assert_int_equal(pipe(pipe_fd), 0);
    assert_int_equal(pipe(broken), 0);
    assert_true(outbox_init(&out, pipe_fd[1], broken[1], NULL));
    calls = calls_create(&cfg, &out);
    assert_non_null(calls);
    buf_init(&heard, 1 << 20);
    atomic_store(&hold, true);
    atomic_store(&running, 0);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    atomic_store(&hold, false);
    assert_true(calls_destroy(calls, PATIENCE_MS));
    assert_true(outbox_fini(&out));
    for (int i = 0; i < 2; i++) {
        (void)close(pipe_fd[i]);
        (void)close(broken[i]);
    }
    buf_fini(&heard);
    return 0;
}

/* The next line, or NULL when none comes in time. */
static const char *hear(int limit_ms)
{
    struct mono deadline = mono_after_ms(clock_mono(), limit_ms);
    char c;
    buf_clear(&heard);
    for (;;) {
        struct pollfd p = { .fd = pipe_fd[0], .events = POLLIN };
        int64_t left_ms = mono_ms_until(clock_mono(), deadline);
        if (left_ms <= 0 || poll(&p, 1, (int)left_ms) != 1 || read(pipe_fd[0], &c, 1) != 1) {
            return NULL;
        }
        if (c == '\n') {
            return heard.data;
        }
        buf_putc(&heard, c);
    }
}

static void answer_at_once(const struct order *o, const struct tool_env *env, struct buf *text)
{
    (void)env;
    buf_add(text, o->id.raw, o->id.n);
}

static void nap(void)
{
    (void)poll(NULL, 0, 1);
}

static void hold_on(const struct order *o, const struct tool_env *env, struct buf *text)
{
    atomic_fetch_add(&running, 1);
    while (atomic_load(&hold) && !tool_cancelled(env)) {
        nap();
    }
    answer_at_once(o, env, text);
}

static void tell_progress(const struct order *o, const struct tool_env *env, struct buf *text)
{
    (void)o;
    tool_progress(env, 1, 0, "first");
    tool_progress(env, 1, 0, "does not grow");
    tool_progress(env, 2, 0, "too soon");
    struct mono until = mono_after_ms(clock_mono(), 150);
    while (mono_ms_until(clock_mono(), until) > 0) {
        nap();
    }
    tool_progress(env, 0.5, 0, "less");
    tool_progress(env, 0.0 / 0.0, 0, "not a number");
    tool_progress(env, 2.5, 4, "second \"quoted\"");
    buf_puts(text, "done");
}

static enum call_taken submit(const char *id, order_fn *answer, bool waits, const char *token,
                              enum revision rev)
{
    const struct order o = { .id = { id, strlen(id) },
                             .rev = rev,
                             .progress_token = { token, token != NULL ? strlen(token) : 0 },
                             .answer = answer,
                             .arguments = "",
                             .waits = waits };
    return calls_submit(calls, &o);
}

static void wait_until_running(int n)
{
    struct mono deadline = mono_after_ms(clock_mono(), PATIENCE_MS);
    while (atomic_load(&running) < n) {
        assert_true(mono_ms_until(clock_mono(), deadline) > 0);
        nap();
    }
}

static void calls_that_wait_leave_the_others_alone_and_are_capped(void **state)
{
    (void)state;
    char ids[WAITS_MAX + 1][8];
    for (int i = 0; i <= WAITS_MAX; i++) {
        (void)snprintf(ids[i], sizeof ids[i], "%d", i);
        assert_int_equal(submit(ids[i], hold_on, true, NULL, REVISION_LEGACY),
                         i < WAITS_MAX ? CALL_TAKEN : WAITS_FULL);
    }
    wait_until_running(WAITS_MAX);
    assert_false(calls_has(calls, (struct rpc_id){ "32", 2 }));
    assert_int_equal(submit("\"x\"", answer_at_once, false, NULL, REVISION_LEGACY), CALL_TAKEN);
    assert_string_equal(hear(PATIENCE_MS), "\"x\"");
    /* one that ends makes room for another */
    calls_cancel(calls, (struct rpc_id){ "0", 1 });
    struct mono deadline = mono_after_ms(clock_mono(), PATIENCE_MS);
    while (submit("\"y\"", hold_on, true, NULL, REVISION_LEGACY) != CALL_TAKEN) {
        assert_true(mono_ms_until(clock_mono(), deadline) > 0);
        nap();
    }
    wait_until_running(WAITS_MAX + 1);
}

static void calls_behind_slow_ones_get_further_threads(void **state)
{
    (void)state;
    char ids[CALL_THREADS][8];
    for (int i = 0; i < CALL_THREADS - 1; i++) {
        (void)snprintf(ids[i], sizeof ids[i], "%d", i);
        assert_int_equal(submit(ids[i], hold_on, false, NULL, REVISION_LEGACY), CALL_TAKEN);
    }
    wait_until_running(CALL_THREADS - 1);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(submit("\"q\"", answer_at_once, false, NULL, REVISION_LEGACY), CALL_TAKEN);
        assert_string_equal(hear(PATIENCE_MS), "\"q\"");
    }
    atomic_store(&hold, false);
    for (int i = 0; i < CALL_THREADS - 1; i++) {
        assert_non_null(hear(PATIENCE_MS));
    }
    assert_true(calls_wait(calls, PATIENCE_MS));
}

#define TOLD(members) \
    "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{" members "}}"

static void progress_grows_and_is_not_told_too_often(void **state)
{
    (void)state;
    assert_int_equal(submit("1", tell_progress, false, "\"t\\u0031\"", REV_2025_03_26), CALL_TAKEN);
    assert_string_equal(hear(PATIENCE_MS), TOLD("\"progressToken\":\"t\\u0031\",\"progress\":1,"
                                                "\"message\":\"first\""));
    assert_string_equal(hear(PATIENCE_MS),
                        TOLD("\"progressToken\":\"t\\u0031\",\"progress\":2.5,"
                             "\"total\":4,\"message\":\"second \\\"quoted\\\"\""));
    assert_string_equal(hear(PATIENCE_MS), "done");
}

static void progress_has_no_message_in_2024_11_05_and_nobody_is_told_unasked(void **state)
{
    (void)state;
    assert_int_equal(submit("1", tell_progress, false, "7", REV_2024_11_05), CALL_TAKEN);
    assert_string_equal(hear(PATIENCE_MS), TOLD("\"progressToken\":7,\"progress\":1"));
    assert_string_equal(hear(PATIENCE_MS),
                        TOLD("\"progressToken\":7,\"progress\":2.5,\"total\":4"));
    assert_string_equal(hear(PATIENCE_MS), "done");
    assert_int_equal(submit("2", tell_progress, false, NULL, REV_2025_03_26), CALL_TAKEN);
    assert_string_equal(hear(PATIENCE_MS), "done");
}

static void progress_of_a_cancelled_call_is_not_told(void **state)
{
    (void)state;
    assert_int_equal(submit("1", tell_progress, true, "1", REVISION_LEGACY), CALL_TAKEN);
    assert_non_null(hear(PATIENCE_MS));
    calls_cancel(calls, (struct rpc_id){ "1", 1 });
    assert_true(calls_wait(calls, PATIENCE_MS));
    assert_null(hear(0));
}

static void end_of_input_does_not_wait_for_calls_that_wait(void **state)
{
    (void)state;
    assert_int_equal(submit("1", hold_on, true, NULL, REVISION_LEGACY), CALL_TAKEN);
    wait_until_running(1);
    assert_true(calls_wait(calls, PATIENCE_MS));
    assert_null(hear(0));
}

int main(void)
{
#define WITH_CALLS(test) cmocka_unit_test_setup_teardown(test, start, stop)
    const struct CMUnitTest tests[] = {
        WITH_CALLS(calls_that_wait_leave_the_others_alone_and_are_capped),
        WITH_CALLS(calls_behind_slow_ones_get_further_threads),
        WITH_CALLS(progress_grows_and_is_not_told_too_often),
        WITH_CALLS(progress_has_no_message_in_2024_11_05_and_nobody_is_told_unasked),
        WITH_CALLS(progress_of_a_cancelled_call_is_not_told),
        WITH_CALLS(end_of_input_does_not_wait_for_calls_that_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
