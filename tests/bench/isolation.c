/* SPDX-License-Identifier: MIT */
/* What it costs that a detector runs in a process of its own: one plugin, TICKERS tickers, a tick a
 * second of data with ROWS_PER_TICK new rows each, judged (a) here, by the same code that calls it
 * in a worker, (b) by a worker behind the pool, one batch a tick. Prints microseconds a tick, by
 * the clock and of CPU (b: both processes).
 *   bench_isolation PLUGIN.so WORKER TICKERS TICKS */
#include "child.h"
#include "clock.h"
#include "cpu.h"
#include "describe.h"
#include "instance.h"
#include "loader.h"
#include "pool.h"
#include "shm.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ROWS_PER_TICK = 10, WARM = 20, KEEP_S = 70 };

static const int64_t CENT = 10000000;
static const int64_t START_NS = INT64_C(1768491040) * NS_PER_S;

struct bench {
    const char *so, *worker;
    size_t tickers, ticks;
    struct shm shm;
    struct arena arena;
    struct window *windows;
    struct job *jobs;
    uint64_t seq; /* rows so far, of each ticker */
    struct declaration decl;
    double params[PARAMS_MAX];
};

static void must(bool ok, const struct err *err)
{
    if (!ok) {
        (void)fprintf(stderr, "bench_isolation: %s\n", err->text);
        exit(1);
    }
}

/* Rows of the next tick, and the jobs that judge them. */
static void next_tick(struct bench *b, size_t tick)
{
    struct err err = { 0 };
    uint64_t first_new = b->seq;
    int64_t now_ns = START_NS + (int64_t)(tick + 1) * NS_PER_S;
    b->seq += ROWS_PER_TICK;
    for (size_t k = 0; k < b->tickers; k++) {
        for (int i = 1; i <= ROWS_PER_TICK; i++) {
            int64_t n = (int64_t)tick * ROWS_PER_TICK + i;
            struct quote q = { .ts_ns = START_NS + n * NS_PER_S / ROWS_PER_TICK,
                               .bid_px = (60000 + (n / 7 + (int64_t)k) % 5) * CENT,
                               .ask_px = (60002 + (n / 7 + (int64_t)k) % 5) * CENT,
                               .bid_sz = (double)((n * 37 + (int64_t)k * 11) % 900 + 1),
                               .ask_sz = (double)((n * 53) % 900 + 1) };
            must(window_push(&b->windows[k], &q, &err), &err);
        }
        window_evict(&b->windows[k], now_ns - (int64_t)KEEP_S * NS_PER_S);
        b->jobs[k] = (struct job){ .ticker = (uint32_t)k,
                                   .id = 1,
                                   .tick_seq = tick,
                                   .now_ns = now_ns,
                                   .px_tick = CENT,
                                   .first_new_seq = first_new,
                                   .ref = window_ref(&b->windows[k]) };
    }
}

static void init(struct bench *b, int argc, char **argv)
{
    struct err err = { 0 };
    size_t bytes;
    if (argc != 5) {
        (void)fprintf(stderr, "usage: bench_isolation PLUGIN.so WORKER TICKERS TICKS\n");
        exit(2);
    }
    *b = (struct bench){ .so = argv[1], .worker = argv[2] };
    b->tickers = (size_t)strtoul(argv[3], NULL, 10);
    b->ticks = (size_t)strtoul(argv[4], NULL, 10);
    bytes = (b->tickers + 8) << 18;
    must(shm_create(&b->shm, bytes, &err) && arena_init(&b->arena, b->shm.base, bytes, &err), &err);
    b->windows = calloc(b->tickers, sizeof *b->windows);
    b->jobs = calloc(b->tickers, sizeof *b->jobs);
    must(b->windows != NULL && b->jobs != NULL, &err);
    for (size_t k = 0; k < b->tickers; k++) {
        must(window_init(&b->windows[k], &b->arena, &err), &err);
    }
}

static int64_t cpu_ns(void)
{
    struct rusage own;
    (void)getrusage(RUSAGE_SELF, &own);
    return ((int64_t)own.ru_utime.tv_sec + own.ru_stime.tv_sec) * NS_PER_S +
           ((int64_t)own.ru_utime.tv_usec + own.ru_stime.tv_usec) * 1000;
}

struct figure {
    double wall_us, cpu_us; /* a tick */
};

/* ---- here ------------------------------------------------------------------------------------ */

static struct figure run_here(struct bench *b)
{
    static struct crumb crumb;
    struct err err = { 0 };
    int fds[2];
    struct channel channel;
    struct emit emit;
    char *json = NULL;
    loader_entry_fn *entry = loader_open(b->so, &crumb, &err);
    const ofd_plugin *plugin = entry != NULL ? loader_ask(entry, 0, &crumb, &err) : NULL;
    must(plugin != NULL && describe(plugin, &b->decl, &json, &err) && channel_pair(fds, &err),
         &err);
    channel_init(&channel, fds[0], FRAME_MAX_BYTES, (size_t)256 << 20);
    emit_init(&emit, &b->decl, &channel);
    struct instances all = { .plugin = plugin, .decl = &b->decl, .emit = &emit, .crumb = &crumb };
    for (size_t k = 0; k < b->tickers; k++) {
        bool ok;
        struct frame_ticker t = { .ticker = (uint32_t)k, .n_params = b->decl.n_params };
        (void)snprintf(t.name, sizeof t.name, "T%zu", k);
        for (uint32_t i = 0; i < b->decl.n_params; i++) {
            t.params[i] = b->params[i] = b->decl.params[i].def;
        }
        must(instances_set(&all, &t, &ok, &err) && ok, &err);
    }
    int64_t wall_ns = 0, used_ns = 0;
    for (size_t tick = 0; tick < b->ticks + WARM; tick++) {
        next_tick(b, tick);
        int64_t from_ns = clock_mono().ns, cpu = cpu_own_ns();
        for (size_t k = 0; k < b->tickers; k++) {
            struct job_done done;
            must(instances_run(&all, &b->jobs[k], b->shm.base, b->shm.bytes, &done, &err), &err);
        }
        wall_ns += tick >= WARM ? clock_mono().ns - from_ns : 0;
        used_ns += tick >= WARM ? cpu_own_ns() - cpu : 0;
    }
    free(json);
    double ticks = (double)b->ticks * 1000;
    return (struct figure){ (double)wall_ns / ticks, (double)used_ns / ticks };
}

/* ---- in a worker ------------------------------------------------------------------------------
 */

static void on_emit(void *ctx, size_t i, const struct job *job, const struct emission *e)
{
    (void)ctx;
    (void)i;
    (void)job;
    (void)e;
}

static void on_done(void *ctx, size_t i, const struct job *job, const struct job_done *d)
{
    (void)ctx;
    (void)i;
    (void)job;
    (void)d;
}

static void on_lost(void *ctx, size_t i, const struct job *jobs, size_t n)
{
    (void)ctx;
    (void)i;
    (void)jobs;
    (void)n;
}

static void on_ready(void *ctx, size_t i)
{
    (void)ctx;
    (void)i;
}

static const struct pool_events EVENTS = {
    .emit = on_emit, .done = on_done, .lost = on_lost, .ready = on_ready
};

/* A folder with the plugin alone. */
static struct pool *start_pool(struct bench *b, char dir[64], char file[128], struct err *err)
{
    struct pool_config cfg = { .worker_path = b->worker,
                               .plugin_dir = dir,
                               .order = "",
                               .window_fd = b->shm.fd_ro,
                               .window_bytes = b->shm.bytes,
                               .budget_ms = 1000,
                               .deadline_ms = 10000,
                               .memory_mb = 256 };
    char copy[512];
    (void)snprintf(dir, 64, "/tmp/orderflow-bench-XXXXXX");
    must(mkdtemp(dir) != NULL, err);
    (void)snprintf(file, 128, "%s/plugin.so", dir);
    (void)snprintf(copy, sizeof copy, "%.300s", b->so);
    FILE *in = fopen(copy, "rb"), *out = fopen(file, "wb");
    must(in != NULL && out != NULL, err);
    for (int c = getc(in); c != EOF; c = getc(in)) {
        (void)putc(c, out);
    }
    must(fclose(in) == 0 && fclose(out) == 0, err);
    return pool_create(&cfg, NULL, NULL, err);
}

static void wait_idle(struct pool *p)
{
    while (!pool_idle(p, 0)) {
        pool_poll(p, clock_mono(), 100, &EVENTS);
    }
}

static struct figure run_worker(struct bench *b, size_t from)
{
    struct err err = { 0 };
    char dir[64], file[128];
    struct pool *p = start_pool(b, dir, file, &err);
    must(p != NULL, &err);
    while (!pool_described(p)) {
        pool_poll(p, clock_mono(), 100, &EVENTS);
    }
    pool_begin(p);
    wait_idle(p);
    for (size_t k = 0; k < b->tickers; k++) {
        char name[24];
        (void)snprintf(name, sizeof name, "T%zu", k);
        must(pool_set_ticker(p, 0, (uint32_t)k, name, b->params, b->decl.n_params, &err), &err);
    }
    wait_idle(p);
    int64_t wall_ns = 0, used_ns = 0, theirs_ns = 0;
    struct child worker = { .pid = pool_get(p, 0)->pid };
    for (size_t tick = 0; tick < b->ticks + WARM; tick++) {
        int64_t before_ns = 0, after_ns = 0;
        next_tick(b, from + tick);
        (void)child_cpu_ns(&worker, &before_ns);
        int64_t from_ns = clock_mono().ns, cpu = cpu_ns();
        must(pool_submit(p, 0, b->jobs, b->tickers, &err), &err);
        wait_idle(p);
        wall_ns += tick >= WARM ? clock_mono().ns - from_ns : 0;
        used_ns += tick >= WARM ? cpu_ns() - cpu : 0;
        (void)child_cpu_ns(&worker, &after_ns);
        theirs_ns += tick >= WARM ? after_ns - before_ns : 0;
    }
    pool_destroy(p);
    (void)unlink(file);
    (void)rmdir(dir);
    double ticks = (double)b->ticks * 1000;
    return (struct figure){ (double)wall_ns / ticks, (double)(used_ns + theirs_ns) / ticks };
}

int main(int argc, char **argv)
{
    struct bench b;
    init(&b, argc, argv);
    struct figure here = run_here(&b), there = run_worker(&b, b.ticks + WARM);
    (void)printf("{\"detector\":\"%s\",\"tickers\":%zu,\"ticks\":%zu,\"here_us\":%.1f,"
                 "\"here_cpu_us\":%.1f,\"worker_us\":%.1f,\"worker_cpu_us\":%.1f}\n",
                 b.decl.id, b.tickers, b.ticks, here.wall_us, here.cpu_us, there.wall_us,
                 there.cpu_us);
    return 0;
}
