/* SPDX-License-Identifier: MIT */
#include "calls_internal.h"
#include "clock.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SUBSCRIPTION_END_BYTES_MAX = 64 * 1024 * 1024 };

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
    if (cfg->query.ensure_engine != NULL) {
        c->query.ensure_engine = ensure_engine;
        c->query.ensure_ctx = c;
    }
    return c;
}

void call_free(struct call *call)
{
    if (call != NULL) {
        free(call->id);
        free(call->arguments);
        free(call);
    }
}

struct rpc_id call_id(const struct call *call)
{
    return (struct rpc_id){ .raw = call->id, .n = call->id_n };
}

/* Under the lock. */
static struct call **find(struct calls *c, struct rpc_id id)
{
    struct call **at = &c->first;
    while (*at != NULL && !rpc_id_equal(call_id(*at), id)) {
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
    (void)pthread_cond_broadcast(&c->changed);
}

static struct call *call_create(struct rpc_id id, const char *arguments, size_t n)
{
    struct call *call = calloc(1, sizeof *call);
    if (call == NULL) {
        return NULL;
    }
    call->id = malloc(id.n + 1);
    call->arguments = malloc(n + 1);
    if (call->id == NULL || call->arguments == NULL) {
        call_free(call);
        return NULL;
    }
    memcpy(call->id, id.raw, id.n);
    memcpy(call->arguments, arguments, n);
    call->id_n = id.n;
    call->arguments_n = n;
    return call;
}

static enum call_taken add(struct calls *c, struct call *call)
{
    if (call == NULL) {
        return CALL_NO_MEMORY;
    }
    (void)pthread_mutex_lock(&c->lock);
    enum call_taken taken = c->n < CALLS_MAX ? CALL_TAKEN : CALLS_FULL;
    if (taken == CALL_TAKEN && call->state == CALL_WAITING && !calls_start_threads(c)) {
        taken = CALL_NO_MEMORY;
    }
    if (taken == CALL_TAKEN) {
        if (call->batch != NULL) {
            batch_hold(c->out, call->batch);
        }
        *c->end = call;
        c->end = &call->next;
        c->n++;
        (void)pthread_cond_broadcast(&c->changed);
    }
    (void)pthread_mutex_unlock(&c->lock);
    if (taken != CALL_TAKEN) {
        call_free(call);
    }
    return taken;
}

enum call_taken calls_submit(struct calls *c, struct rpc_id id, enum revision rev,
                             const struct tool *tool, const char *arguments, size_t n,
                             struct batch *batch)
{
    struct call *call = call_create(id, arguments, n);
    if (call != NULL) {
        call->rev = rev;
        call->tool = tool;
        call->batch = batch;
    }
    return add(c, call);
}

enum call_taken calls_subscribe(struct calls *c, struct rpc_id id)
{
    struct call *call = call_create(id, "", 0);
    if (call != NULL) {
        call->state = CALL_SUBSCRIBED;
    }
    return add(c, call);
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
        batch_release(c->out, call->batch);
        call_free(call);
    }
}

void calls_close_subscriptions(struct calls *c)
{
    (void)pthread_mutex_lock(&c->lock);
    for (struct call *call = c->first; call != NULL; call = call->next) {
        if (call->state != CALL_SUBSCRIBED) {
            continue;
        }
        struct buf out;
        buf_init(&out, SUBSCRIPTION_END_BYTES_MAX);
        rpc_put_result(&out, call_id(call));
        buf_puts(&out, "{\"resultType\":\"complete\",\"_meta\":{"
                       "\"io.modelcontextprotocol/subscriptionId\":");
        buf_add(&out, call->id, call->id_n);
        buf_puts(&out, ",\"io.modelcontextprotocol/serverInfo\":");
        put_server_info(&out, REVISION_MODERN);
        buf_puts(&out, "}}}");
        outbox_put(c->out, NULL, &out);
        buf_clear(&out);
        buf_puts(&out, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\","
                       "\"params\":{\"requestId\":");
        buf_add(&out, call->id, call->id_n);
        buf_puts(&out, ",\"reason\":\"shutdown\"}}");
        outbox_put(c->out, NULL, &out);
        buf_fini(&out);
    }
    (void)pthread_mutex_unlock(&c->lock);
}

/* Under the lock. */
static bool busy(const struct calls *c)
{
    for (const struct call *call = c->first; call != NULL; call = call->next) {
        if (call->state != CALL_SUBSCRIBED) {
            return true;
        }
    }
    return false;
}

static struct timespec after_ms(int64_t ms)
{
    int64_t ns = mono_after_ms(clock_mono(), ms).ns;
    return (struct timespec){ .tv_sec = (time_t)(ns / NS_PER_S), .tv_nsec = (long)(ns % NS_PER_S) };
}

bool calls_wait(struct calls *c, int64_t limit_ms)
{
    struct timespec until = after_ms(limit_ms);
    int rc = 0;
    (void)pthread_mutex_lock(&c->lock);
    while (busy(c) && rc == 0) {
        rc = pthread_cond_timedwait(&c->changed, &c->lock, &until);
    }
    bool idle = !busy(c);
    (void)pthread_mutex_unlock(&c->lock);
    return idle;
}

bool calls_destroy(struct calls *c, int64_t limit_ms)
{
    struct timespec until = after_ms(limit_ms);
    int rc = 0;
    (void)pthread_mutex_lock(&c->lock);
    c->closing = true;
    for (struct call *call = c->first; call != NULL; call = call->next) {
        atomic_store(&call->cancelled, true);
    }
    (void)pthread_cond_broadcast(&c->changed);
    while (c->n_living > 0 && rc == 0) {
        rc = pthread_cond_timedwait(&c->changed, &c->lock, &until);
    }
    bool all_back = c->n_living == 0;
    (void)pthread_mutex_unlock(&c->lock);
    if (!all_back) {
        return false;
    }
    for (int i = 0; i < c->n_threads; i++) {
        (void)pthread_join(c->threads[i], NULL);
    }
    while (c->first != NULL) {
        struct call *call = c->first;
        c->first = call->next;
        batch_release(c->out, call->batch);
        call_free(call);
    }
    (void)pthread_cond_destroy(&c->changed);
    (void)pthread_mutex_destroy(&c->lock);
    (void)pthread_mutex_destroy(&c->engine_lock);
    free(c);
    return true;
}
