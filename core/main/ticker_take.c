/* SPDX-License-Identifier: MIT */
/* Boundaries: when they are taken, and what is taken with them. */
#include "clock.h"
#include "journal.h"
#include "ticker_rows.h"

#include <stdlib.h>

static bool measure(struct ticker *t, struct err *err)
{
    struct rows r = window_rows(&t->window);
    if (!meter_push(t->meter, &r, t->measured_seq, err)) {
        return false;
    }
    t->measured_seq = ticker_end_seq_of(t);
    if (t->tick.px != 0) {
        if (!level_book_push(t->levels, &r, t->leveled_seq, t->tick.px, err)) {
            return false;
        }
        t->leveled_seq = t->measured_seq;
    }
    return true;
}

static bool is_stale(const struct ticker_env *env, const struct ticker *t, const struct rows *r)
{
    return r->n == 0 || t->taken_ns - r->ts_ns[r->n - 1] > ticker_gap_limit_now(env, t);
}

static void read_windows(struct ticker *t, const struct rows *r)
{
    static const int64_t seconds[3] = { 10, 60, 300 };
    for (int i = 0; i < 3; i++) {
        meter_read(t->meter, r, t->taken_ns, seconds[i], t->tick.px, &t->standard[i]);
    }
    t->standard_ns = t->taken_ns;
}

static void watch(const struct ticker_env *env, struct ticker *t)
{
    struct rows r = window_rows(&t->window);
    struct metrics *m = t->standard;
    struct behaviors prev = t->behaviors;
    bool stale = is_stale(env, t, &r);
    t->degraded = quality_degraded(&r, &t->window, t->taken_ns);
    struct pressure_rules rules = { .ofi_min = env->cfg->pressure_ofi_min,
                                    .hold_ns = env->cfg->pressure_hold_ms * NS_PER_MS };
    read_windows(t, &r);
    behaviors_read(&r, t->taken_ns, m, m + 1, m + 2, stale || t->degraded, &prev, &t->behaviors);
    pressure_step(&t->pressure, &rules, t->taken_ns, m, stale);
}

static void note(const struct ticker_env *env, const struct ticker *t, enum record_type type,
                 int64_t ns)
{
    if (env->journal != NULL) {
        struct record r = { .type = type, .ticker = t->id, .ns = ns };
        journal_put(env->journal, &r);
    }
}

bool ticker_take_boundary(const struct ticker_env *env, struct ticker *t, int64_t boundary_ns,
                          bool at_end, struct err *err)
{
    if (!ticker_take_rows(env, t, boundary_ns, err)) {
        return false;
    }
    if (tick_size_settle(&t->tick, boundary_ns, at_end)) {
        ticker_settle_tick(t);
    }
    t->taken_ns = boundary_ns;
    t->dirty = true;
    struct boundary b = ticker_boundary_at(env, t, boundary_ns);
    t->gap_limit_ns = b.gap_limit_ns;
    if (!ticker_enqueue(env, t, &b, err)) {
        return false;
    }
    note(env, t, RECORD_BOUNDARY, boundary_ns);
    if (env->bare) {
        return true;
    }
    t->median_gap_ns = window_median_gap_ns(&t->window);
    if (!measure(t, err)) {
        return false;
    }
    if (t->tick.px != 0) {
        watch(env, t);
    }
    return true;
}

/* After a silence longer than every window nothing can change until the next row. */
static bool nothing_to_see(const struct ticker_env *env, const struct ticker *t,
                           int64_t boundary_ns)
{
    struct rows r = window_rows(&t->window);
    int64_t pending_ns = stream_oldest_pending_ns(t->stream);
    return r.n > 0 && (pending_ns == 0 || pending_ns > boundary_ns) &&
           boundary_ns - r.ts_ns[r.n - 1] > env->longest_window_ns + 60 * NS_PER_S;
}

bool ticker_take_cut(const struct ticker_env *env, struct ticker *t, int64_t to_ns, struct err *err)
{
    if (!ticker_take_rows(env, t, to_ns, err)) {
        return false;
    }
    struct rows r = window_rows(&t->window);
    struct boundary b = ticker_boundary_at(env, t, r.ts_ns[r.n - 1]);
    if (b.ns <= t->queued_ns) {
        return true;
    }
    note(env, t, RECORD_CUT, to_ns);
    return ticker_enqueue(env, t, &b, err);
}

/* The first boundary is taken whole: where it lies is known by its rows. */
static bool cut_off(const struct ticker_env *env, struct ticker *t, const struct due *due,
                    struct err *err)
{
    int64_t pending_ns = stream_oldest_pending_ns(t->stream);
    if (!due->drained || t->taken_ns == 0 || pending_ns == 0 || pending_ns > due->complete_ns) {
        return true;
    }
    return ticker_take_cut(env, t, due->complete_ns, err);
}

/* How far past a boundary a quote must lie for it to be over. */
static int64_t wait_ns(const struct ticker_env *env, const struct ticker *t, const struct due *due)
{
    if (!due->event) {
        return env->cfg->engine_reorder_ms * NS_PER_MS;
    }
    return due->drained && due->complete_ns >= stream_newest_ns(t->stream) ? 0 : 1;
}

bool ticker_advance(const struct ticker_env *env, struct ticker *t, const struct due *due,
                    struct err *err)
{
    int64_t interval_ns = env->cfg->engine_interval_ms * NS_PER_MS;
    int64_t reorder_ns = wait_ns(env, t, due);
    /* A boundary that the clock takes waits for late quotes all the same. */
    int64_t wall_ns = due->wall_ns + reorder_ns - env->cfg->engine_reorder_ms * NS_PER_MS;
    int64_t from_ns = t->taken_ns;
    for (;;) {
        int64_t at = boundary_next(t->stream, from_ns, interval_ns, reorder_ns, due->drained,
                                   due->idle, wall_ns, due->at_end);
        if (at == 0) {
            return !due->event || cut_off(env, t, due, err);
        }
        if (nothing_to_see(env, t, at)) {
            int64_t next_row_ns = stream_oldest_pending_ns(t->stream);
            if (next_row_ns == 0) {
                return true;
            }
            from_ns = (next_row_ns - 1) / interval_ns * interval_ns;
            if (from_ns >= at) {
                continue;
            }
        }
        if (!ticker_take_boundary(env, t, at, due->at_end, err)) {
            return false;
        }
        from_ns = at;
    }
}
