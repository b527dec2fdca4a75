/* SPDX-License-Identifier: MIT */
/* Recorded quotes from memory through windows, the four detectors of the seed and episodes:
 *   bench_pass DIST [QUOTES [TAPE]]   quotes per second and core on tapes of noise, one JSON object
 * a line; the CPU time of all processes counts
 *   bench_pass DIST --check [QUOTES]   many boundaries at once give the episodes of one by one; the
 * digest says whether another build gives them, too
 * DIST: an installed tree. TAPE: part of the names of those to measure. */
#include "pass.h"
#include "clock.h"
#include "cpu.h"
#include "import.h"
#include "log.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* ---- tapes ----------------------------------------------------------------------------------- */

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static double uniform(uint64_t *state)
{
    return (double)(next_random(state) >> 11) * 0x1p-53 + 0x1p-54;
}

/* Lognormal, sigma 0.6, as in tests/e2e/noise_tape.py. */
static double random_size(uint64_t *state, double mean)
{
    double gauss = sqrt(-2 * log(uniform(state))) * cos(6.283185307179586 * uniform(state));
    return floor(mean * exp(0.6 * gauss - 0.18)) + 1;
}

struct tape {
    const char *name;
    int64_t rate; /* quotes per second */
    double mean;
    int quiet_s; /* every so many seconds, 20 s without quotes; 0: never */
};

/* calloc'ed. A random walk of cents with a spread of one. */
static struct row *make_tape(const struct tape *t, size_t n)
{
    struct row *rows = calloc(n, sizeof *rows);
    uint64_t state = 88172645463325252u;
    int64_t bid = 45000, ts_ns = 1760000000 * NS_PER_S;
    for (size_t i = 0; rows != NULL && i < n; i++) {
        if (next_random(&state) % 100 < 6) {
            bid += next_random(&state) % 2 == 0 ? 1 : -1;
        }
        bool quiet = t->quiet_s > 0 && (int64_t)i % (t->rate * t->quiet_s) == 0;
        ts_ns += NS_PER_S / t->rate + (quiet ? 20 * NS_PER_S : 0);
        rows[i] = (struct row){ .q = { .ts_ns = ts_ns,
                                       .bid_px = bid * 10000000,
                                       .ask_px = (bid + 1) * 10000000,
                                       .bid_sz = random_size(&state, t->mean),
                                       .ask_sz = random_size(&state, t->mean) },
                                .has_seq = true,
                                .seq = i + 1,
                                .hash = next_random(&state) };
    }
    return rows;
}

#define RECORDED "recorded BTCUSDT 190/s"

/* The rows of a file, over and over, each time later. calloc'ed, NULL: it cannot be read. */
static struct row *read_tape(const char *path, size_t n)
{
    struct err err = { 0 };
    struct row *rows = calloc(n, sizeof *rows);
    const struct import_options each = { .keep_ties = true };
    struct import *in = rows != NULL ? import_open(path, &each, &err) : NULL;
    size_t got = 0;
    while (in != NULL && got < n && import_next(in, &rows[got], &err)) {
        got++;
    }
    import_close(in);
    if (got == 0) {
        (void)fprintf(stderr, "bench_pass: %s: %s\n", path, err.text);
        free(rows);
        return NULL;
    }
    int64_t span_ns = rows[got - 1].q.ts_ns - rows[0].q.ts_ns + NS_PER_S;
    for (size_t i = got; i < n; i++) {
        rows[i] = rows[i - got];
        rows[i].q.ts_ns += span_ns;
        rows[i].seq = i + 1;
        rows[i].hash += i;
    }
    return rows;
}

/* ---- running --------------------------------------------------------------------------------- */

static bool find_paths(struct paths *p, const char *dist)
{
    *p = (struct paths){ .state = "" };
    int n = snprintf(p->worker, sizeof p->worker, "%s/libexec/orderflow/orderflow-worker", dist);
    int m = snprintf(p->plugins, sizeof p->plugins, "%s/lib/orderflow/plugins", dist);
    return n < (int)sizeof p->worker && m < (int)sizeof p->plugins;
}

/* CPU time of a detector's worker so far. */
static int64_t worker_ns(const struct engine *e, size_t i)
{
    clockid_t clock;
    int64_t ns = 0;
    int pid = pool_get(e->pool, i)->pid;
    return pid > 0 && clock_getcpuclockid(pid, &clock) == 0 && cpu_clock_ns(clock, &ns) ? ns : 0;
}

/* All episodes as they are at last. */
struct episodes {
    struct episode *items;
    size_t n, cap;
};

static void keep(void *ctx, const struct changes *c)
{
    struct episodes *all = ctx;
    for (size_t i = 0; i < c->n; i++) {
        size_t k = all->n;
        while (k > 0 && memcmp(all->items[k - 1].id, c->items[i].id, EPISODE_ID_MAX) != 0) {
            k--;
        }
        if (k == 0 && all->n == all->cap) {
            all->cap = all->cap == 0 ? 256 : all->cap * 2;
            all->items = realloc(all->items, all->cap * sizeof *all->items);
            CHECK(all->items != NULL);
        }
        all->items[k > 0 ? k - 1 : all->n++] = c->items[i];
    }
}

enum { DETECTORS_MAX = 32 };

struct cost {         /* CPU time */
    int64_t start_ns; /* of workers, before the first quote */
    int64_t own_ns, take_ns;
    double bytes_per_row; /* of the rows that are kept at the end */
    uint64_t emitted;     /* patterns told */
    size_t n;
    struct {
        char id[DETECTOR_ID_MAX];
        int64_t ns;
    } worker[DETECTORS_MAX];
};

/* Times since *c was zero, or since the last call. */
static void read_clocks(const struct pass *p, struct cost *c)
{
    c->own_ns = cpu_own_ns() - c->own_ns;
    c->take_ns = p->take_ns - c->take_ns;
    c->n = p->engine.n_detectors < DETECTORS_MAX ? p->engine.n_detectors : DETECTORS_MAX;
    for (size_t i = 0; i < c->n; i++) {
        memcpy(c->worker[i].id, pool_get(p->engine.pool, i)->decl.id, sizeof c->worker[i].id);
        c->worker[i].ns = worker_ns(&p->engine, i) - c->worker[i].ns;
        c->emitted += pool_get(p->engine.pool, i)->emitted;
    }
}

/* Every detector has been loaded and its process is shut in; what that cost is told beside. */
static void wait_until_ready(struct pass *p, struct cost *out)
{
    for (size_t i = 0; i < p->engine.n_detectors; i++) {
        while (engine_runs(pool_get(p->engine.pool, i)) && !pool_idle(p->engine.pool, i)) {
            engine_poll(&p->engine, clock_mono(), 10);
        }
        out->start_ns += worker_ns(&p->engine, i);
    }
}

static bool push_all(struct pass *p, const struct row *rows, size_t n, struct cost *out,
                     struct err *err)
{
    *out = (struct cost){ 0 };
    wait_until_ready(p, out);
    read_clocks(p, out);
    for (size_t i = 0; i < n; i++) {
        if (!pass_push(p, &rows[i], err)) {
            return false;
        }
    }
    bool ok = pass_end(p, err);
    struct stat memory;
    read_clocks(p, out);
    if (fstat(p->engine.shm.fd_ro, &memory) == 0 && p->ticker->window.n > 0) {
        out->bytes_per_row = (double)memory.st_blocks * 512 / (double)p->ticker->window.n;
    }
    return ok;
}

static bool run(const char *dist, const struct settings *cfg, const struct row *rows, size_t n,
                bool joins, struct episodes *all, struct cost *out)
{
    struct err err = { 0 };
    struct paths paths;
    struct pass p;
    bool ok = find_paths(&paths, dist) && pass_begin(&p, cfg, &paths, "NOISE", true, &err);
    if (ok) {
        p.engine.joins = joins;
        p.changed = all != NULL ? keep : NULL;
        p.ctx = all;
        ok = push_all(&p, rows, n, out, &err);
    }
    if (!ok) {
        (void)fprintf(stderr, "bench_pass: %s\n", err.text);
    }
    pass_fini(&p);
    return ok;
}

/* window: rows put in order, windows, boundaries. track: episodes, and all that is said to workers
 * and heard from them. */
static void print_cost(const char *name, const struct cost *c, double quotes)
{
    double detect_ns = 0, own_ns = (double)c->own_ns, take_ns = (double)c->take_ns;
    for (size_t i = 0; i < c->n; i++) {
        detect_ns += (double)c->worker[i].ns;
    }
    printf("{\"tape\": \"%s\", \"quotes\": %.0f, \"quotes_per_s_per_core\": %.0f, "
           "\"ns_per_quote\": %.1f, \"window_ns\": %.1f, \"detect_ns\": %.1f, "
           "\"track_ns\": %.1f",
           name, quotes, quotes / (own_ns + detect_ns) * 1e9, (own_ns + detect_ns) / quotes,
           take_ns / quotes, detect_ns / quotes, (own_ns - take_ns) / quotes);
    for (size_t i = 0; i < c->n; i++) {
        if (c->worker[i].ns > 0) {
            printf(", \"%s_ns\": %.1f", c->worker[i].id, (double)c->worker[i].ns / quotes);
        }
    }
    printf(", \"patterns_per_quote\": %.3f, \"bytes_per_retained_quote\": %.1f, "
           "\"start_ms\": %.1f}\n",
           (double)c->emitted / quotes, c->bytes_per_row, (double)c->start_ns / 1e6);
    (void)fflush(stdout);
}

/* rows are freed. */
static bool measure(const char *dist, const struct settings *cfg, const char *name,
                    struct row *rows, size_t n)
{
    struct cost c;
    bool ok = rows != NULL && run(dist, cfg, rows, n, true, NULL, &c);
    if (ok) {
        print_cost(name, &c, (double)n);
    }
    free(rows);
    return ok;
}

/* ---- one by one ------------------------------------------------------------------------------ */

static int by_id(const void *a, const void *b)
{
    return memcmp(((const struct episode *)a)->id, ((const struct episode *)b)->id, EPISODE_ID_MAX);
}

static bool same_episode(const struct episode *a, const struct episode *b)
{
    bool same = memcmp(a->id, b->id, sizeof a->id) == 0 && a->dir == b->dir &&
                a->state == b->state && a->end_reason == b->end_reason &&
                a->onset_ns == b->onset_ns && a->confirmed_ns == b->confirmed_ns &&
                a->peak_ns == b->peak_ns && a->peak_value == b->peak_value &&
                a->last_ns == b->last_ns && a->end_ns == b->end_ns && a->quality == b->quality &&
                a->n_ev == b->n_ev;
    for (uint32_t i = 0; same && i < a->n_ev; i++) {
        same = a->ev[i].field == b->ev[i].field && a->ev[i].i == b->ev[i].i;
    }
    return same;
}

static bool same_all(struct episodes *a, struct episodes *b)
{
    qsort(a->items, a->n, sizeof *a->items, by_id);
    qsort(b->items, b->n, sizeof *b->items, by_id);
    bool same = a->n == b->n && a->n > 0;
    for (size_t i = 0; same && i < a->n; i++) {
        same = same_episode(&a->items[i], &b->items[i]);
    }
    return same;
}

/* Of sorted ones: another build that finds the same says the same. */
static uint64_t digest(const struct episodes *all)
{
    uint64_t sum = 14695981039346656037u;
    for (size_t i = 0; i < all->n; i++) {
        const struct episode *e = &all->items[i];
        uint64_t words[12 + 2 * EVIDENCE_MAX] = { (uint64_t)e->dir,
                                                  e->state,
                                                  e->end_reason,
                                                  (uint64_t)e->onset_ns,
                                                  (uint64_t)e->confirmed_ns,
                                                  (uint64_t)e->peak_ns,
                                                  (uint64_t)e->last_ns,
                                                  (uint64_t)e->end_ns,
                                                  e->quality,
                                                  e->n_ev };
        size_t n = 12;
        memcpy(&words[10], &e->peak_value, sizeof words[10]);
        memcpy(&words[11], &e->known_value, sizeof words[11]);
        for (uint32_t k = 0; k < e->n_ev; k++) {
            words[n++] = e->ev[k].field;
            words[n++] = (uint64_t)e->ev[k].i;
        }
        for (size_t k = 0; k < sizeof e->id; k++) {
            sum = (sum ^ (unsigned char)e->id[k]) * 1099511628211u;
        }
        for (size_t k = 0; k < n; k++) {
            sum = (sum ^ words[k]) * 1099511628211u;
        }
    }
    return sum;
}

static bool check(const char *dist, const struct settings *cfg, const struct tape *t, size_t n)
{
    struct cost c;
    struct episodes joined = { 0 }, single = { 0 };
    struct row *rows = make_tape(t, n);
    bool ok = rows != NULL && run(dist, cfg, rows, n, true, &joined, &c) &&
              run(dist, cfg, rows, n, false, &single, &c);
    bool same = ok && same_all(&joined, &single);
    printf("%s - %s: %zu quotes, %zu episodes at once, %zu one by one, digest %016" PRIx64 "\n",
           same ? "ok 1" : "not ok", t->name, n, joined.n, single.n, digest(&single));
    free(joined.items);
    free(single.items);
    free(rows);
    return same;
}

/* ---- what is asked for ----------------------------------------------------------------------- */

static const struct tape tapes[] = {
    { "noise 10/s", 10, 6000, 0 },
    { "noise 50/s", 50, 6000, 0 },
    { "noise 1000/s", 1000, 6000, 0 },
    { "small sizes 10/s", 10, 600, 0 },
};
enum { TAPES = sizeof tapes / sizeof *tapes, EXIT_USAGE = 2 };

struct asked {
    const char *dist, *only;
    bool help, check;
    size_t n;
};

static void print_usage(FILE *to)
{
    (void)fprintf(to,
                  "usage: bench_pass DIST [QUOTES [TAPE] | --check [QUOTES]]\n"
                  "QUOTES: 1000 to 100000000 (3600000; --check 12000); TAPE: part of a name:\n");
    for (size_t i = 0; i < TAPES; i++) {
        (void)fprintf(to, "  %s\n", tapes[i].name);
    }
    (void)fprintf(to, "  %s\n", RECORDED);
}

static bool take_count(const char *text, size_t *out)
{
    char *end;
    unsigned long long n = strtoull(text, &end, 10);
    *out = (size_t)n;
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && n >= 1000 && n <= 100000000;
}

static bool is_tape(const char *part)
{
    bool found = strstr(RECORDED, part) != NULL;
    for (size_t i = 0; i < TAPES; i++) {
        found = found || strstr(tapes[i].name, part) != NULL;
    }
    return found;
}

/* NULL, or the word that is wrong. */
static const char *take_words(struct asked *a, int argc, char **argv)
{
    *a = (struct asked){ .dist = argc > 1 ? argv[1] : "", .only = "" };
    for (int i = 1; i < argc; i++) {
        a->help = a->help || strcmp(argv[i], "--help") == 0;
    }
    if (a->help) {
        return NULL;
    }
    a->check = argc > 2 && strcmp(argv[2], "--check") == 0;
    a->n = a->check ? 12000 : 3600000;
    int at = a->check ? 3 : 2;
    if (at < argc && !take_count(argv[at++], &a->n)) {
        return argv[at - 1];
    }
    if (at < argc && !a->check) {
        a->only = argv[at++];
    }
    return argc < 2 ? "DIST is missing" : at < argc ? argv[at] : is_tape(a->only) ? NULL : a->only;
}

static bool measure_tapes(const struct asked *a, const struct settings *cfg)
{
    bool ok = true;
    for (size_t i = 0; ok && i < TAPES; i++) {
        ok = strstr(tapes[i].name, a->only) == NULL ||
             measure(a->dist, cfg, tapes[i].name, make_tape(&tapes[i], a->n), a->n);
    }
    return ok && (strstr(RECORDED, a->only) == NULL ||
                  measure(a->dist, cfg, RECORDED, read_tape(SAMPLE, a->n), a->n));
}

int main(int argc, char **argv)
{
    static const struct tape gaps = { "noise 10/s with silences", 10, 6000, 90 };
    struct asked a;
    struct settings cfg;
    struct settings_errors errors = { 0 };
    const char *wrong = take_words(&a, argc, argv);
    if (wrong != NULL) {
        (void)fprintf(stderr, "bench_pass: not understood: %s\n", wrong);
    }
    if (wrong != NULL || a.help) {
        print_usage(wrong != NULL ? stderr : stdout);
        return wrong != NULL ? EXIT_USAGE : 0;
    }
    if (!settings_load(&cfg, "", &errors)) {
        (void)fprintf(stderr, "bench_pass: %s\n", errors.text[0]);
        return 1;
    }
    log_setup("bench_pass", LOG_WARN, LOG_TEXT);
    bool ok = a.check ? check(a.dist, &cfg, &gaps, a.n) && check(a.dist, &cfg, &tapes[2], a.n)
                      : measure_tapes(&a, &cfg);
    settings_fini(&cfg);
    return ok ? 0 : 1;
}
