/* SPDX-License-Identifier: MIT */
#include "top.h"

#include "report.h"
#include "utf8.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Others write to Redis, too: what is drawn on a terminal is tame. */
static void take_text(char *out, size_t cap, const char *text, size_t n)
{
    (void)snprintf(out, cap, "%.*s", (int)utf8_cut(text, n, cap - 1), text);
    utf8_tame(out);
}

static void copy(char *out, size_t cap, const struct reply *r)
{
    bool text = r->type == REPLY_STRING || r->type == REPLY_STATUS;
    take_text(out, cap, text ? r->str : "", text ? r->len : 0);
}

static double number_in(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    return cJSON_IsNumber(item) ? top_sane(item->valuedouble) : 0;
}

static void text_in(const cJSON *object, const char *key, char *out, size_t cap)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
    text = text != NULL ? text : "";
    take_text(out, cap, text, strlen(text));
}

static void take_status(struct top_sample *s, const struct reply *hash)
{
    for (size_t i = 0; i + 1 < hash->n && s->n_fields < TOP_FIELDS_MAX; i += 2) {
        struct top_field *f = &s->fields[s->n_fields++];
        copy(f->name, sizeof f->name, &hash->items[i]);
        copy(f->text, sizeof f->text, &hash->items[i + 1]);
    }
}

static int by_id(const void *a, const void *b)
{
    return strcmp(((const struct top_detector *)a)->id, ((const struct top_detector *)b)->id);
}

static void take_detectors(struct top_sample *s, const struct reply *hash)
{
    for (size_t i = 0; i + 1 < hash->n && s->n_detectors < TOP_DETECTORS_MAX; i += 2) {
        cJSON *json = cJSON_ParseWithLength(hash->items[i + 1].str, hash->items[i + 1].len);
        struct top_detector *d = &s->detectors[s->n_detectors++];
        copy(d->id, sizeof d->id, &hash->items[i]);
        text_in(json, "state", d->state, sizeof d->state);
        text_in(json, "reason", d->reason, sizeof d->reason);
        d->jobs = number_in(json, "jobs");
        d->emitted = number_in(json, "emitted");
        d->late = number_in(json, "late");
        d->behind = number_in(json, "behind");
        d->skipped = number_in(json, "skipped");
        d->strikes = number_in(json, "strikes");
        d->restarts = number_in(json, "restarts");
        d->cpu_us = number_in(json, "cpu_us");
        cJSON_Delete(json);
    }
    qsort(s->detectors, s->n_detectors, sizeof s->detectors[0], by_id);
}

static bool read_engine(struct top_sample *s, struct redis *redis, const struct keys *keys,
                        struct err *err)
{
    char lease[KEY_MAX], status[KEY_MAX], detectors[KEY_MAX];
    const struct reply *r;
    size_t n;
    key_engine(keys, lease);
    key_status(keys, status);
    key_detectors(keys, detectors);
    if (!redis_queuef(redis, err, "GET %s", lease) ||
        !redis_queuef(redis, err, "HGETALL %s", status) ||
        !redis_queuef(redis, err, "HGETALL %s", detectors) || !redis_exec(redis, &r, &n, err)) {
        return false;
    }
    s->served = r[0].type == REPLY_STRING;
    take_status(s, &r[1]);
    take_detectors(s, &r[2]);
    return r[0].type != REPLY_ERROR || err_set(err, ERR_REMOTE, "%s", r[0].str);
}

/* Tickers that have a state, in the order of Redis, at most TOP_TICKERS_MAX. */
static bool find_tickers(struct top_sample *s, struct redis *redis, const struct keys *keys,
                         struct err *err)
{
    char match[KEY_MAX], cursor[32] = "0";
    key_state(keys, match, "*");
    size_t prefix = strlen(match) - 1;
    do {
        const struct reply *r;
        if (!redis_call(redis, &r, err, "SCAN %s MATCH %s COUNT 1000", cursor, match)) {
            return false;
        }
        if (r->type != REPLY_ARRAY || r->n != 2) {
            return err_set(err, ERR_PROTOCOL, "SCAN answered oddly");
        }
        for (size_t i = 0; i < r->items[1].n && s->n_tickers < TOP_TICKERS_MAX; i++) {
            const struct reply *key = &r->items[1].items[i];
            if (key->len > prefix && key->len - prefix < TICKER_MAX) {
                memcpy(s->tickers[s->n_tickers++].name, key->str + prefix, key->len - prefix + 1);
            }
        }
        copy(cursor, sizeof cursor, &r->items[0]);
    } while (strcmp(cursor, "0") != 0 && s->n_tickers < TOP_TICKERS_MAX);
    return true;
}

static double to_number(const struct reply *r)
{
    return r->type == REPLY_STRING ? top_sane(strtod(r->str, NULL)) : 0;
}

/* 0: not known. */
static double rate_in(const struct reply *more)
{
    struct report_window w;
    report_window_init(&w, "10s", 10);
    return more->type == REPLY_STRING &&
                   report_get_metrics(&w, NULL, REPORT_MORE, more->str, more->len, NULL)
               ? top_sane(w.m.update_rate)
               : 0;
}

static void take_ticker(struct top_ticker *t, const struct reply *state, const struct reply *more)
{
    t->rate = rate_in(more);
    if (state->type != REPLY_ARRAY || state->n != 4) {
        return;
    }
    cJSON *pressure = state->items[3].type == REPLY_STRING
                          ? cJSON_ParseWithLength(state->items[3].str, state->items[3].len)
                          : NULL;
    t->lag_ms = to_number(&state->items[0]);
    t->stale = to_number(&state->items[1]) > 0;
    t->active = to_number(&state->items[2]);
    text_in(pressure, "state", t->pressure, sizeof t->pressure);
    cJSON_Delete(pressure);
}

static int faster_first(const void *a, const void *b)
{
    const struct top_ticker *x = a, *y = b;
    int slower = (x->rate < y->rate) - (x->rate > y->rate);
    return slower != 0 ? slower : strcmp(x->name, y->name);
}

static bool read_tickers(struct top_sample *s, struct redis *redis, const struct keys *keys,
                         struct err *err)
{
    const struct reply *r;
    size_t n;
    for (size_t i = 0; i < s->n_tickers; i++) {
        char state[KEY_MAX], metrics[KEY_MAX];
        key_state(keys, state, s->tickers[i].name);
        key_metrics(keys, metrics, s->tickers[i].name, "10s");
        if (!redis_queuef(redis, err, "HMGET %s feed_lag_ms stale active_total pressure", state) ||
            !redis_queuef(redis, err, "HGET %s " REPORT_MORE, metrics)) {
            return false;
        }
    }
    if (!redis_exec(redis, &r, &n, err)) {
        return false;
    }
    for (size_t i = 0; 2 * i + 1 < n; i++) {
        take_ticker(&s->tickers[i], &r[2 * i], &r[2 * i + 1]);
        utf8_tame(s->tickers[i].name);
    }
    qsort(s->tickers, s->n_tickers, sizeof s->tickers[0], faster_first);
    return true;
}

bool top_read(struct top_sample *out, struct redis *redis, const struct keys *keys, struct err *err)
{
    memset(out, 0, sizeof *out);
    return read_engine(out, redis, keys, err) && find_tickers(out, redis, keys, err) &&
           read_tickers(out, redis, keys, err);
}
