/* SPDX-License-Identifier: MIT */
/* Checks 23 to 29: what a detector is shown. A crash is told by the handlers of probe.c. */
#include "checks.h"
#include "clock.h"
#include "rig.h"

#include <inttypes.h>
#include <string.h>

enum { ROWS = 600, ODD_ROWS = 1320 };

static void lively(struct reel *t, struct probe *p, size_t rows)
{
    struct err err = { 0 };
    CHECK(reel_lively(t, rows, p->seed, 1, &err));
}

/* ---- 23 -------------------------------------------------------------------------------------- */

/* Rows shown so far, and how many of them are new, call by call. */
static const struct {
    size_t n, first_new;
} few[] = { { 0, 0 }, { 0, 0 }, { 1, 0 }, { 1, 1 },  { 2, 1 },   { 2, 2 },
            { 3, 2 }, { 3, 3 }, { 8, 3 }, { 30, 8 }, { 30, 30 }, { 60, 30 } };

static void show_few(struct rig *r, const struct reel *t, size_t skip)
{
    struct probe *p = r->probe;
    if (!rig_need(r)) {
        return;
    }
    for (size_t i = skip; i < sizeof few / sizeof *few; i++) {
        size_t n = few[i].n, first_new = i == skip ? 0 : few[i].first_new;
        int64_t now_ns = n > 0 ? t->ts_ns[n - 1] : t->ts_ns[0] - NS_PER_S;
        probe_note(p, "n = %zu, first_new = %zu", n, first_new);
        if (rig_tick(r, t, n, first_new, now_ns + (int64_t)i * NS_PER_MS, 0) < 0) {
            probe_fail(p, "detect() fails with n = %zu, first_new = %zu", n, first_new);
        }
    }
    rig_destroy(r);
}

void check_data_few(struct probe *p)
{
    struct plug g;
    struct rig r;
    struct reel t;
    if (!plug_load(&g, p, p->path, false)) {
        return;
    }
    lively(&t, p, 60);
    rig_init(&r, &g);
    r.view = VIEW_GUARD_START;
    r.explain = true;
    for (size_t skip = 0; skip < 9; skip++) {
        show_few(&r, &t, skip);
    }
    rig_fini(&r);
    reel_fini(&t);
}

/* ---- 24, 29 ---------------------------------------------------------------------------------- */

/* Shows the good rows first: what goes wrong there is for other checks to tell. */
static void play_odd(struct probe *p, struct plug *g, const struct reel *odd, const double *params)
{
    struct reel good;
    struct rig r;
    lively(&good, p, ROWS);
    rig_init(&r, g);
    r.forget = true;
    bool ok = rig_play(&r, &good, NS_PER_S);
    unsigned numbers = r.faults[FAULT_NUMBERS].n, status = r.refused_status;
    rig_fini(&r);
    reel_fini(&good);
    if (!ok) {
        return;
    }
    for (int interval = 0; interval < 2; interval++) {
        rig_init(&r, g);
        if (params != NULL) {
            memcpy(r.params, params, g->plugin->n_params * sizeof *params);
        }
        r.forget = r.explain = true;
        (void)rig_play(&r, odd, interval == 0 ? 100 * NS_PER_MS : 5 * NS_PER_S);
        if (r.refused_status > 0 && status == 0) {
            probe_fail(p, "detect() failed %u times", r.refused_status);
        }
        if (r.faults[FAULT_NUMBERS].n > 0 && numbers == 0) {
            probe_fail(p, "it emits what is no number: %s", r.faults[FAULT_NUMBERS].first);
        }
        rig_fini(&r);
    }
}

/* The silent hours of odd rows, cut to minutes: each boundary is one call. */
static void shorten(struct reel *t)
{
    int64_t earlier = 0;
    for (size_t i = 1; i < t->n; i++) {
        int64_t gap = t->ts_ns[i] - (t->ts_ns[i - 1] + earlier);
        if (gap > 700 * NS_PER_S) {
            earlier += gap - 700 * NS_PER_S;
        }
        t->ts_ns[i] -= earlier;
    }
}

void check_data_odd(struct probe *p)
{
    struct plug g;
    struct rig r;
    struct reel odd;
    struct err err = { 0 };
    if (!plug_load(&g, p, p->path, false)) {
        return;
    }
    CHECK(reel_odd(&odd, probe_rounds(p, ODD_ROWS, ODD_ROWS / 2), p->seed, &err));
    shorten(&odd);
    reel_pad(&odd);
    play_odd(p, &g, &odd, NULL);
    reel_fini(&odd);
    rig_init(&r, &g);
    if (p->window_path != NULL && rig_window(&g, &odd, r.params, p)) {
        play_odd(p, &g, &odd, r.params);
        reel_fini(&odd);
    }
    rig_fini(&r);
}

static void mark(struct reel *t, uint64_t random)
{
    static const uint32_t marks[] = { OFD_ROW_GAP, OFD_ROW_TIE, OFD_ROW_WIDE,
                                      1U << 20,    1U << 31,    0xfffff00U };
    for (size_t i = 1; i < t->n; i++) {
        uint64_t x = reel_random(&random);
        if (x % 3 == 0) {
            t->flags[i] |= marks[(x >> 8) % (sizeof marks / sizeof *marks)];
        }
        if ((x >> 16) % 3 == 0) {
            t->ts_ns[i] = t->ts_ns[i - 1];
        }
    }
    reel_pad(t);
}

void check_data_flags(struct probe *p)
{
    struct plug g;
    struct reel t;
    if (!plug_load(&g, p, p->path, false)) {
        return;
    }
    lively(&t, p, ROWS);
    mark(&t, p->seed);
    play_odd(p, &g, &t, NULL);
    reel_fini(&t);
}

/* ---- 25 to 28: memory ------------------------------------------------------------------------ */

static void play_in(struct probe *p, enum view_kind view, bool no_trades)
{
    struct plug g;
    struct rig r;
    struct reel t;
    if (!plug_load(&g, p, p->path, false)) {
        return;
    }
    lively(&t, p, ROWS);
    rig_init(&r, &g);
    r.view = view;
    r.no_trades = no_trades;
    r.forget = r.explain = true;
    (void)rig_play(&r, &t, NS_PER_S);
    reel_fini(&t);
    if (p->window_path != NULL && p->skipped == 0 && rig_window(&g, &t, r.params, p)) {
        (void)rig_play(&r, &t, NS_PER_S);
        reel_fini(&t);
    }
    rig_fini(&r);
}

void check_data_bounds(struct probe *p)
{
    play_in(p, VIEW_GUARD_END, false);
    if (p->skipped == 0) {
        play_in(p, VIEW_GUARD_START, false);
    }
}

void check_data_kept(struct probe *p)
{
    play_in(p, VIEW_REVOKED, false);
}

void check_data_store(struct probe *p)
{
    play_in(p, VIEW_READ_ONLY, false);
}

void check_data_optional(struct probe *p)
{
    struct plug g;
    if (!plug_load(&g, p, p->path, false)) {
        return;
    }
    if ((g.plugin->columns & OFD_COL_TRADES) != 0) {
        probe_skip(p, "it requires trade columns; see needs");
        return;
    }
    play_in(p, VIEW_PLAIN, true);
}
