/* SPDX-License-Identifier: MIT */
/* Checks 19 to 22: making instances. */
#include "checks.h"
#include "clock.h"
#include "hooks.h"
#include "rig.h"
#include "usage.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SHORT_ROWS = 400, WARM_UP = 20, LEAK_BYTES = 8, FAILING_MAX = 200 };

static void lively(struct reel *t, struct probe *p, size_t rows, uint64_t salt)
{
    struct err err = { 0 };
    CHECK(reel_lively(t, rows, p->seed + salt, 1, &err));
}

/* ---- 19 -------------------------------------------------------------------------------------- */

static bool cycle(struct rig *r, const struct reel *t, size_t times)
{
    for (size_t i = 0; i < times; i++) {
        probe_note(r->probe, "instance %zu", i);
        if (!rig_need(r)) {
            return false;
        }
        (void)rig_tick(r, t, t->n, 0, t->ts_ns[t->n - 1], 0);
        rig_destroy(r);
    }
    return true;
}

static void judge_growth(struct probe *p, const struct usage *a, const struct usage *b,
                         size_t times)
{
    if (b->heap_bytes > a->heap_bytes + times * LEAK_BYTES) {
        probe_fail(p, "%zu instances left %zu bytes of heap behind, %.1f each", times,
                   b->heap_bytes - a->heap_bytes,
                   (double)(b->heap_bytes - a->heap_bytes) / (double)times);
    }
    if (b->descriptors > a->descriptors) {
        probe_fail(p, "%zu instances left %zu descriptors open", times,
                   b->descriptors - a->descriptors);
    }
    if (b->threads > a->threads) {
        probe_fail(p, "%zu instances left %zu threads running", times, b->threads - a->threads);
    }
}

void check_life_leak(struct probe *p)
{
    struct plug g;
    struct rig r;
    struct reel t;
    size_t times = probe_rounds(p, 1000, 200);
    if (check_sanitized(p) || !plug_load(&g, p, p->path, false)) {
        return;
    }
    lively(&t, p, 50, 0);
    rig_init(&r, &g);
    r.forget = r.mute = true;
    if (cycle(&r, &t, WARM_UP)) {
        struct usage before = usage_now();
        if (cycle(&r, &t, times)) {
            struct usage after = usage_now();
            judge_growth(p, &before, &after, times);
        }
    }
    rig_fini(&r);
    reel_fini(&t);
}

/* ---- 20 -------------------------------------------------------------------------------------- */

/* Where a parameter may stand; choices have no step. */
enum corner { AT_MIN, AT_MAX, ABOVE_MIN, BELOW_DEF, ABOVE_DEF, CORNERS };
static const char *const corner_names[CORNERS] = { "min", "max", "min + step", "def - step",
                                                   "def + step" };

/* False: there is no such place. */
static bool corner_value(const ofd_param *e, enum corner c, double *out)
{
    bool choice = e->type == OFD_CHOICE;
    double min = choice ? 0 : e->min, max = choice ? (double)e->n_choices - 1 : e->max;
    double step = choice || e->type == OFD_INT ? 1 : (max - min) / 1000;
    step = !choice && e->step > 0 ? e->step : step;
    const double values[CORNERS] = { min, max, min + step, e->def - step, e->def + step };
    *out = values[c];
    return *out >= min && *out <= max;
}

struct corners {
    struct rig *rig;
    const struct reel *tape;
    bool base;            /* a run with the defaults: its faults are for other checks to tell */
    unsigned base_faults; /* what it had */
};

static unsigned fault_count(const struct rig *r)
{
    return r->faults[FAULT_FIELDS].n + r->faults[FAULT_NUMBERS].n + r->faults[FAULT_TIMES].n;
}

static void run_corner(struct corners *c, const char *what)
{
    struct rig *r = c->rig;
    struct probe *p = r->probe;
    char step[PROBE_NOTE_MAX];
    (void)snprintf(step, sizeof step, "%s", what);
    probe_note(p, "%s", what);
    memset(r->faults, 0, sizeof r->faults);
    r->refused_status = 0;
    r->log_lines = 0;
    r->forget = true;
    if (!rig_create(r)) {
        if (r->log_lines == 0) {
            probe_fail(p, "%s: create() returned NULL without a log line", step);
        }
        return;
    }
    size_t shown = 0;
    while (shown < c->tape->n) {
        size_t n = shown + 25 < c->tape->n ? shown + 25 : c->tape->n;
        (void)rig_tick(r, c->tape, n, shown, c->tape->ts_ns[n - 1], 0);
        shown = n;
    }
    if (r->refused_status > 0) {
        probe_fail(p, "%s: detect() failed %u times", step, r->refused_status);
    }
    for (int k = 0; k < FAULT_KINDS && c->base_faults == 0 && !c->base; k++) {
        if (r->faults[k].n > 0) {
            probe_fail(p, "%s: %s", step, r->faults[k].first);
        }
    }
    rig_destroy(r);
}

static void single_corners(struct corners *c)
{
    const struct plug *g = c->rig->plug;
    for (uint32_t i = 0; i < g->plugin->n_params; i++) {
        const ofd_param *e = plug_param(g, i);
        for (int k = 0; k < CORNERS; k++) {
            char what[120];
            if (corner_value(e, (enum corner)k, &c->rig->params[i])) {
                (void)snprintf(what, sizeof what, "%.40s = %.10g (%s)", e->key, c->rig->params[i],
                               corner_names[k]);
                run_corner(c, what);
            }
            c->rig->params[i] = e->def;
        }
    }
}

static void pair_corner(struct corners *c, uint32_t i, uint32_t k, int which)
{
    const ofd_param *a = plug_param(c->rig->plug, i), *b = plug_param(c->rig->plug, k);
    char what[160];
    if (corner_value(a, (enum corner)(which & 1), &c->rig->params[i]) &&
        corner_value(b, (enum corner)(which >> 1), &c->rig->params[k])) {
        (void)snprintf(what, sizeof what, "%.40s = %.10g and %.40s = %.10g", a->key,
                       c->rig->params[i], b->key, c->rig->params[k]);
        run_corner(c, what);
    }
    c->rig->params[i] = a->def;
    c->rig->params[k] = b->def;
}

void check_life_params(struct probe *p)
{
    struct plug g;
    struct rig r;
    struct reel t;
    if (!plug_load(&g, p, p->path, false)) {
        return;
    }
    lively(&t, p, SHORT_ROWS, 0);
    rig_init(&r, &g);
    struct corners c = { .rig = &r, .tape = &t, .base = true };
    run_corner(&c, "the defaults");
    c.base = false;
    c.base_faults = fault_count(&r);
    if (p->failed == 0) {
        single_corners(&c);
    }
    for (uint32_t i = 0; i < g.plugin->n_params && p->failed == 0; i++) {
        for (uint32_t k = 0; k < i; k++) {
            for (int which = 0; which < 4; which++) {
                pair_corner(&c, i, k, which);
            }
        }
    }
    rig_fini(&r);
    reel_fini(&t);
}

/* ---- 21 -------------------------------------------------------------------------------------- */

/* Two instances, one tick of each in turn; or one alone, if b is NULL. */
static bool in_turn(struct rig *a, struct rig *b, const struct reel *ta, const struct reel *tb,
                    size_t batch)
{
    if (!rig_need(a) || (b != NULL && !rig_need(b))) {
        return false;
    }
    size_t rows = tb != NULL && tb->n < ta->n ? tb->n : ta->n;
    for (size_t at = 0; at < rows; at += batch) {
        size_t n = at + batch < rows ? at + batch : rows;
        probe_note(a->probe, "%s, rows %zu to %zu", b != NULL ? "two instances in turn" : "alone",
                   at, n);
        (void)rig_tick(a, ta, n, at, ta->ts_ns[n - 1], 0);
        if (b != NULL) {
            (void)rig_tick(b, tb, n, at, tb->ts_ns[n - 1], 0);
        }
    }
    rig_destroy(a);
    if (b != NULL) {
        rig_destroy(b);
    }
    return true;
}

static void judge_instances(struct probe *p, struct plug *g, const struct reel t[2],
                            const double *params, size_t batch)
{
    struct rig one[2], both[2];
    char why[700];
    for (int i = 0; i < 2; i++) {
        rig_init(&one[i], g);
        rig_init(&both[i], g);
        memcpy(one[i].params, params, g->plugin->n_params * sizeof *params);
        memcpy(both[i].params, params, g->plugin->n_params * sizeof *params);
        both[i].ticker = one[i].ticker = i == 0 ? "AAA" : "BBB";
    }
    if (in_turn(&one[0], NULL, &t[0], NULL, batch) && in_turn(&one[1], NULL, &t[1], NULL, batch) &&
        in_turn(&both[0], &both[1], &t[0], &t[1], batch)) {
        for (int i = 0; i < 2; i++) {
            if (!said_equal(g, &one[i].said, &both[i].said, why, sizeof why)) {
                probe_fail(p, "another instance changes what ticker %s gets: %s", one[i].ticker,
                           why);
            }
        }
    }
    for (int i = 0; i < 2; i++) {
        rig_fini(&one[i]);
        rig_fini(&both[i]);
    }
}

/* Halfway from what made it speak back to the defaults: it speaks at some rows, and not at all. */
static void halfway(const struct plug *g, double params[])
{
    for (uint32_t i = 0; i < g->plugin->n_params; i++) {
        const ofd_param *e = plug_param(g, i);
        double middle = (params[i] + e->def) / 2;
        params[i] = e->type == OFD_REAL ? middle : e->type == OFD_INT ? floor(middle) : params[i];
    }
}

void check_life_instances(struct probe *p)
{
    struct plug g;
    struct reel t[2];
    double params[RIG_PARAMS_MAX];
    if (!plug_load(&g, p, p->path, false) || !rig_provoke(&g, &t[0], SHORT_ROWS, params, p)) {
        return;
    }
    lively(&t[1], p, t[0].n, 77);
    judge_instances(p, &g, t, params, 10);
    halfway(&g, params);
    if (p->failed + p->skipped == 0) {
        judge_instances(p, &g, t, params, 1);
    }
    for (int i = 0; i < 2; i++) {
        reel_fini(&t[i]);
    }
}

/* ---- 22 -------------------------------------------------------------------------------------- */

/* True when create() asked for a k-th allocation; what it kept of the others when that failed. */
static bool try_short(struct rig *r, const struct reel *t, size_t k, size_t *kept_out)
{
    struct probe *p = r->probe;
    r->log_lines = 0;
    probe_note(p, "its allocation number %zu fails", k);
    size_t before = usage_now().heap_bytes;
    nomem_arm(k);
    bool made = rig_create(r);
    bool failed = nomem_disarm();
    *kept_out = 0;
    if (made) {
        (void)rig_tick(r, t, t->n, 0, t->ts_ns[t->n - 1], 0);
        rig_destroy(r);
        return failed;
    }
    if (failed && r->log_lines == 0) {
        probe_warn(p, "create() returns NULL without a log line when allocation %zu fails", k);
    }
    size_t after = usage_now().heap_bytes;
    *kept_out = failed && after > before ? after - before : 0;
    return failed;
}

/* A leak grows again; the first C++ exception of a process keeps a little for good. */
static bool create_short(struct rig *r, const struct reel *t, size_t k)
{
    size_t kept = 0;
    bool failed = try_short(r, t, k, &kept);
    if (kept > LEAK_BYTES) {
        (void)try_short(r, t, k, &kept);
    }
    if (kept > LEAK_BYTES) {
        probe_fail(r->probe, "create() keeps %zu bytes when allocation %zu fails", kept, k);
    }
    return failed;
}

void check_life_memory(struct probe *p)
{
    struct plug g;
    struct rig r;
    struct reel t;
    if (check_sanitized(p) || !plug_load(&g, p, p->path, false)) {
        return;
    }
    lively(&t, p, 50, 0);
    rig_init(&r, &g);
    r.forget = r.mute = true;
    if (cycle(&r, &t, WARM_UP) && hook_memory_functions()) {
        (void)usage_now();
        for (size_t k = 1; k <= FAILING_MAX && create_short(&r, &t, k); k++) {
        }
    }
    rig_fini(&r);
    reel_fini(&t);
}
