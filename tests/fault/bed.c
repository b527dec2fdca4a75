/* SPDX-License-Identifier: MIT */
#include "bed.h"

#include "orderflow/detector.h"

#include <dirent.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { ARENA_BYTES = 1 << 20, ROWS_PER_TICK = 4, DEADLINE_S = 60, LOG_BYTES = 1 << 22 };

static const char *const TICKERS[BED_TICKERS] = { "SPY", "QQQ" };
/* 2026-01-15T15:30:40Z; tick k is k seconds later. */
static const int64_t START_NS = INT64_C(1768491040) * NS_PER_S;
static const int64_t CENT = 10000000;

static void fill(struct window *w, int ticker)
{
    struct err err = { 0 };
    for (int i = 0; i < BED_TICKS * ROWS_PER_TICK; i++) {
        struct quote q = { .ts_ns = START_NS + (int64_t)(i + 1) * NS_PER_S / ROWS_PER_TICK,
                           .bid_px = (60000 + i % 3) * CENT,
                           .ask_px = (60005 + i % 3) * CENT,
                           .bid_sz = (i * 37 + ticker * 11) % 100 + 1,
                           .ask_sz = (i * 53) % 100 + 1 };
        assert_true(window_push(w, &q, &err));
    }
}

void bed_init(struct bed *b)
{
    struct err err = { 0 };
    *b = (struct bed){ .dir = "/tmp/orderflow-zoo-XXXXXX" };
    assert_non_null(mkdtemp(b->dir));
    assert_true(shm_create(&b->shm, ARENA_BYTES, &err));
    assert_true(arena_init(&b->arena, b->shm.base, ARENA_BYTES, &err));
    for (int i = 0; i < BED_TICKERS; i++) {
        assert_true(window_init(&b->windows[i], &b->arena, &err));
        fill(&b->windows[i], i);
    }
    for (int i = 0; i < BED_DETECTORS; i++) {
        buf_init(&b->runs[i].said, LOG_BYTES);
    }
    b->cfg = (struct pool_config){ .worker_path = WORKER_PATH,
                                   .plugin_dir = b->dir,
                                   .order = "",
                                   .window_fd = b->shm.fd_ro,
                                   .window_bytes = ARENA_BYTES,
                                   .budget_ms = 1000,
                                   .deadline_ms = 500,
                                   .memory_mb = 64,
                                   .restart_ms = 5 };
}

void bed_remove_dir(const struct bed *b)
{
    const char *dir = b->dir;
    char path[512];
    DIR *d = opendir(dir);
    if (d == NULL) {
        return;
    }
    for (struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
        (void)snprintf(path, sizeof path, "%s/%.255s", dir, e->d_name);
        (void)unlink(path);
    }
    (void)closedir(d);
    (void)rmdir(dir);
}

void bed_fini(struct bed *b)
{
    pool_destroy(b->pool);
    for (int i = 0; i < BED_DETECTORS; i++) {
        buf_fini(&b->runs[i].said);
    }
    for (int i = 0; i < BED_TICKERS; i++) {
        window_fini(&b->windows[i]);
    }
    arena_fini(&b->arena);
    shm_destroy(&b->shm);
    bed_remove_dir(b);
}

void bed_add(struct bed *b, const char *name)
{
    char file[64];
    size_t n;
    unsigned char *bytes = bed_read(name, &n);
    (void)snprintf(file, sizeof file, "%.50s.so", name);
    bed_add_file(b, file, bytes, n);
    free(bytes);
}

void bed_add_file(struct bed *b, const char *name, const void *bytes, size_t n)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", b->dir, name);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

unsigned char *bed_read(const char *name, size_t *n_out)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s.so", ZOO_DIR, name);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    *n_out = (size_t)ftell(f);
    rewind(f);
    unsigned char *bytes = malloc(*n_out);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *n_out, f), *n_out);
    (void)fclose(f);
    return bytes;
}

void bed_describe(struct bed *b)
{
    while (!pool_described(b->pool)) {
        bed_poll(b);
    }
    pool_begin(b->pool);
}

/* ---- driving -------------------------------------------------------------------------------- */

void bed_start(struct bed *b)
{
    struct err err = { 0 };
    b->pool = pool_create(&b->cfg, NULL, NULL, &err);
    if (b->pool == NULL) {
        fail_msg("%s", err.text);
    }
    bed_describe(b);
    assert_true(pool_count(b->pool) <= BED_DETECTORS);
    for (size_t i = 0; i < pool_count(b->pool); i++) {
        for (uint32_t t = 0; t < BED_TICKERS; t++) {
            if (pool_get(b->pool, i)->state != DETECTOR_REFUSED) {
                assert_true(pool_set_ticker(b->pool, i, t, TICKERS[t], NULL, 0, &err));
            }
        }
    }
}

static size_t rows_until(const struct window *w, int64_t ns)
{
    struct rows rows = window_rows(w);
    return rows_after(&rows, ns);
}

/* Job k: tick k / BED_TICKERS + 1 of ticker k % BED_TICKERS. */
static struct job job_at(const struct bed *b, size_t k)
{
    uint32_t ticker = (uint32_t)(k % BED_TICKERS);
    int64_t tick = (int64_t)(k / BED_TICKERS) + 1;
    const struct window *w = &b->windows[ticker];
    struct job job = { .ticker = ticker,
                       .id = k,
                       .tick_seq = (uint64_t)tick,
                       .now_ns = START_NS + tick * NS_PER_S,
                       .px_tick = CENT,
                       .first_new_seq = rows_until(w, START_NS + (tick - 1) * NS_PER_S),
                       .ref = window_ref(w) };
    job.ref.n = rows_until(w, job.now_ns);
    return job;
}

static const size_t ALL_JOBS = (size_t)BED_TICKERS * BED_TICKS;

/* What a fresh instance must see before it goes on at job `next`. */
static size_t priming(const struct bed *b, size_t next, struct job jobs[BED_TICKERS])
{
    size_t n = 0;
    for (size_t k = next < BED_TICKERS ? 0 : next - BED_TICKERS; k < next; k++) {
        jobs[n] = job_at(b, k);
        jobs[n].flags = OFD_TICK_PRIMING;
        jobs[n].tick_seq = 0;
        jobs[n].first_new_seq = 0;
        n++;
    }
    return n;
}

static void feed(struct bed *b, size_t i)
{
    struct job jobs[BED_TICKERS + BED_TICKERS * BED_TICKS];
    struct err err = { 0 };
    struct bed_run *r = &b->runs[i];
    if (pool_get(b->pool, i)->state != DETECTOR_READY || r->next == ALL_JOBS) {
        return;
    }
    size_t n = r->primed ? 0 : priming(b, r->next, jobs);
    size_t most = b->batch_max != 0 ? b->batch_max : ALL_JOBS;
    r->primings += n > 0;
    r->primed = true;
    for (size_t k = r->next; k < ALL_JOBS && k - r->next < most; k++) {
        jobs[n++] = job_at(b, k);
    }
    if (!pool_submit(b->pool, i, jobs, n, &err)) {
        fail_msg("%s", err.text);
    }
}

static void on_emit(void *ctx, size_t i, const struct job *job, const struct emission *e)
{
    struct bed *b = ctx;
    assert_int_equal(job->id, b->runs[i].next);
    buf_printf(&b->runs[i].said,
               "%" PRIu64 " ts=%" PRId64 " start=%" PRId64 " side=%d dir=%d price=%" PRId64
               " value=%.17g ev=%u,%.17g,%" PRId64 "\n",
               job->id, e->ts_ns, e->start_ns, (int)e->side, (int)e->dir, e->price, e->value,
               (unsigned)e->n_ev, e->ev[0].f, e->ev[1].i);
}

static void on_done(void *ctx, size_t i, const struct job *job, const struct job_done *d)
{
    struct bed *b = ctx;
    struct bed_run *r = &b->runs[i];
    if ((job->flags & OFD_TICK_PRIMING) != 0) {
        return;
    }
    assert_int_equal(job->id, r->next);
    r->next++;
    r->skipped += d->status == JOB_SKIPPED;
    r->no_instance += d->status == JOB_NO_INSTANCE;
    r->negative += d->status < 0 && d->status > JOB_NO_INSTANCE;
}

static void on_lost(void *ctx, size_t i, const struct job *jobs, size_t n)
{
    struct bed *b = ctx;
    (void)jobs;
    b->runs[i].lost += n;
}

static void on_ready(void *ctx, size_t i)
{
    struct bed *b = ctx;
    b->runs[i].primed = false;
}

void bed_poll(struct bed *b)
{
    struct pool_events ev = {
        .emit = on_emit, .done = on_done, .lost = on_lost, .ready = on_ready, .ctx = b
    };
    pool_poll(b->pool, clock_mono(), 100, &ev);
}

static bool finished(const struct bed *b)
{
    for (size_t i = 0; i < pool_count(b->pool); i++) {
        if (pool_get(b->pool, i)->state != DETECTOR_REFUSED && b->runs[i].next < ALL_JOBS) {
            return false;
        }
    }
    return true;
}

void bed_run(struct bed *b)
{
    struct mono deadline = mono_after_ms(clock_mono(), DEADLINE_S * 1000);
    while (!finished(b)) {
        assert_true(mono_ms_until(clock_mono(), deadline) > 0);
        for (size_t i = 0; i < pool_count(b->pool); i++) {
            feed(b, i);
        }
        bed_poll(b);
    }
}

void bed_begin(struct bed *b)
{
    feed(b, 0);
}

void bed_step(struct bed *b, size_t n)
{
    size_t goal = b->runs[0].next + n < ALL_JOBS ? b->runs[0].next + n : ALL_JOBS;
    struct mono deadline = mono_after_ms(clock_mono(), DEADLINE_S * 1000);
    while (b->runs[0].next < goal) {
        assert_true(mono_ms_until(clock_mono(), deadline) > 0);
        feed(b, 0);
        bed_poll(b);
    }
}

void bed_wait_state(struct bed *b, size_t i, enum detector_state state)
{
    struct mono deadline = mono_after_ms(clock_mono(), DEADLINE_S * 1000);
    while (pool_get(b->pool, i)->state != state) {
        assert_true(mono_ms_until(clock_mono(), deadline) > 0);
        bed_poll(b);
    }
}

size_t bed_find(const struct bed *b, const char *name)
{
    for (size_t i = 0; i < pool_count(b->pool); i++) {
        const struct detector *d = pool_get(b->pool, i);
        const char *file = strrchr(d->path, '/');
        if (strcmp(d->decl.id, name) == 0 || strcmp(file + 1, name) == 0) {
            return i;
        }
    }
    fail_msg("no detector %s", name);
    return 0;
}

char *bed_said_alone(void)
{
    struct bed b;
    bed_init(&b);
    bed_add(&b, "healthy");
    bed_start(&b);
    bed_run(&b);
    char *said = strdup(b.runs[0].said.data);
    bed_fini(&b);
    return said;
}
