/* SPDX-License-Identifier: MIT */
#include "subs_internal.h"

#include "clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LINE_MAX_BYTES = 64 * 1024 * 1024 };

#define META_SUBSCRIPTION "\"_meta\":{\"io.modelcontextprotocol/subscriptionId\":"

struct subs *subs_create(const struct query_config *cfg, struct outbox *o)
{
    pthread_condattr_t monotonic;
    struct subs *s = calloc(1, sizeof *s);
    struct listener *legacy = calloc(1, sizeof *legacy);
    if (s == NULL || legacy == NULL || pthread_condattr_init(&monotonic) != 0) {
        free(s);
        free(legacy);
        return NULL;
    }
    bool ok = pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0 &&
              pthread_cond_init(&s->changed, &monotonic) == 0 &&
              pthread_mutex_init(&s->lock, NULL) == 0;
    (void)pthread_condattr_destroy(&monotonic);
    if (!ok) {
        free(s);
        free(legacy);
        return NULL;
    }
    s->cfg = cfg;
    s->out = o;
    s->first = legacy;
    return s;
}

static void listener_free(struct listener *l)
{
    free((char *)l->id.raw);
    free(l->uris);
    free(l);
}

/* Under the lock. */
static struct listener **find(struct subs *s, struct rpc_id id)
{
    struct listener **at = &s->first->next;
    while (*at != NULL && !rpc_id_equal((*at)->id, id)) {
        at = &(*at)->next;
    }
    return at;
}

/* Under the lock. */
static void unlink_at(struct subs *s, struct listener **at)
{
    struct listener *l = *at;
    *at = l->next;
    s->n_listeners--;
    s->n_uris -= l->n_uris;
    listener_free(l);
    (void)pthread_cond_broadcast(&s->changed);
}

/* Under the lock: the thread runs when there is something to watch. */
static bool watch(struct subs *s)
{
    if (s->n_uris == 0 || s->watch == WATCH_RUNNING) {
        (void)pthread_cond_broadcast(&s->changed);
        return true;
    }
    if (s->watch == WATCH_GONE) {
        (void)pthread_join(s->thread, NULL);
    }
    bool ok = pthread_create(&s->thread, NULL, watch_run, s) == 0;
    s->watch = ok ? WATCH_RUNNING : WATCH_NONE;
    return ok;
}

/* Under the lock. True when the listener has it now. */
static bool add_uri(struct subs *s, struct listener *l, const char *uri)
{
    for (size_t i = 0; i < l->n_uris; i++) {
        if (strcmp(l->uris[i], uri) == 0) {
            return true;
        }
    }
    void *more = s->n_uris < SUBSCRIBED_MAX ? realloc(l->uris, (l->n_uris + 1) * URI_MAX) : NULL;
    if (more == NULL) {
        return false;
    }
    l->uris = more;
    (void)snprintf(l->uris[l->n_uris++], URI_MAX, "%s", uri);
    s->n_uris++;
    return true;
}

static bool names_resource(const char *uri)
{
    struct resource r;
    return resource_parse(uri, &r);
}

enum sub_taken subs_subscribe(struct subs *s, const char *uri)
{
    if (!names_resource(uri)) {
        return SUB_TAKEN;
    }
    (void)pthread_mutex_lock(&s->lock);
    enum sub_taken taken = add_uri(s, s->first, uri) ? SUB_TAKEN : SUBS_FULL;
    if (taken == SUB_TAKEN && !watch(s)) {
        taken = SUB_NO_MEMORY;
    }
    (void)pthread_mutex_unlock(&s->lock);
    return taken;
}

void subs_unsubscribe(struct subs *s, const char *uri)
{
    (void)pthread_mutex_lock(&s->lock);
    struct listener *l = s->first;
    for (size_t i = 0; i < l->n_uris; i++) {
        if (strcmp(l->uris[i], uri) == 0) {
            memmove(l->uris[i], l->uris[--l->n_uris], URI_MAX);
            s->n_uris--;
            break;
        }
    }
    (void)pthread_cond_broadcast(&s->changed);
    (void)pthread_mutex_unlock(&s->lock);
}

void subs_forget_legacy(struct subs *s)
{
    (void)pthread_mutex_lock(&s->lock);
    s->n_uris -= s->first->n_uris;
    s->first->n_uris = 0;
    (void)pthread_cond_broadcast(&s->changed);
    (void)pthread_mutex_unlock(&s->lock);
}

/* ---- listen ---- */

static void put_ack(struct subs *s, const struct listener *l)
{
    struct buf line;
    buf_init(&line, LINE_MAX_BYTES);
    buf_puts(&line, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/subscriptions/acknowledged\","
                    "\"params\":{\"notifications\":{");
    if (l->n_uris > 0) {
        buf_puts(&line, "\"resourceSubscriptions\":[");
        for (size_t i = 0; i < l->n_uris; i++) {
            buf_puts(&line, i > 0 ? "," : "");
            buf_json(&line, l->uris[i], strlen(l->uris[i]));
        }
        buf_putc(&line, ']');
    }
    buf_puts(&line, "}," META_SUBSCRIPTION);
    buf_add(&line, l->id.raw, l->id.n);
    buf_puts(&line, "}}}");
    outbox_put(s->out, NULL, &line);
    buf_fini(&line);
}

/* Under the lock. */
static bool add_uris(struct subs *s, struct listener *l, const struct json *j,
                     const struct json_value *uris)
{
    const struct json_value *v = uris != NULL ? json_first(uris) : NULL;
    for (uint32_t i = 0; v != NULL && i < uris->n; i++, v = json_next(v)) {
        char uri[URI_MAX];
        if (json_text(j, v, uri, sizeof uri, NULL) && names_resource(uri) && !add_uri(s, l, uri)) {
            return false;
        }
    }
    return true;
}

static struct listener *listener_create(struct rpc_id id)
{
    struct listener *l = calloc(1, sizeof *l);
    char *raw = malloc(id.n + 1);
    if (l == NULL || raw == NULL) {
        free(l);
        free(raw);
        return NULL;
    }
    memcpy(raw, id.raw, id.n);
    l->id = (struct rpc_id){ .raw = raw, .n = id.n };
    return l;
}

enum sub_taken subs_listen(struct subs *s, struct rpc_id id, const struct json *j,
                           const struct json_value *uris)
{
    struct listener *l = listener_create(id);
    if (l == NULL) {
        return SUB_NO_MEMORY;
    }
    (void)pthread_mutex_lock(&s->lock);
    bool fits = s->n_listeners < LISTENERS_MAX && add_uris(s, l, j, uris);
    if (fits && watch(s)) {
        put_ack(s, l);
        l->next = s->first->next;
        s->first->next = l;
        s->n_listeners++;
    } else {
        s->n_uris -= l->n_uris;
        listener_free(l);
        l = NULL;
    }
    (void)pthread_mutex_unlock(&s->lock);
    return l != NULL ? SUB_TAKEN : fits ? SUB_NO_MEMORY : SUBS_FULL;
}

bool subs_has(struct subs *s, struct rpc_id id)
{
    (void)pthread_mutex_lock(&s->lock);
    bool has = *find(s, id) != NULL;
    (void)pthread_mutex_unlock(&s->lock);
    return has;
}

void subs_cancel(struct subs *s, struct rpc_id id)
{
    (void)pthread_mutex_lock(&s->lock);
    struct listener **at = find(s, id);
    if (*at != NULL) {
        unlink_at(s, at);
    }
    (void)pthread_mutex_unlock(&s->lock);
}

void subs_tell(struct subs *s, const char *uri)
{
    for (const struct listener *l = s->first; l != NULL; l = l->next) {
        size_t i = 0;
        while (i < l->n_uris && strcmp(l->uris[i], uri) != 0) {
            i++;
        }
        if (i == l->n_uris) {
            continue;
        }
        struct buf line;
        buf_init(&line, LINE_MAX_BYTES);
        buf_puts(&line, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/resources/updated\","
                        "\"params\":{\"uri\":");
        buf_json(&line, uri, strlen(uri));
        if (l->id.raw != NULL) {
            buf_puts(&line, "," META_SUBSCRIPTION);
            buf_add(&line, l->id.raw, l->id.n);
            buf_putc(&line, '}');
        }
        buf_puts(&line, "}}");
        outbox_put(s->out, NULL, &line);
        buf_fini(&line);
    }
}

/* ---- the end ---- */

static void put_end(struct subs *s, struct rpc_id id)
{
    struct buf line;
    buf_init(&line, LINE_MAX_BYTES);
    rpc_put_result(&line, id);
    buf_puts(&line, "{\"resultType\":\"complete\"," META_SUBSCRIPTION);
    buf_add(&line, id.raw, id.n);
    buf_puts(&line, ",\"io.modelcontextprotocol/serverInfo\":");
    put_server_info(&line, REVISION_MODERN);
    buf_puts(&line, "}}}");
    outbox_put(s->out, NULL, &line);
    buf_clear(&line);
    buf_puts(&line, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{"
                    "\"requestId\":");
    buf_add(&line, id.raw, id.n);
    buf_puts(&line, ",\"reason\":\"shutdown\"}}");
    outbox_put(s->out, NULL, &line);
    buf_fini(&line);
}

void subs_close(struct subs *s)
{
    (void)pthread_mutex_lock(&s->lock);
    while (s->first->next != NULL) {
        put_end(s, s->first->next->id);
        unlink_at(s, &s->first->next);
    }
    (void)pthread_mutex_unlock(&s->lock);
}

bool subs_destroy(struct subs *s, int64_t limit_ms)
{
    int64_t ns = mono_after_ms(clock_mono(), limit_ms).ns;
    struct timespec until = { .tv_sec = (time_t)(ns / NS_PER_S), .tv_nsec = (long)(ns % NS_PER_S) };
    int rc = 0;
    (void)pthread_mutex_lock(&s->lock);
    s->closing = true;
    atomic_store(&s->cancel, true);
    (void)pthread_cond_broadcast(&s->changed);
    while (s->watch == WATCH_RUNNING && rc == 0) {
        rc = pthread_cond_timedwait(&s->changed, &s->lock, &until);
    }
    bool stuck = s->watch == WATCH_RUNNING;
    (void)pthread_mutex_unlock(&s->lock);
    if (stuck) {
        return false;
    }
    if (s->watch == WATCH_GONE) {
        (void)pthread_join(s->thread, NULL);
    }
    while (s->first != NULL) {
        struct listener *l = s->first;
        s->first = l->next;
        listener_free(l);
    }
    (void)pthread_cond_destroy(&s->changed);
    (void)pthread_mutex_destroy(&s->lock);
    free(s);
    return true;
}
