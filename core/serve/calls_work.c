/* SPDX-License-Identifier: MIT */
#include "calls_internal.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { ANSWER_BYTES_MAX = 24 * 1024 * 1024, RESERVE_IDLE_MS = 10000 };

/* ---- what a running call may do ---- */

struct running {
    struct calls *c;
    struct call *call;
};

static bool call_cancelled(void *ctx)
{
    const struct running *r = ctx;
    return atomic_load(&r->call->cancelled);
}

/* Under the lock: nothing may be sent for a call once it is cancelled. */
static void put_progress(const struct running *r, double done, double total, const char *message)
{
    const struct order *o = &r->call->o;
    struct buf line;
    buf_init(&line, 4096 + o->progress_token.n);
    buf_puts(&line, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{"
                    "\"progressToken\":");
    buf_add(&line, o->progress_token.raw, o->progress_token.n);
    buf_printf(&line, ",\"progress\":%.15g", done);
    if (total > 0) {
        buf_printf(&line, ",\"total\":%.15g", total);
    }
    if (message != NULL && o->rev >= REV_2025_03_26) {
        buf_puts(&line, ",\"message\":");
        buf_json(&line, message, strlen(message));
    }
    buf_puts(&line, "}}");
    if (!line.failed) {
        outbox_put(r->c->out, NULL, &line);
    }
    buf_fini(&line);
}

static void call_progress(void *ctx, double done, double total, const char *message)
{
    struct running *r = ctx;
    struct call *call = r->call;
    struct mono now = clock_mono();
    if (call->o.progress_token.raw == NULL || !isfinite(done) || !isfinite(total)) {
        return;
    }
    (void)pthread_mutex_lock(&r->c->lock);
    /* the step is larger than what 15 digits lose, so what is printed grows, too */
    bool grows = done > call->progress + fabs(call->progress) * 1e-12 || !isfinite(call->progress);
    if (!atomic_load(&call->cancelled) && grows && mono_ms_until(now, call->progress_after) <= 0) {
        put_progress(r, done, total, message);
        call->progress = done;
        call->progress_after = mono_after_ms(now, PROGRESS_MS);
    }
    (void)pthread_mutex_unlock(&r->c->lock);
}

static void answer(struct calls *c, struct call *call, struct query *query, struct buf *out)
{
    struct running r = { .c = c, .call = call };
    const struct tool_env env = { .query = query,
                                  .history_max_s = c->cfg->history_max_s,
                                  .progress = call_progress,
                                  .cancelled = call_cancelled,
                                  .ctx = &r };
    if (query == NULL) {
        rpc_put_error(out, call->o.id, RPC_INTERNAL_ERROR, "out of memory", NULL);
        return;
    }
    query_set_cancel(query, &call->cancelled);
    call->o.answer(&call->o, &env, out);
    query_set_cancel(query, NULL);
    if (out->failed) {
        buf_clear(out);
        rpc_put_error(out, call->o.id, RPC_INTERNAL_ERROR, "the answer is too large", NULL);
    }
}

static void work_on(struct calls *c, struct call *call, struct query *query)
{
    struct buf out;
    buf_init(&out, ANSWER_BYTES_MAX + call->o.id.n);
    if (!atomic_load(&call->cancelled)) {
        answer(c, call, query, &out);
    }
    (void)pthread_mutex_lock(&c->lock);
    if (!atomic_load(&call->cancelled)) {
        outbox_put(c->out, call->o.batch, &out);
    }
    c->n_waits -= call->o.waits;
    calls_unlink(c, call);
    (void)pthread_mutex_unlock(&c->lock);
    batch_release(c->out, call->o.batch);
    buf_fini(&out);
    call_free(call);
}

/* ---- threads ---- */

static void *work(void *ctx);

/* Under the lock. */
static bool start_worker(struct calls *c, struct worker *w, bool reserve, struct call *call)
{
    if (w->state == WORKER_GONE) {
        (void)pthread_join(w->thread, NULL);
    }
    *w = (struct worker){ .c = c, .reserve = reserve, .call = call };
    if (pthread_create(&w->thread, NULL, work, w) != 0) {
        return false;
    }
    w->state = WORKER_LIVING;
    c->n_living++;
    return true;
}

static struct worker *free_slot(struct worker *workers, int from, int to)
{
    for (int i = from; i < to; i++) {
        if (workers[i].state != WORKER_LIVING) {
            return &workers[i];
        }
    }
    return NULL;
}

/* Under the lock. */
static void call_reserve(struct calls *c)
{
    struct worker *w;
    if (c->n_reserve_free > 0) {
        (void)pthread_cond_signal(&c->late);
    } else if ((w = free_slot(c->workers, READY_THREADS, CALL_THREADS)) != NULL) {
        c->n_reserve_free += start_worker(c, w, true, NULL) ? 1 : 0;
    }
}

static enum call_taken hire_one_who_waits(struct calls *c, struct call *call)
{
    struct worker *w = free_slot(c->waiters, 0, WAIT_THREADS);
    if (c->n_waits == WAITS_MAX || w == NULL) {
        return WAITS_FULL;
    }
    if (!start_worker(c, w, false, call)) {
        return CALL_NO_MEMORY;
    }
    c->n_waits++;
    return CALL_TAKEN;
}

enum call_taken calls_hire(struct calls *c, struct call *call)
{
    struct worker *w;
    if (call->o.waits) {
        return hire_one_who_waits(c, call);
    }
    if (c->n_waiting <= c->n_ready_idle) {
        (void)pthread_cond_signal(&c->work);
    } else if ((w = free_slot(c->workers, 0, READY_THREADS)) != NULL) {
        bool first = w == c->workers && w->state == WORKER_NONE;
        if (!start_worker(c, w, false, NULL) && first) {
            return CALL_NO_MEMORY;
        }
    } else {
        call_reserve(c);
    }
    return CALL_TAKEN;
}

/* Under the lock: the oldest call that nobody works on, or NULL. */
static struct call *oldest(struct calls *c)
{
    struct call *call = c->n_waiting > 0 ? c->first : NULL;
    while (call != NULL && call->state != CALL_WAITING) {
        call = call->next;
    }
    return call;
}

static struct call *take(struct calls *c, struct call *call)
{
    call->state = CALL_RUNNING;
    c->n_waiting--;
    return call;
}

/* Under the lock: waits for a call. NULL: it is time to go. */
static struct call *next_ready(struct calls *c)
{
    while (!c->closing) {
        struct call *call = oldest(c);
        if (call != NULL) {
            return take(c, call);
        }
        c->n_ready_idle++;
        (void)pthread_cond_wait(&c->work, &c->lock);
        c->n_ready_idle--;
    }
    return NULL;
}

/* The same of the reserve, which leaves a call to the ready threads for RESERVE_MS and goes when it
 * is not needed any more. */
static struct call *next_late(struct calls *c)
{
    struct timespec idle = calls_after_ms(RESERVE_IDLE_MS);
    bool patient = true;
    for (;;) {
        struct call *call = oldest(c);
        if (c->closing || (call == NULL && !patient)) {
            c->n_reserve_free--;
            return NULL;
        }
        int64_t left_ms = 0;
        if (call != NULL) {
            left_ms = mono_ms_until(clock_mono(), mono_after_ms(call->since, RESERVE_MS));
        }
        if (call != NULL && left_ms <= 0) {
            (void)take(c, call);
            c->n_reserve_free--;
            if (c->n_waiting > 0) {
                call_reserve(c);
            }
            return call;
        }
        struct timespec soon = calls_after_ms(left_ms);
        int rc = pthread_cond_timedwait(&c->late, &c->lock, call != NULL ? &soon : &idle);
        patient = call != NULL || rc == 0;
    }
}

static struct call *next_call(struct calls *c, const struct worker *w)
{
    return w->reserve ? next_late(c) : next_ready(c);
}

static void *work(void *ctx)
{
    struct worker *w = ctx;
    struct calls *c = w->c;
    struct query *query = query_create(&c->query);
    (void)pthread_mutex_lock(&c->lock);
    struct call *call = w->call != NULL ? w->call : next_call(c, w);
    while (call != NULL) {
        (void)pthread_mutex_unlock(&c->lock);
        work_on(c, call, query);
        (void)pthread_mutex_lock(&c->lock);
        c->n_reserve_free += w->reserve ? 1 : 0;
        call = w->call != NULL ? NULL : next_call(c, w);
    }
    (void)pthread_mutex_unlock(&c->lock);
    query_destroy(query);
    (void)pthread_mutex_lock(&c->lock);
    w->state = WORKER_GONE;
    c->n_living--;
    (void)pthread_cond_broadcast(&c->changed);
    (void)pthread_mutex_unlock(&c->lock);
    return NULL;
}

static void join_gone(struct worker *workers, int n)
{
    for (int i = 0; i < n; i++) {
        if (workers[i].state != WORKER_NONE) {
            (void)pthread_join(workers[i].thread, NULL);
        }
    }
}

void calls_join(struct calls *c)
{
    join_gone(c->workers, CALL_THREADS);
    join_gone(c->waiters, WAIT_THREADS);
}
