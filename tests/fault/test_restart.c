/* SPDX-License-Identifier: MIT */
/* Death and return of workers that are no worse than others. */
#include "bed.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void no_emit(void *ctx, size_t i, const struct job *job, const struct emission *e)
{
    (void)ctx;
    (void)i;
    (void)job;
    (void)e;
}

static void no_done(void *ctx, size_t i, const struct job *job, const struct job_done *d)
{
    (void)ctx;
    (void)i;
    (void)job;
    (void)d;
}

static void no_lost(void *ctx, size_t i, const struct job *jobs, size_t n)
{
    (void)ctx;
    (void)i;
    (void)jobs;
    (void)n;
}

static void no_ready(void *ctx, size_t i)
{
    (void)ctx;
    (void)i;
}

static const struct pool_events *quiet(void)
{
    static const struct pool_events ev = {
        .emit = no_emit, .done = no_done, .lost = no_lost, .ready = no_ready
    };
    return &ev;
}

static int setup(void **state)
{
    struct bed *b = malloc(sizeof *b);
    if (b == NULL) {
        return -1;
    }
    bed_init(b);
    bed_add(b, "healthy");
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    bed_fini(*state);
    free(*state);
    return 0;
}

/* Polls at a time of the test's own making until the state is reached. */
static void poll_until(struct bed *b, struct mono now, enum detector_state state)
{
    for (int i = 0; i < 10000 && pool_get(b->pool, 0)->state != state; i++) {
        pool_poll(b->pool, now, 1, quiet());
    }
    assert_int_equal(pool_get(b->pool, 0)->state, state);
}

static void signal_worker(const struct bed *b, int signal)
{
    assert_true(pool_get(b->pool, 0)->pid > 0);
    assert_int_equal(kill(pool_get(b->pool, 0)->pid, signal), 0);
}

static void kill_worker(const struct bed *b)
{
    signal_worker(b, SIGKILL);
}

static void restart_after_idle_death_is_ready_again(void **state)
{
    struct bed *b = *state;
    bed_start(b);
    bed_wait_state(b, 0, DETECTOR_READY);
    int before = pool_get(b->pool, 0)->pid;
    kill_worker(b);
    bed_wait_state(b, 0, DETECTOR_DOWN);
    assert_string_equal(pool_get(b->pool, 0)->reason, "SIGKILL");
    assert_int_equal(pool_get(b->pool, 0)->strikes, 0);
    bed_wait_state(b, 0, DETECTOR_READY);
    assert_int_not_equal(pool_get(b->pool, 0)->pid, before);
    assert_int_equal(pool_get(b->pool, 0)->restarts, 1);
}

enum { KILLS = 7 };

static void left_down_it_stays_down_with_its_reason(void **state)
{
    struct bed *b = *state;
    bed_start(b);
    bed_wait_state(b, 0, DETECTOR_READY);
    kill_worker(b);
    bed_wait_state(b, 0, DETECTOR_DOWN);
    pool_leave_down(b->pool, 0);
    for (int i = 0; i < 20; i++) {
        pool_poll(b->pool, mono_after_ms(clock_mono(), 3600000), 1, quiet());
    }
    assert_int_equal(pool_get(b->pool, 0)->state, DETECTOR_DOWN);
    assert_string_equal(pool_get(b->pool, 0)->reason, "SIGKILL");
}

static void restart_amid_the_work_changes_nothing_that_is_said(void **state)
{
    struct bed *b = *state;
    char *expected = bed_said_alone();
    b->batch_max = 1;
    bed_start(b);
    for (int i = 0; i < KILLS; i++) {
        bed_wait_state(b, 0, DETECTOR_READY);
        bed_step(b, 3);
        kill_worker(b);
        bed_wait_state(b, 0, DETECTOR_DOWN);
    }
    bed_run(b);
    assert_int_equal(pool_get(b->pool, 0)->restarts, KILLS);
    assert_true(b->runs[0].primings >= KILLS - 1);
    assert_string_equal(b->runs[0].said.data, expected);
    free(expected);
}

static void restart_waits_double_and_forget_after_good_work(void **state)
{
    struct bed *b = *state;
    struct mono now = mono_after_ms((struct mono){ 0 }, 1000000);
    b->cfg.restart_ms = 1000;
    bed_start(b);
    poll_until(b, now, DETECTOR_READY);
    for (int64_t wait_ms = 1000; wait_ms <= 60000; wait_ms = 2 * wait_ms) {
        signal_worker(b, SIGBUS);
        poll_until(b, now, DETECTOR_DOWN);
        assert_int_equal(pool_wait_ms(b->pool, now), wait_ms);
        pool_poll(b->pool, mono_after_ms(now, wait_ms - 1), 0, quiet());
        assert_int_equal(pool_get(b->pool, 0)->state, DETECTOR_DOWN);
        now = mono_after_ms(now, wait_ms);
        poll_until(b, now, DETECTOR_READY);
    }
    signal_worker(b, SIGBUS);
    poll_until(b, now, DETECTOR_DOWN);
    assert_int_equal(pool_wait_ms(b->pool, now), 60000);
    now = mono_after_ms(now, 60000);
    poll_until(b, now, DETECTOR_READY);
    now = mono_after_ms(now, 60000);
    signal_worker(b, SIGBUS);
    poll_until(b, now, DETECTOR_DOWN);
    assert_int_equal(pool_wait_ms(b->pool, now), 1000);
}

/* SIGKILL is nothing that a plugin does. */
static void restart_after_a_kill_from_outside_waits_no_longer(void **state)
{
    struct bed *b = *state;
    struct mono now = mono_after_ms((struct mono){ 0 }, 1000000);
    b->cfg.restart_ms = 1000;
    bed_start(b);
    poll_until(b, now, DETECTOR_READY);
    for (int i = 0; i < 3; i++) {
        kill_worker(b);
        poll_until(b, now, DETECTOR_DOWN);
        assert_int_equal(pool_wait_ms(b->pool, now), 1000);
        now = mono_after_ms(now, 1000);
        poll_until(b, now, DETECTOR_READY);
    }
    assert_int_equal(pool_get(b->pool, 0)->strikes, 0);
}

/* What runs is a copy: whatever becomes of the file, by rename or written over in place, a restart
 * finds what was described. */
static void restart_loads_what_was_described_and_not_the_file(void **state)
{
    struct bed *b = *state;
    size_t n;
    char path[128];
    bed_start(b);
    bed_wait_state(b, 0, DETECTOR_READY);
    unsigned char *bytes = bed_read("abort", &n);
    bed_add_file(b, "healthy.so", bytes, n);
    free(bytes);
    kill_worker(b);
    bed_wait_state(b, 0, DETECTOR_DOWN);
    bed_wait_state(b, 0, DETECTOR_READY);
    (void)snprintf(path, sizeof path, "%s/healthy.so", b->dir);
    assert_int_equal(unlink(path), 0);
    kill_worker(b);
    bed_wait_state(b, 0, DETECTOR_DOWN);
    bed_wait_state(b, 0, DETECTOR_READY);
    assert_string_equal(pool_get(b->pool, 0)->decl.id, "healthy");
    assert_int_equal(strlen(pool_get(b->pool, 0)->sha256), 64);
}

static void stop_leaves_no_process_behind(void **state)
{
    struct bed *b = *state;
    bed_start(b);
    bed_wait_state(b, 0, DETECTOR_READY);
    int pid = pool_get(b->pool, 0)->pid;
    pool_destroy(b->pool);
    b->pool = NULL;
    assert_int_equal(kill(pid, 0), -1);
    assert_int_equal(errno, ESRCH);
}

#if defined(__linux__)

/* 'R', 'S', 'Z' ...; 0: no such process. */
static char process_state(int pid)
{
    char path[64];
    char text[256] = "";
    (void)snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *f = fopen(path, "r");
    if (f == NULL) {
        return 0;
    }
    (void)fgets(text, sizeof text, f);
    (void)fclose(f);
    const char *state = strrchr(text, ')');
    return state != NULL ? state[2] : 0;
}

/* An engine with a worker that is busy and would never look up. Tells the worker's number. */
static void be_an_engine(int tell_fd)
{
    struct bed b;
    bed_init(&b);
    bed_add(&b, "endless");
    b.cfg.deadline_ms = 1000000;
    bed_start(&b);
    bed_wait_state(&b, 0, DETECTOR_READY);
    bed_begin(&b);
    bed_remove_dir(&b);
    int pid = pool_get(b.pool, 0)->pid;
    if (write(tell_fd, &pid, sizeof pid) != (ssize_t)sizeof pid) {
        _exit(1);
    }
    for (;;) {
        bed_poll(&b);
    }
}

static void engine_killed_takes_busy_workers_along(void **state)
{
    (void)state;
    int ends[2];
    int worker;
    int status;
    assert_int_equal(pipe(ends), 0);
    pid_t engine = fork();
    assert_true(engine >= 0);
    if (engine == 0) {
        be_an_engine(ends[1]);
    }
    assert_int_equal(read(ends[0], &worker, sizeof worker), (int)sizeof worker);
    assert_int_equal(kill(engine, SIGKILL), 0);
    assert_int_equal(waitpid(engine, &status, 0), engine);
    char now = 'R';
    for (int i = 0; i < 10000 && now != 0 && now != 'Z' && now != 'X'; i++) {
        (void)poll(NULL, 0, 1);
        now = process_state(worker);
    }
    assert_true(now == 0 || now == 'Z' || now == 'X');
    (void)close(ends[0]);
    (void)close(ends[1]);
}

#endif

static void add_deaths(struct bed *b, int n)
{
    char name[32];
    for (int i = 0; i < n; i++) {
        (void)snprintf(name, sizeof name, "death.%d", i);
        bed_add_file(b, name, "", 0);
    }
    b->cfg.worker_path = DYING_WORKER;
}

static void killed_while_described_it_is_described_again(void **state)
{
    struct bed *b = *state;
    add_deaths(b, 3);
    bed_start(b);
    bed_wait_state(b, 0, DETECTOR_READY);
    assert_string_equal(pool_get(b->pool, 0)->decl.id, "healthy");
    assert_int_equal(pool_get(b->pool, 0)->strikes, 0);
}

/* Time passes while the last detector is refused. */
static void poll_until_tried_again(struct bed *b, const char *id)
{
    int64_t skipped_ms = 0;
    bool refused = false, ready = false;
    for (int i = 0; i < 100000 && !ready; i++) {
        const struct detector *d = pool_get(b->pool, pool_count(b->pool) - 1);
        bool out = d->state == DETECTOR_REFUSED;
        refused = refused || out;
        skipped_ms += out ? 50 : 0;
        ready = refused && d->state == DETECTOR_READY && strcmp(d->decl.id, id) == 0;
        pool_poll(b->pool, mono_after_ms(clock_mono(), skipped_ms), 1, quiet());
    }
    assert_true(refused);
    assert_true(ready);
}

/* The file is not to blame, so this is no last word. */
static void killed_each_time_it_is_refused_with_words_and_tried_later(void **state)
{
    struct bed *b = *state;
    b->cfg.look_ms = 10;
    add_deaths(b, 4);
    bed_start(b);
    assert_int_equal(pool_count(b->pool), 1);
    assert_int_equal(pool_get(b->pool, 0)->state, DETECTOR_REFUSED);
    assert_non_null(strstr(pool_get(b->pool, 0)->reason, "SIGKILL"));
    assert_non_null(strstr(pool_get(b->pool, 0)->reason, "while it was described"));
    poll_until_tried_again(b, "healthy");
}

/* What is put off holds up nobody else. */
static void killed_each_time_it_does_not_keep_what_is_removed(void **state)
{
    struct bed *b = *state;
    char path[128];
    b->cfg.look_ms = 10;
    b->cfg.worker_path = DYING_WORKER;
    bed_start(b);
    add_deaths(b, 4);
    bed_add(b, "rounding");
    while (pool_count(b->pool) < 2) {
        bed_poll(b);
    }
    assert_int_equal(pool_get(b->pool, 1)->state, DETECTOR_REFUSED);
    (void)snprintf(path, sizeof path, "%s/healthy.so", b->dir);
    assert_int_equal(unlink(path), 0);
    for (int k = 0; k < 5000 && !pool_get(b->pool, 0)->removed; k++) {
        pool_poll(b->pool, clock_mono(), 1, quiet());
    }
    assert_true(pool_get(b->pool, 0)->removed);
}

static void killed_each_time_at_work_it_is_tried_later(void **state)
{
    struct bed *b = *state;
    b->cfg.look_ms = 10;
    b->cfg.worker_path = DYING_WORKER;
    bed_start(b);
    add_deaths(b, 4);
    bed_add(b, "rounding");
    poll_until_tried_again(b, "rounding");
}

static bool wants_none(void *ctx, const struct declaration *d, char reason[256])
{
    (void)ctx;
    (void)d;
    (void)reason;
    return false;
}

static void start_of_an_unwanted_one_is_described_and_does_not_happen(void **state)
{
    struct bed *b = *state;
    struct err err = { 0 };
    b->pool = pool_create(&b->cfg, wants_none, NULL, &err);
    assert_non_null(b->pool);
    bed_describe(b);
    pool_poll(b->pool, clock_mono(), 0, quiet());
    assert_int_equal(pool_get(b->pool, 0)->state, DETECTOR_UNWANTED);
    assert_string_equal(pool_get(b->pool, 0)->decl.id, "healthy");
    assert_int_equal(pool_get(b->pool, 0)->pid, 0);
}

static void start_without_a_directory_is_an_error_that_names_it(void **state)
{
    struct bed *b = *state;
    struct err err = { 0 };
    struct pool_config cfg = b->cfg;
    cfg.plugin_dir = "/no/such/plugins";
    assert_null(pool_create(&cfg, NULL, NULL, &err));
    assert_non_null(strstr(err.text, "/no/such/plugins"));
}

static void submit_of_a_ticker_never_told_is_refused(void **state)
{
    struct bed *b = *state;
    struct err err = { 0 };
    struct job job = { .ticker = BED_TICKERS };
    bed_start(b);
    bed_wait_state(b, 0, DETECTOR_READY);
    assert_false(pool_submit(b->pool, 0, &job, 1, &err));
    pool_drop_ticker(b->pool, 0, 1);
    job.ticker = 1;
    assert_false(pool_submit(b->pool, 0, &job, 1, &err));
}

static void submit_before_ready_is_refused(void **state)
{
    struct bed *b = *state;
    struct err err = { 0 };
    struct job job = { .ticker = 0 };
    bed_start(b);
    assert_false(pool_submit(b->pool, 0, &job, 1, &err));
    assert_int_equal(err.code, ERR_INVALID);
}

/* A job that points outside the arena is the engine's own mistake: an end with words, no strike. */
static void submit_outside_the_windows_ends_the_worker_with_words(void **state)
{
    struct bed *b = *state;
    struct err err = { 0 };
    struct job job = { .ticker = 0, .ref = { .slab_off = UINT64_MAX, .cap = 1, .n = 1 } };
    bed_start(b);
    bed_wait_state(b, 0, DETECTOR_READY);
    assert_true(pool_submit(b->pool, 0, &job, 1, &err));
    poll_until(b, clock_mono(), DETECTOR_DOWN);
    assert_string_equal(pool_get(b->pool, 0)->reason, "a job outside the windows");
    assert_int_equal(pool_get(b->pool, 0)->strikes, 0);
}

int main(void)
{
#define WITH_BED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        WITH_BED(restart_after_idle_death_is_ready_again),
        WITH_BED(left_down_it_stays_down_with_its_reason),
        WITH_BED(restart_amid_the_work_changes_nothing_that_is_said),
        WITH_BED(restart_waits_double_and_forget_after_good_work),
        WITH_BED(restart_after_a_kill_from_outside_waits_no_longer),
        WITH_BED(restart_loads_what_was_described_and_not_the_file),
#if defined(__linux__)
        cmocka_unit_test(engine_killed_takes_busy_workers_along),
#endif
        WITH_BED(stop_leaves_no_process_behind),
        WITH_BED(killed_while_described_it_is_described_again),
        WITH_BED(killed_each_time_it_is_refused_with_words_and_tried_later),
        WITH_BED(killed_each_time_at_work_it_is_tried_later),
        WITH_BED(killed_each_time_it_does_not_keep_what_is_removed),
        WITH_BED(start_of_an_unwanted_one_is_described_and_does_not_happen),
        WITH_BED(start_without_a_directory_is_an_error_that_names_it),
        WITH_BED(submit_of_a_ticker_never_told_is_refused),
        WITH_BED(submit_before_ready_is_refused),
        WITH_BED(submit_outside_the_windows_ends_the_worker_with_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
