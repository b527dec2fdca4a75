/* SPDX-License-Identifier: MIT */
/* Rows into the window, boundaries into the queue. */
#include "ticker_rows.h"
#include "clock.h"
#include "journal.h"

#include <stdlib.h>

enum { ROWS_PER_JOB = 1500 }; /* two sides of each stay below what one detect() may emit */

bool ticker_enqueue(const struct ticker_env *env, struct ticker *t, const struct boundary *b,
                    struct err *err)
{
    if (t->n_queue == t->cap_queue) {
        size_t cap = t->cap_queue == 0 ? 16 : t->cap_queue * 2;
        struct boundary *grown = realloc(t->queue, cap * sizeof *grown);
        if (grown == NULL) {
            return err_set(err, ERR_MEMORY, "%s: out of memory for boundaries", t->name);
        }
        t->queue = grown;
        t->cap_queue = cap;
    }
    t->queue[t->n_queue++] = *b;
    t->queued_ns = b->ns;
    t->queued_seq = b->end_seq;
    if (!t->has_news && env->news != NULL) {
        t->has_news = true;
        ring_push(env->news, t->id);
    }
    return true;
}

uint64_t ticker_end_seq_of(const struct ticker *t)
{
    return t->window.first_seq + t->window.n;
}

int64_t ticker_gap_limit_now(const struct ticker_env *env, const struct ticker *t)
{
    return window_gap_limit_ns(&t->window, env->cfg->engine_stale_ms * NS_PER_MS);
}

/* Once the price step is known, boundaries that waited for it may be judged. */
void ticker_settle_tick(struct ticker *t)
{
    for (size_t i = t->n_queue; i > 0 && t->queue[i - 1].px_tick == 0; i--) {
        t->queue[i - 1].px_tick = t->tick.px;
    }
}

/* A boundary of its own for the rows before the newest one: they are judged by this step, or would
 * be too many for one call of a detector. before: as things stood without the newest row. */
static bool split_at_newest(const struct ticker_env *env, struct ticker *t,
                            const struct boundary *before, struct err *err)
{
    struct rows r = window_rows(&t->window);
    struct boundary b = *before;
    b.ns = r.ts_ns[r.n - 1] - 1;
    b.end_seq = r.first_seq + rows_after(&r, b.ns);
    if (b.ns <= t->queued_ns) {
        return true; /* nothing before it, or rows of one time: they stay together */
    }
    return ticker_enqueue(env, t, &b, err);
}

bool ticker_take_row(const struct ticker_env *env, struct ticker *t, const struct quote *q,
                     struct err *err)
{
    struct boundary before = { .px_tick = t->tick.px };
    bool refined = false;
    if (tick_size_push(&t->tick, q)) {
        refined = before.px_tick != 0;
        ticker_settle_tick(t);
    }
    bool split = refined || ticker_end_seq_of(t) - t->queued_seq >= ROWS_PER_JOB;
    if (split) {
        before.gap_limit_ns = ticker_gap_limit_now(env, t);
    }
    if (!window_push(&t->window, q, err)) {
        return err_wrap(err, "ticker %s", t->name);
    }
    if (env->journal != NULL) {
        struct record r = { .type = RECORD_ROW, .ticker = t->id, .row = *q };
        journal_put(env->journal, &r);
    }
    return !split || split_at_newest(env, t, &before, err);
}

bool ticker_take_rows(const struct ticker_env *env, struct ticker *t, int64_t to_ns,
                      struct err *err)
{
    struct quote q;
    while (stream_next(t->stream, to_ns, &q)) {
        if (!ticker_take_row(env, t, &q, err)) {
            return false;
        }
    }
    stream_take(t->stream, to_ns);
    return true;
}

struct boundary ticker_boundary_at(const struct ticker_env *env, const struct ticker *t, int64_t ns)
{
    return (struct boundary){
        .ns = ns,
        .end_seq = ticker_end_seq_of(t),
        .px_tick = t->tick.px,
        .gap_limit_ns = ticker_gap_limit_now(env, t),
    };
}
