/* SPDX-License-Identifier: MIT */
/* A tape from memory: windows, all metrics of 10, 60 and 300 s and the four detectors of the seed,
 * at every second, in this process. bench_ticks PLUGINS TAPE OUT [ROUNDS] TAPE   n, then n times
 * each ts_ns, bid_px, ask_px (int64), bid_sz, ask_sz (double) OUT    for every tick FIGURES
 * doubles: figures[] of each window, emissions by detector and side Prints CPU time per quote, the
 * median of ROUNDS; `cold` is a round before, which asks the system for the windows' memory page by
 * page, as a pass does once. ticks_numpy.py and ticks_duckdb.mjs give the same OUT from the
 * definitions. */
#include "clock.h"
#include "loader.h"
#include "metrics.h"
#include "shm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WINDOWS = 3,
    DETECTORS = 4,
    SIDES = 2,
    ROUNDS_MAX = 99,
    KEEP_S = 900,
    ARENA_BYTES = 1 << 30
};

static const int64_t CENT = 10000000;
static const int64_t windows_s[WINDOWS] = { 10, 60, 300 };
static const char *const detectors[DETECTORS] = { "absorption", "stacking", "sweep",
                                                  "momentum_shift" };

/* What is compared of all that is computed; NaN where there is none. */
#define FIGURES_OF(m)                                                                         \
    {                                                                                         \
        (double)(m)->quotes, (double)(m)->states, px((m)->bid_move_px), px((m)->ask_move_px), \
            (double)(m)->bid_lifts, (double)(m)->bid_drops, (double)(m)->ask_lifts,           \
            (double)(m)->ask_drops, (m)->net_bid_sz, (m)->net_ask_sz, (m)->avg_bid_sz,        \
            (m)->avg_ask_sz, px((m)->avg_spread_px), px((m)->min_spread_px),                  \
            px((m)->max_spread_px), (m)->bid_add, (m)->bid_rem, (m)->ask_add, (m)->ask_rem,   \
            (m)->ofi, (m)->tw_bid_sz, (m)->tw_ask_sz, (m)->tw_spread_ticks, (m)->tw_qi,       \
            (m)->ofi_n, (double)(m)->large_bid_ms, (double)(m)->large_ask_ms                  \
    }
enum { PER_WINDOW = 27, FIGURES = WINDOWS * PER_WINDOW + DETECTORS * SIDES };

static double px(int64_t x)
{
    return (double)x;
}

struct tape {
    size_t n;
    int64_t *ts_ns, *bid_px, *ask_px;
    double *bid_sz, *ask_sz;
};

struct detector {
    const ofd_plugin *plugin;
    void *self;
    ofd_host host;
    double emitted[SIDES]; /* at this tick: bid and ask, or up and down */
};

struct bench {
    struct tape tape;
    struct crumb crumb;
    struct detector detectors[DETECTORS];
    double *out; /* FIGURES of each tick */
    size_t ticks, ticks_max;
};

static void must(bool ok, const char *what)
{
    if (!ok) {
        (void)fprintf(stderr, "bench_ticks: %s\n", what);
        exit(1);
    }
}

/* ---- files ---- */

static void *read_column(FILE *f, size_t n)
{
    void *column = malloc(n * 8 + 8);
    must(column != NULL && fread(column, 8, n, f) == n, "the tape is too short");
    return column;
}

static void read_tape(struct tape *t, const char *path)
{
    int64_t n = 0;
    FILE *f = fopen(path, "rb");
    must(f != NULL && fread(&n, sizeof n, 1, f) == 1 && n > 0, "cannot read the tape");
    t->n = (size_t)n;
    t->ts_ns = read_column(f, t->n);
    t->bid_px = read_column(f, t->n);
    t->ask_px = read_column(f, t->n);
    t->bid_sz = read_column(f, t->n);
    t->ask_sz = read_column(f, t->n);
    (void)fclose(f);
}

static void write_figures(const struct bench *b, const char *path)
{
    FILE *f = fopen(path, "wb");
    must(f != NULL && fwrite(b->out, sizeof(double) * FIGURES, b->ticks, f) == b->ticks &&
             fclose(f) == 0,
         "cannot write the figures");
}

/* ---- detectors ---- */

static int32_t count_emission(const ofd_host *host, const ofd_pattern *p)
{
    struct detector *d = host->ctx;
    d->emitted[p->side == OFD_ASK || (p->side == OFD_NO_SIDE && p->dir < 0)]++;
    return 0;
}

static void log_nothing(const ofd_host *host, uint32_t level, const char *text)
{
    (void)host;
    (void)level;
    (void)text;
}

static const void *no_extension(const ofd_host *host, const char *id)
{
    (void)host;
    (void)id;
    return NULL;
}

static const ofd_plugin *load(struct bench *b, const char *dir, const char *name)
{
    char path[4096];
    struct err err = { 0 };
    (void)snprintf(path, sizeof path, "%s/%s.so", dir, name);
    loader_entry_fn *entry = loader_open(path, &b->crumb, &err);
    const ofd_plugin *plugin = entry == NULL ? NULL : loader_ask(entry, 0, &b->crumb, &err);
    must(plugin != NULL, err.text);
    return plugin;
}

static void start_detector(struct detector *d)
{
    double params[64];
    const ofd_plugin *p = d->plugin;
    must(p->n_params <= 64, "too many parameters");
    for (uint32_t i = 0; i < p->n_params; i++) {
        params[i] = ((const ofd_param *)(const void *)((const char *)p->params +
                                                       (size_t)i * p->param_stride))
                        ->def;
    }
    d->host = (ofd_host){ .size = sizeof(ofd_host),
                          .minor = OFD_MINOR,
                          .ctx = d,
                          .emit = count_emission,
                          .log = log_nothing,
                          .ext = no_extension };
    d->self = p->create(&d->host, &(ofd_config){ .size = sizeof(ofd_config),
                                                 .n_params = p->n_params,
                                                 .params = params,
                                                 .ticker = "TAPE" });
    must(d->self != NULL, "a detector does not start");
}

static ofd_window view(const struct rows *r, int64_t now_ns, uint32_t seconds, int64_t memory_s,
                       uint64_t first_new_seq)
{
    int64_t begin_ns = now_ns - seconds * NS_PER_S;
    size_t from = rows_after(r, begin_ns - memory_s * NS_PER_S), begin = rows_after(r, begin_ns);
    return (ofd_window){ .size = sizeof(ofd_window),
                         .seconds = seconds,
                         .n = r->n - from,
                         .begin = begin - from,
                         .first_new = first_new_seq - r->first_seq - from,
                         .first_seq = r->first_seq + from,
                         .ts_ns = r->ts_ns + from,
                         .bid_px = r->bid_px + from,
                         .ask_px = r->ask_px + from,
                         .bid_sz = r->bid_sz + from,
                         .ask_sz = r->ask_sz + from,
                         .flags = r->flags + from };
}

static void detect(struct detector *d, const struct rows *r, int64_t now_ns, uint64_t first_new,
                   size_t tick)
{
    ofd_window windows[8];
    const ofd_plugin *p = d->plugin;
    must(p->n_windows <= 8, "too many windows");
    for (uint32_t i = 0; i < p->n_windows; i++) {
        windows[i] = view(r, now_ns, p->window_s[i], p->memory_s, first_new);
    }
    memset(d->emitted, 0, sizeof d->emitted);
    must(p->detect(d->self, &(ofd_tick){ .size = sizeof(ofd_tick),
                                         .now_ns = now_ns,
                                         .px_tick = CENT,
                                         .seq = tick,
                                         .n_windows = p->n_windows,
                                         .window_stride = sizeof(ofd_window),
                                         .windows = windows }) >= 0,
         "a detector failed");
}

/* ---- the pass ---- */

static void put_figures(struct bench *b, const struct metrics m[WINDOWS])
{
    double *out = b->out + b->ticks * FIGURES;
    for (int i = 0; i < WINDOWS; i++) {
        const double figures[PER_WINDOW] = FIGURES_OF(&m[i]);
        memcpy(out, figures, sizeof figures);
        out += PER_WINDOW;
    }
    for (int i = 0; i < DETECTORS; i++) {
        memcpy(out, b->detectors[i].emitted, sizeof b->detectors[i].emitted);
        out += SIDES;
    }
}

static void tick(struct bench *b, struct window *w, struct meter *meter, int64_t now_ns,
                 uint64_t first_new)
{
    struct err err = { 0 };
    struct metrics m[WINDOWS];
    struct rows r = window_rows(w);
    must(meter_push(meter, &r, first_new, &err), err.text);
    for (int i = 0; i < WINDOWS; i++) {
        meter_read(meter, &r, now_ns, windows_s[i], CENT, &m[i]);
    }
    for (int i = 0; i < DETECTORS; i++) {
        detect(&b->detectors[i], &r, now_ns, first_new, b->ticks);
    }
    must(b->ticks < b->ticks_max, "more ticks than counted");
    put_figures(b, m);
    b->ticks++;
    window_evict(w, now_ns - KEEP_S * NS_PER_S);
}

static void pass(struct bench *b, struct arena *arena)
{
    static const struct metrics_config cfg = { .large_sz = 10000,
                                               .jump_sz = 15000,
                                               .gap_floor_ns = 5 * NS_PER_S };
    const struct tape *t = &b->tape;
    struct err err = { 0 };
    struct window w;
    struct meter *meter = meter_create(&cfg, KEEP_S * NS_PER_S);
    must(meter != NULL && window_init(&w, arena, &err), "no window");
    int64_t now_ns = (t->ts_ns[0] + NS_PER_S - 1) / NS_PER_S * NS_PER_S;
    uint64_t first_new = 0;
    b->ticks = 0;
    for (size_t i = 0; i < t->n; i++) {
        for (; t->ts_ns[i] > now_ns; now_ns += NS_PER_S, first_new = i) {
            tick(b, &w, meter, now_ns, first_new);
        }
        struct quote q = { .ts_ns = t->ts_ns[i],
                           .bid_px = t->bid_px[i],
                           .ask_px = t->ask_px[i],
                           .bid_sz = t->bid_sz[i],
                           .ask_sz = t->ask_sz[i] };
        must(window_push(&w, &q, &err), err.text);
    }
    tick(b, &w, meter, now_ns, first_new);
    meter_destroy(meter);
    window_fini(&w);
}

static int64_t measure(struct bench *b, void *memory)
{
    struct err err = { 0 };
    struct arena arena;
    must(arena_init(&arena, memory, ARENA_BYTES, &err), err.text);
    for (int i = 0; i < DETECTORS; i++) {
        start_detector(&b->detectors[i]);
    }
    int64_t from_ns = clock_cpu_ns();
    pass(b, &arena);
    int64_t took_ns = clock_cpu_ns() - from_ns;
    for (int i = 0; i < DETECTORS; i++) {
        b->detectors[i].plugin->destroy(b->detectors[i].self);
    }
    arena_fini(&arena);
    return took_ns;
}

static int compare(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

int main(int argc, char **argv)
{
    static struct bench b;
    int64_t took_ns[ROUNDS_MAX];
    int rounds = argc == 5 ? atoi(argv[4]) : 1;
    if (argc < 4 || argc > 5 || rounds < 1 || rounds > ROUNDS_MAX) {
        (void)fprintf(stderr, "usage: bench_ticks PLUGINS TAPE OUT [ROUNDS]\n");
        return 2;
    }
    read_tape(&b.tape, argv[2]);
    for (int i = 0; i < DETECTORS; i++) {
        b.detectors[i].plugin = load(&b, argv[1], detectors[i]);
    }
    int64_t span_ns = b.tape.ts_ns[b.tape.n - 1] - b.tape.ts_ns[0];
    b.ticks_max = (size_t)(span_ns / NS_PER_S) + 2;
    b.out = malloc(b.ticks_max * FIGURES * sizeof *b.out);
    must(b.out != NULL, "no memory");
    struct err err = { 0 };
    struct shm shm;
    must(shm_create(&shm, ARENA_BYTES, &err), err.text);
    int64_t cold_ns = measure(&b, shm.base);
    for (int i = 0; i < rounds; i++) {
        took_ns[i] = measure(&b, shm.base);
    }
    shm_destroy(&shm);
    write_figures(&b, argv[3]);
    qsort(took_ns, (size_t)rounds, sizeof took_ns[0], compare);
    double n = (double)b.tape.n;
    (void)printf(
        "{\"quotes\": %zu, \"ticks\": %zu, \"ns_per_quote\": %.1f, \"min\": %.1f, \"max\": "
        "%.1f, \"cold\": %.1f}\n",
        b.tape.n, b.ticks, (double)took_ns[rounds / 2] / n, (double)took_ns[0] / n,
        (double)took_ns[rounds - 1] / n, (double)cold_ns / n);
    return 0;
}
