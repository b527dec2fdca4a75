/* SPDX-License-Identifier: MIT */
/* Checks 40 to 43: time, system calls, memory, stack. */
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#endif
#include "checks.h"
#include "clock.h"
#include "hooks.h"
#include "rig.h"
#include "trap.h"
#include "usage.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static void lively(struct reel *t, struct probe *p, size_t rows)
{
    struct err err = { 0 };
    CHECK(reel_lively(t, rows, p->seed, 1, &err));
}

/* ---- 40 -------------------------------------------------------------------------------------- */

static int by_size(const void *a, const void *b)
{
    int64_t left, right;
    memcpy(&left, a, sizeof left);
    memcpy(&right, b, sizeof right);
    return (left > right) - (left < right);
}

/* The time that 99 of 100 calls do not exceed. */
static int64_t p99_ns(struct rig *r, const struct reel *t, int64_t *cost_ns)
{
    enum { BATCH = 10 };
    size_t calls = 0;
    if (!rig_need(r)) {
        return -1;
    }
    for (size_t at = 0; at + BATCH <= t->n; at += BATCH) {
        (void)rig_tick(r, t, at + BATCH, at, t->ts_ns[at + BATCH - 1], 0);
        cost_ns[calls++] = r->cpu_ns;
    }
    rig_destroy(r);
    qsort(cost_ns, calls, sizeof *cost_ns, by_size);
    return cost_ns[calls - 1 - calls / 100];
}

void check_conduct_time(struct probe *p)
{
    enum { TRIES = 3 };
    struct plug g;
    struct rig r;
    struct reel t;
    int64_t best_ns = INT64_MAX;
    if (check_sanitized(p) || !plug_load(&g, p, p->path, false)) {
        return;
    }
    int64_t budget_us = g.plugin->budget_us != 0 ? g.plugin->budget_us : 1000;
    lively(&t, p, 10 * probe_rounds(p, 2000, 300));
    int64_t *cost_ns = calloc(t.n, sizeof *cost_ns);
    CHECK(cost_ns != NULL);
    rig_init(&r, &g);
    r.forget = r.mute = r.timed = true;
    for (int i = 0; i < TRIES && p->skipped == 0 && best_ns > budget_us * 1000; i++) {
        int64_t ns = p99_ns(&r, &t, cost_ns);
        best_ns = ns < best_ns ? ns : best_ns;
    }
    if (best_ns > budget_us * 1000) {
        probe_fail(p, "99 of 100 calls take up to %" PRId64 " us; its budget is %" PRId64 " us",
                   best_ns / 1000, budget_us);
    }
    free(cost_ns);
    rig_fini(&r);
    reel_fini(&t);
}

/* ---- 41 -------------------------------------------------------------------------------------- */

struct trapped {
    struct plug plug;
    struct rig rig;
    struct reel reel;
    bool ready;
};

/* Clocks that need no system call are made to need one. */
static void hook_clocks(void *context)
{
    (void)context;
    (void)hook_clock_functions();
}

static void make_and_destroy(void *context)
{
    struct trapped *c = context;
    if (rig_create(&c->rig)) {
        rig_destroy(&c->rig);
    }
}

static void make_instance(void *context)
{
    struct trapped *c = context;
    hook_clocks(NULL);
    c->ready = rig_create(&c->rig);
}

static void run_ticks(void *context)
{
    struct trapped *c = context;
    if (c->ready) {
        (void)rig_run(&c->rig, &c->reel, 0, c->reel.n, NS_PER_S);
    }
}

/* False: it cannot be done here. */
static bool run_trapped(struct probe *p, struct trapped *c, const char *what, enum trap_rules rules,
                        trap_fn *prepare, trap_fn *code)
{
    struct trap_result r;
    struct err err = { 0 };
    if (!trap_run(p, rules, prepare, code, c, &r, &err)) {
        probe_skip(p, "%s", err.text);
        return false;
    }
    for (unsigned i = 0; i < r.n && i < TRAP_CALLS_MAX; i++) {
        char name[48];
        trap_call_name(r.calls[i], name, sizeof name);
        if (i == 0 || r.calls[i] != r.calls[i - 1]) {
            probe_fail(p, "%s calls %s%s%s", what, name, r.path[0] != '\0' ? " of " : "", r.path);
        }
    }
    if (!r.done && r.n == 0) {
        probe_skip(p, "%s ended the process; see the other checks", what);
    }
    return true;
}

void check_conduct_syscalls(struct probe *p)
{
    struct trapped *c = calloc(1, sizeof *c);
    CHECK(c != NULL);
    if (!check_sanitized(p) && plug_load(&c->plug, p, p->path, false)) {
        lively(&c->reel, p, 1000);
        rig_init(&c->rig, &c->plug);
        c->rig.forget = c->rig.mute = true;
        if (run_trapped(p, c, "create() or destroy()", TRAP_CREATE, hook_clocks,
                        make_and_destroy)) {
            (void)run_trapped(p, c, "detect()", TRAP_DETECT, make_instance, run_ticks);
        }
        reel_fini(&c->reel);
    }
    free(c);
}

/* ---- 42 -------------------------------------------------------------------------------------- */

enum { SAMPLES = 8, RESIDENT_STEP = 128 << 10 };

static bool rises(const size_t *v, size_t step, size_t total)
{
    size_t quarter = v[1], half = v[3], end = v[7];
    return half > quarter + step && end > half + step && end - quarter >= total;
}

/* The window is full, and its content of constant size, before an eighth of the tape has passed. */
static void stretch(struct reel *t, const struct plug *g)
{
    int64_t span_ns = t->ts_ns[t->n - 1] - t->ts_ns[0];
    int64_t factor = 8 * (g->memory_ns + g->longest_ns) / (span_ns > 0 ? span_ns : 1) + 1;
    for (size_t i = 1; i < t->n; i++) {
        t->ts_ns[i] = t->ts_ns[0] + (t->ts_ns[i] - t->ts_ns[0]) * factor;
    }
    reel_pad(t);
}

static void run_long(struct probe *p, struct rig *r, const struct reel *t)
{
    size_t heap[SAMPLES] = { 0 }, resident[SAMPLES] = { 0 };
    if (!rig_need(r)) {
        return;
    }
    for (size_t i = 0; i < t->n; i++) {
        (void)rig_tick(r, t, i + 1, i, t->ts_ns[i], 0);
        if ((i + 1) % (t->n / SAMPLES) == 0 && (i + 1) / (t->n / SAMPLES) <= SAMPLES) {
            struct usage u = usage_now();
            heap[(i + 1) / (t->n / SAMPLES) - 1] = u.heap_bytes;
            resident[(i + 1) / (t->n / SAMPLES) - 1] = u.resident_bytes;
        }
    }
    rig_destroy(r);
    if (rises(heap, 0, t->n / 2)) {
        probe_fail(p, "heap: %zu bytes after %zu ticks, %zu after %zu, %zu after %zu", heap[1],
                   t->n / 4, heap[3], t->n / 2, heap[7], t->n);
    } else if (rises(resident, RESIDENT_STEP, t->n)) {
        probe_fail(p, "resident memory: %zu KiB after %zu ticks, %zu after %zu, %zu after %zu",
                   resident[1] >> 10, t->n / 4, resident[3] >> 10, t->n / 2, resident[7] >> 10,
                   t->n);
    }
}

void check_conduct_memory(struct probe *p)
{
    struct plug g;
    struct rig r;
    struct reel t;
    if (check_sanitized(p) || !plug_load(&g, p, p->path, false)) {
        return;
    }
    lively(&t, p, probe_rounds(p, 100000, 4000) / SAMPLES * SAMPLES);
    for (size_t i = 0; i < t.n; i++) { /* touched once, so that it is resident before we look */
        t.flags[i] += 0;
    }
    stretch(&t, &g);
    rig_init(&r, &g);
    r.forget = r.mute = true;
    run_long(p, &r, &t);
    rig_fini(&r);
    reel_fini(&t);
}

/* ---- 43 -------------------------------------------------------------------------------------- */

enum { STACK_BYTES = 4 << 20, STACK_LIMIT = 256 << 10, PAINT = 0xa5, DEEP_ROWS = 6000 };

struct deep {
    struct rig *rig;
    const struct reel *tape;
};

static void *run_on_stack(void *context)
{
    struct deep *d = context;
    if (rig_need(d->rig)) {
        (void)rig_run(d->rig, d->tape, 0, d->tape->n, 10 * NS_PER_S);
        rig_destroy(d->rig);
    }
    return NULL;
}

/* Bytes of stack that the run touched; 0: no such thread here. */
static size_t deepest(struct deep *d, unsigned char *stack)
{
    pthread_attr_t attributes;
    pthread_t thread;
    size_t untouched = 0;
    memset(stack, PAINT, STACK_BYTES);
    (void)pthread_attr_init(&attributes);
    if (pthread_attr_setstack(&attributes, stack, STACK_BYTES) != 0 ||
        pthread_create(&thread, &attributes, run_on_stack, d) != 0) {
        (void)pthread_attr_destroy(&attributes);
        return 0;
    }
    (void)pthread_join(thread, NULL);
    (void)pthread_attr_destroy(&attributes);
    while (untouched < STACK_BYTES && stack[untouched] == PAINT) {
        untouched++;
    }
    return STACK_BYTES - untouched;
}

void check_conduct_stack(struct probe *p)
{
    struct plug g;
    struct rig r;
    struct reel t;
    if (check_sanitized(p) || !plug_load(&g, p, p->path, false)) {
        return;
    }
    unsigned char *stack =
        mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(stack != MAP_FAILED);
    lively(&t, p, DEEP_ROWS); /* recursion over the rows goes as deep as there are rows */
    rig_init(&r, &g);
    r.forget = r.mute = true;
    size_t used = deepest(&(struct deep){ .rig = &r, .tape = &t }, stack);
    if (used == 0) {
        probe_skip(p, "no thread with a stack of its own");
    } else if (used > STACK_LIMIT) {
        probe_fail(p, "%zu KiB of stack were used; at most %d", used >> 10, STACK_LIMIT >> 10);
    }
    rig_fini(&r);
    reel_fini(&t);
    (void)munmap(stack, STACK_BYTES);
}
