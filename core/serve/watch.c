/* SPDX-License-Identifier: MIT */
/* The thread that looks for changes in what is stored. */
#include "clock.h"
#include "json.h"
#include "query_internal.h"
#include "subs_internal.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    LOOK_MS = 250,
    TELL_MS = 1000,
    ENGINE_EVERY_MS = 5000, /* how often an absent engine is asked for */
    EPISODES_SEEN = 128     /* of a ticker, those last true: older ones neither start nor end */
};

struct seen {
    uint64_t id;
    bool ended;
};

/* One resource, as it was when it was looked at last. Of the thread alone. */
struct eye {
    char uri[URI_MAX];
    struct resource r;
    bool wanted;  /* somebody is still subscribed */
    bool known;   /* looked at before */
    bool changed; /* and nobody told yet */
    struct mono tell_after;
    char tick[32];  /* of the ticker's report */
    uint64_t print; /* of all but the episodes */
    struct seen seen[EPISODES_SEEN];
    size_t n_seen;
};

struct watch {
    struct subs *s;
    struct query *q;
    struct eye **eyes;
    size_t n;
    struct mono engine_after;
};

static uint64_t hash(uint64_t h, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        h = (h ^ (unsigned char)bytes[i]) * UINT64_C(1099511628211);
    }
    return (h ^ 0xff) * UINT64_C(1099511628211); /* "ab","c" is not "a","bc" */
}

static uint64_t hash_value(uint64_t h, const struct json *j, const char *key)
{
    const struct json_value *v = json_get(j, j->v, key);
    return v != NULL ? hash(h, json_raw(j, v), v->len) : hash(h, "", 0);
}

/* ---- what matters of each kind ---- */

/* State of a stored JSON object, or the whole text when it is none. */
static uint64_t hash_state(uint64_t h, const struct reply *text)
{
    struct json j = { .max_values = 4096 };
    if (text->type != REPLY_STRING) {
        return hash(h, "", 0);
    }
    if (json_parse(&j, text->str, text->len) == JSON_FINE && json_is(j.v, JSON_OBJECT)) {
        bool busy = json_equals(&j, json_get(&j, j.v, "state"), "busy");
        h = busy ? hash(h, "\"ready\"", 7) : hash_value(h, &j, "state");
        h = hash_value(h, &j, "version");
    } else {
        h = hash(h, text->str, text->len);
    }
    json_fini(&j);
    return h;
}

/* The order in which Redis gives the fields does not count. */
static uint64_t print_detectors(const struct reply *r)
{
    uint64_t sum = 0;
    for (size_t i = 0; r->type == REPLY_ARRAY && i + 1 < r->n; i += 2) {
        sum += hash_state(hash(1, r->items[i].str, r->items[i].len), &r->items[i + 1]);
    }
    return sum;
}

static uint64_t print_lease(const struct reply *r)
{
    struct json j = { .max_values = 4096 };
    uint64_t h = 1;
    if (r->type == REPLY_STRING && json_parse(&j, r->str, r->len) == JSON_FINE) {
        h = hash_value(hash_value(hash_value(2, &j, "pid"), &j, "config"), &j, "hash");
    }
    json_fini(&j);
    return h;
}

static const struct seen *seen_before(const struct eye *e, uint64_t id)
{
    for (size_t i = 0; i < e->n_seen; i++) {
        if (e->seen[i].id == id) {
            return &e->seen[i];
        }
    }
    return NULL;
}

/* True: one of the episodes is new, or has ended or come back since. */
static bool take_episodes(struct eye *e, const struct reply *r)
{
    struct seen now[EPISODES_SEEN];
    size_t n = 0;
    bool changed = false;
    for (size_t i = 0; r->type == REPLY_ARRAY && i < r->n && n < EPISODES_SEEN; i++) {
        struct json j = { .max_values = 4096 };
        if (json_parse(&j, r->items[i].str, r->items[i].len) == JSON_FINE) {
            now[n].id = hash_value(1, &j, "id");
            now[n].ended = json_equals(&j, json_get(&j, j.v, "state"), "ended");
            const struct seen *before = seen_before(e, now[n].id);
            changed = changed || before == NULL || before->ended != now[n].ended;
            n++;
        }
        json_fini(&j);
    }
    memcpy(e->seen, now, n * sizeof now[0]);
    e->n_seen = n;
    return changed;
}

/* ---- looking ---- */

static void note(struct eye *e, bool changed)
{
    e->changed = e->changed || (e->known && changed);
    e->known = true;
}

static void note_print(struct eye *e, uint64_t print)
{
    bool changed = e->print != print;
    e->print = print;
    note(e, changed);
}

/* A ticker may be spelled in small letters: where there is nothing under it, capitals are tried the
 * next time. */
static void respell(struct eye *e)
{
    struct resource given;
    if (resource_parse(e->uri, &given) && strcmp(given.ticker, e->r.ticker) != 0) {
        e->r = given;
        return;
    }
    for (char *c = e->r.ticker; *c != '\0'; c++) {
        *c = (char)toupper((unsigned char)*c);
    }
}

static bool look_at_ticker(struct watch *w, struct eye *e)
{
    char key[KEY_MAX];
    const struct reply *r;
    key_state(&w->s->cfg->keys, key, e->r.ticker);
    if (!redis_call(w->q->redis, &r, NULL, "HMGET %s tick_ms pressure", key)) {
        return false;
    }
    if (r->type != REPLY_ARRAY || r->n != 2) {
        return true;
    }
    if (r->items[0].type != REPLY_STRING) {
        respell(e);
    } else if (e->known && strcmp(e->tick, r->items[0].str) == 0) {
        return true;
    } else {
        (void)snprintf(e->tick, sizeof e->tick, "%s", r->items[0].str);
    }
    uint64_t print = e->r.kind == RESOURCE_ANALYSIS ? hash_state(1, &r->items[1]) : 0;
    key_patterns(&w->s->cfg->keys, key, e->r.ticker);
    if (!redis_call(w->q->redis, &r, NULL, "ZREVRANGE %s 0 %d", key, EPISODES_SEEN - 1)) {
        return false;
    }
    bool changed = take_episodes(e, r) || print != e->print;
    e->print = print;
    note(e, changed);
    return true;
}

static bool look_at_engine(struct watch *w, struct eye *e)
{
    char lease[KEY_MAX], detectors[KEY_MAX];
    const struct reply *r;
    key_engine(&w->s->cfg->keys, lease);
    key_detectors(&w->s->cfg->keys, detectors);
    if (!redis_queuef(w->q->redis, NULL, "GET %s", lease) ||
        !redis_queuef(w->q->redis, NULL, "HGETALL %s", detectors) ||
        !query_exec(w->q, 2, &r, NULL)) {
        return false;
    }
    note_print(e, e->r.kind == RESOURCE_STATUS ? print_lease(&r[0]) : print_detectors(&r[1]));
    return true;
}

/* What is subscribed can change only while an engine runs. It is started once all has been looked
 * at: what it says first is a change, too. */
static void want_engine(struct watch *w)
{
    char key[KEY_MAX];
    const struct reply *r;
    struct mono now = clock_mono();
    if (w->s->cfg->ensure_engine == NULL || mono_ms_until(now, w->engine_after) > 0) {
        return;
    }
    w->engine_after = mono_after_ms(now, ENGINE_EVERY_MS);
    key_engine(&w->s->cfg->keys, key);
    if (redis_call(w->q->redis, &r, NULL, "GET %s", key) && r->type == REPLY_NIL) {
        (void)w->s->cfg->ensure_engine(w->s->cfg->ensure_ctx, NULL);
    }
}

static void look(struct watch *w)
{
    bool ok = true;
    for (size_t i = 0; ok && i < w->n; i++) {
        struct eye *e = w->eyes[i];
        ok = e->r.ticker[0] != '\0' ? look_at_ticker(w, e) : look_at_engine(w, e);
    }
    if (ok) {
        want_engine(w);
    }
}

/* ---- the list ---- */

static void want(struct watch *w, const char *uri)
{
    for (size_t i = 0; i < w->n; i++) {
        if (strcmp(w->eyes[i]->uri, uri) == 0) {
            w->eyes[i]->wanted = true;
            return;
        }
    }
    struct eye *e = calloc(1, sizeof *e);
    struct eye **more = realloc(w->eyes, (w->n + 1) * sizeof(struct eye *));
    w->eyes = more != NULL ? more : w->eyes;
    if (e == NULL || more == NULL || !resource_parse(uri, &e->r)) {
        free(e);
        return;
    }
    (void)snprintf(e->uri, sizeof e->uri, "%s", uri);
    e->wanted = true;
    w->eyes[w->n++] = e;
}

/* Under the lock: eyes for what is subscribed, and for nothing else. */
static void agree(struct watch *w)
{
    for (size_t i = 0; i < w->n; i++) {
        w->eyes[i]->wanted = false;
    }
    for (const struct listener *l = w->s->first; l != NULL; l = l->next) {
        for (size_t i = 0; i < l->n_uris; i++) {
            want(w, l->uris[i]);
        }
    }
    size_t kept = 0;
    for (size_t i = 0; i < w->n; i++) {
        if (w->eyes[i]->wanted) {
            w->eyes[kept++] = w->eyes[i];
        } else {
            free(w->eyes[i]);
        }
    }
    w->n = kept;
}

/* Under the lock. */
static void tell(struct watch *w)
{
    struct mono now = clock_mono();
    for (size_t i = 0; i < w->n; i++) {
        struct eye *e = w->eyes[i];
        if (e->changed && mono_ms_until(now, e->tell_after) <= 0) {
            subs_tell(w->s, e->uri);
            e->changed = false;
            e->tell_after = mono_after_ms(now, TELL_MS);
        }
    }
}

/* Under the lock. */
static void rest(struct subs *s)
{
    int64_t ns = mono_after_ms(clock_mono(), LOOK_MS).ns;
    struct timespec until = { .tv_sec = (time_t)(ns / NS_PER_S), .tv_nsec = (long)(ns % NS_PER_S) };
    (void)pthread_cond_timedwait(&s->changed, &s->lock, &until);
}

void *watch_run(void *ctx)
{
    struct subs *s = ctx;
    struct watch w = { .s = s, .q = query_create(s->cfg) };
    if (w.q != NULL) {
        query_set_cancel(w.q, &s->cancel);
    }
    (void)pthread_mutex_lock(&s->lock);
    while (!s->closing && s->n_uris > 0 && w.q != NULL) {
        agree(&w);
        (void)pthread_mutex_unlock(&s->lock);
        look(&w);
        (void)pthread_mutex_lock(&s->lock);
        tell(&w);
        if (!s->closing && s->n_uris > 0) {
            rest(s);
        }
    }
    s->watch = WATCH_GONE;
    (void)pthread_cond_broadcast(&s->changed);
    (void)pthread_mutex_unlock(&s->lock);
    query_destroy(w.q);
    for (size_t i = 0; i < w.n; i++) {
        free(w.eyes[i]);
    }
    free(w.eyes);
    return NULL;
}
