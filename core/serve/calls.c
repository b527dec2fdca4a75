/* SPDX-License-Identifier: MIT */
#include "calls_internal.h"

#include "recent.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Workers ask for an engine one after the other. */
static bool ensure_engine(void *ctx, struct err *err)
{
    struct calls *c = ctx;
    (void)pthread_mutex_lock(&c->engine_lock);
    bool ok = c->cfg->query.ensure_engine(c->cfg->query.ensure_ctx, err);
    (void)pthread_mutex_unlock(&c->engine_lock);
    return ok;
}

static bool init_locks(struct calls *c)
{
    pthread_condattr_t monotonic;
    if (pthread_condattr_init(&monotonic) != 0) {
        return false;
    }
    bool ok = pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0 &&
              pthread_cond_init(&c->changed, &monotonic) == 0 &&
              pthread_cond_init(&c->work, &monotonic) == 0 &&
              pthread_cond_init(&c->late, &monotonic) == 0 &&
              pthread_mutex_init(&c->lock, NULL) == 0 &&
              pthread_mutex_init(&c->engine_lock, NULL) == 0;
    (void)pthread_condattr_destroy(&monotonic);
    return ok;
}

struct calls *calls_create(const struct mcp_config *cfg, struct outbox *o)
{
    struct calls *c = calloc(1, sizeof *c);
    if (c == NULL || !init_locks(c)) {
        free(c);
        return NULL;
    }
    c->cfg = cfg;
    c->out = o;
    c->end = &c->first;
    c->query = cfg->query;
    c->query.recent = recent_create(); /* NULL is no harm */
    if (cfg->query.ensure_engine != NULL) {
        c->query.ensure_engine = ensure_engine;
        c->query.ensure_ctx = c;
    }
    return c;
}

const struct query_config *calls_query_config(const struct calls *c)
{
    return &c->query;
}

void call_free(struct call *call)
{
    if (call != NULL) {
        free((char *)call->o.id.raw);
        free((char *)call->o.progress_token.raw);
        free((char *)call->o.arguments);
        free(call);
    }
}

/* Under the lock. */
static struct call **find(struct calls *c, struct rpc_id id)
{
    struct call **at = &c->first;
    while (*at != NULL && !rpc_id_equal((*at)->o.id, id)) {
        at = &(*at)->next;
    }
    return at;
}

void calls_unlink(struct calls *c, struct call *call)
{
    struct call **at = &c->first;
    while (*at != call) {
        at = &(*at)->next;
    }
    *at = call->next;
    if (c->end == &call->next) {
        c->end = at;
    }
    c->n--;
    c->n_waiting -= call->state == CALL_WAITING;
    (void)pthread_cond_broadcast(&c->changed);
}

static char *copy(const char *bytes, size_t n)
{
    char *mine = malloc(n + 1);
    if (mine != NULL) {
        memcpy(mine, bytes, n);
        mine[n] = '\0';
    }
    return mine;
}

static struct call *call_create(const struct order *o)
{
    struct call *call = calloc(1, sizeof *call);
    if (call == NULL) {
        return NULL;
    }
    call->o = *o;
    call->o.id.raw = copy(o->id.raw, o->id.n);
    call->o.arguments = copy(o->arguments, o->n);
    bool ok = call->o.id.raw != NULL && call->o.arguments != NULL;
    if (o->progress_token.raw != NULL) {
        call->o.progress_token.raw = copy(o->progress_token.raw, o->progress_token.n);
        ok = ok && call->o.progress_token.raw != NULL;
    }
    call->progress = -INFINITY;
    if (!ok) {
        call_free(call);
        return NULL;
    }
    return call;
}

/* Under the lock. */
static void append(struct calls *c, struct call *call)
{
    *c->end = call;
    c->end = &call->next;
    c->n++;
    c->n_waiting += call->state == CALL_WAITING;
}

enum call_taken calls_submit(struct calls *c, const struct order *o)
{
    struct call *call = call_create(o);
    if (call == NULL) {
        return CALL_NO_MEMORY;
    }
    call->since = clock_mono();
    call->state = o->waits ? CALL_RUNNING : CALL_WAITING;
    (void)pthread_mutex_lock(&c->lock);
    enum call_taken taken = CALLS_FULL;
    if (c->n < CALLS_MAX) {
        append(c, call);
        taken = calls_hire(c, call);
        if (taken != CALL_TAKEN) {
            calls_unlink(c, call);
        } else if (o->batch != NULL) {
            batch_hold(c->out, o->batch);
        }
    }
    (void)pthread_mutex_unlock(&c->lock);
    if (taken != CALL_TAKEN) {
        call_free(call);
    }
    return taken;
}

bool calls_has(struct calls *c, struct rpc_id id)
{
    (void)pthread_mutex_lock(&c->lock);
    const struct call *call = *find(c, id);
    bool has = call != NULL && !atomic_load(&call->cancelled);
    (void)pthread_mutex_unlock(&c->lock);
    return has;
}

void calls_cancel(struct calls *c, struct rpc_id id)
{
    (void)pthread_mutex_lock(&c->lock);
    struct call *call = *find(c, id);
    bool idle = call != NULL && call->state != CALL_RUNNING;
    if (idle) {
        calls_unlink(c, call);
    } else if (call != NULL) {
        atomic_store(&call->cancelled, true);
    }
    (void)pthread_mutex_unlock(&c->lock);
    if (idle) {
        batch_release(c->out, call->o.batch);
        call_free(call);
    }
}

struct timespec calls_after_ms(int64_t ms)
{
    int64_t ns = mono_after_ms(clock_mono(), ms).ns;
    return (struct timespec){ .tv_sec = (time_t)(ns / NS_PER_S), .tv_nsec = (long)(ns % NS_PER_S) };
}

bool calls_wait(struct calls *c, int64_t limit_ms)
{
    struct timespec until = calls_after_ms(limit_ms);
    int rc = 0;
    (void)pthread_mutex_lock(&c->lock);
    for (struct call *call = c->first; call != NULL; call = call->next) {
        if (call->o.waits) {
            atomic_store(&call->cancelled, true);
        }
    }
    while (c->n > 0 && rc == 0) {
        rc = pthread_cond_timedwait(&c->changed, &c->lock, &until);
    }
    bool idle = c->n == 0;
    (void)pthread_mutex_unlock(&c->lock);
    return idle;
}

bool calls_destroy(struct calls *c, int64_t limit_ms)
{
    struct timespec until = calls_after_ms(limit_ms);
    int rc = 0;
    (void)pthread_mutex_lock(&c->lock);
    c->closing = true;
    for (struct call *call = c->first; call != NULL; call = call->next) {
        atomic_store(&call->cancelled, true);
    }
    (void)pthread_cond_broadcast(&c->work);
    (void)pthread_cond_broadcast(&c->late);
    while (c->n_living > 0 && rc == 0) {
        rc = pthread_cond_timedwait(&c->changed, &c->lock, &until);
    }
    bool all_back = c->n_living == 0;
    (void)pthread_mutex_unlock(&c->lock);
    if (!all_back) {
        return false;
    }
    calls_join(c);
    while (c->first != NULL) {
        struct call *call = c->first;
        c->first = call->next;
        batch_release(c->out, call->o.batch);
        call_free(call);
    }
    (void)pthread_cond_destroy(&c->changed);
    (void)pthread_cond_destroy(&c->work);
    (void)pthread_cond_destroy(&c->late);
    (void)pthread_mutex_destroy(&c->lock);
    (void)pthread_mutex_destroy(&c->engine_lock);
    recent_destroy(c->query.recent);
    free(c);
    return true;
}
