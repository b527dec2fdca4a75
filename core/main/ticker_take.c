/* SPDX-License-Identifier: MIT */
/* Boundaries: when they are taken, and what is taken with them. */
#include "clock.h"
#include "ticker.h"

#include <stdlib.h>

enum { ROWS_PER_JOB = 1500 }; /* two sides of each stay below what one detect() may emit */

static bool enqueue(struct ticker *t, const struct boundary *b, struct err *err)
{
    if (t->n_queue == t->cap_queue) {
        size_t cap = t->cap_queue == 0 ? 64 : t->cap_queue * 2;
        struct boundary *grown = realloc(t->queue, cap * sizeof *grown);
        if (grown == NULL) {
            return err_set(err, ERR_MEMORY, "%s: out of memory for boundaries", t->name);
        }
        t->queue = grown;
        t->cap_queue = cap;
    }
    t->queue[t->n_queue++] = *b;
    return true;
}

static uint64_t end_seq_of(const struct ticker *t)
{
    return t->window.first_seq + t->window.n;
}

static int64_t gap_limit_now(const struct ticker_env *env, const struct ticker *t)
{
    return window_gap_limit_ns(&t->window, env->cfg->engine_stale_ms * NS_PER_MS);
}

/* Once the price step is known, boundaries that waited for it may be judged. */
static void settle_tick(struct ticker *t)
{
    for (size_t i = t->n_queue; i > 0 && t->queue[i - 1].px_tick == 0; i--) {
        t->queue[i - 1].px_tick = t->tick.px;
    }
}

/* A boundary of its own for the rows before the newest one: they are judged by this step, or would
 * be too many for one call of a detector. before: as things stood without the newest row. */
static bool split_at_newest(struct ticker *t, const struct boundary *before, struct err *err)
{
    struct rows r = window_rows(&t->window);
    struct boundary b = *before;
    b.ns = r.ts_ns[r.n - 1] - 1;
    b.end_seq = r.first_seq + rows_after(&r, b.ns);
    const struct boundary *last = t->n_queue > 0 ? &t->queue[t->n_queue - 1] : NULL;
    if (b.ns <= t->taken_ns || (last != NULL && b.ns <= last->ns)) {
        return true; /* nothing before it, or rows of one time: they stay together */
    }
    return enqueue(t, &b, err);
}

static uint64_t queued_to(const struct ticker *t)
{
    return t->n_queue > 0 ? t->queue[t->n_queue - 1].end_seq : t->measured_seq;
}

static bool take_row(const struct ticker_env *env, struct ticker *t, const struct quote *q,
                     struct err *err)
{
    struct boundary before = { .px_tick = t->tick.px };
    bool refined = false;
    if (tick_size_push(&t->tick, q)) {
        refined = before.px_tick != 0;
        settle_tick(t);
    }
    bool split = refined || end_seq_of(t) - queued_to(t) >= ROWS_PER_JOB;
    if (split) {
        before.gap_limit_ns = gap_limit_now(env, t);
    }
    if (!window_push(&t->window, q, err)) {
        return err_wrap(err, "ticker %s", t->name);
    }
    return !split || split_at_newest(t, &before, err);
}

static bool measure(struct ticker *t, struct err *err)
{
    struct rows r = window_rows(&t->window);
    uint64_t end = end_seq_of(t);
    if (!meter_push(t->meter, &r, t->measured_seq, err)) {
        return false;
    }
    t->measured_seq = end;
    if (t->tick.px != 0) {
        if (!level_book_push(t->levels, &r, t->leveled_seq, t->tick.px, err)) {
            return false;
        }
        t->leveled_seq = end;
    }
    return true;
}

static bool is_stale(const struct ticker_env *env, const struct ticker *t, const struct rows *r)
{
    return r->n == 0 || t->taken_ns - r->ts_ns[r->n - 1] > gap_limit_now(env, t);
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
    bool unknown = stale || quality_degraded(&r, &t->window, t->taken_ns);
    struct pressure_rules rules = { .ofi_min = env->cfg->pressure_ofi_min,
                                    .hold_ns = env->cfg->pressure_hold_ms * NS_PER_MS };
    read_windows(t, &r);
    behaviors_read(&r, t->taken_ns, m, m + 1, m + 2, unknown, &prev, &t->behaviors);
    pressure_step(&t->pressure, &rules, t->taken_ns, m, stale);
}

static bool take(const struct ticker_env *env, struct ticker *t, int64_t boundary_ns, bool at_end,
                 struct err *err)
{
    struct quote q;
    while (stream_next(t->stream, boundary_ns, &q)) {
        if (!take_row(env, t, &q, err)) {
            return false;
        }
    }
    stream_take(t->stream, boundary_ns);
    if (tick_size_settle(&t->tick, boundary_ns, at_end)) {
        settle_tick(t);
    }
    t->taken_ns = boundary_ns;
    t->dirty = true;
    struct boundary b = {
        .ns = boundary_ns,
        .end_seq = end_seq_of(t),
        .px_tick = t->tick.px,
        .gap_limit_ns = gap_limit_now(env, t),
    };
    if (!enqueue(t, &b, err) || !measure(t, err)) {
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

bool ticker_advance(const struct ticker_env *env, struct ticker *t, const struct due *due,
                    struct err *err)
{
    int64_t interval_ns = env->cfg->engine_interval_ms * NS_PER_MS;
    int64_t reorder_ns = env->cfg->engine_reorder_ms * NS_PER_MS;
    int64_t from_ns = t->taken_ns;
    for (;;) {
        int64_t at = boundary_next(t->stream, from_ns, interval_ns, reorder_ns, due->drained,
                                   due->idle, due->wall_ns, due->at_end);
        if (at == 0) {
            return true;
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
        if (!take(env, t, at, due->at_end, err)) {
            return false;
        }
        from_ns = at;
    }
}
