/* SPDX-License-Identifier: MIT */
#include "served.h"

#include "live_setup.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *text_of(const cJSON *object, const char *key)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
    return text != NULL ? text : "";
}

static long long number_of(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    return cJSON_IsNumber(item) && item->valuedouble >= 0 && item->valuedouble < 9e15
               ? (long long)item->valuedouble
               : 0;
}

static void take(struct served *out, const struct reply *field, const struct reply *text)
{
    cJSON *json = cJSON_ParseWithLength(text->str, text->len);
    struct served_detector *d = &out->items[out->n];
    if (json != NULL && field->len < sizeof d->id) {
        *d = (struct served_detector){
            .strikes = number_of(json, "strikes"),
            .restarts = number_of(json, "restarts"),
        };
        memcpy(d->id, field->str, field->len);
        (void)snprintf(d->path, sizeof d->path, "%s", text_of(json, "path"));
        (void)snprintf(d->state, sizeof d->state, "%s", text_of(json, "state"));
        (void)snprintf(d->reason, sizeof d->reason, "%s", text_of(json, "reason"));
        (void)snprintf(d->note, sizeof d->note, "%s", text_of(json, "note"));
        out->n++;
    }
    cJSON_Delete(json);
}

static bool says(const struct reply *r, struct err *why)
{
    return r->type != REPLY_ERROR || err_set(why, ERR_REMOTE, "%s", r->str);
}

void served_read(struct served *out, const struct settings *s)
{
    struct redis_config rc;
    struct keys keys;
    const struct reply *replies;
    size_t n = 0;
    char lease[KEY_MAX], detectors[KEY_MAX];
    *out = (struct served){ 0 };
    keys_from(s, &keys);
    key_engine(&keys, lease);
    key_detectors(&keys, detectors);
    struct err *why = &out->trouble;
    if (!redis_config_from(s, &rc, why)) {
        return;
    }
    struct redis *r = redis_create(&rc);
    if (r == NULL) {
        (void)err_set(why, ERR_MEMORY, "out of memory");
    } else if (redis_queuef(r, why, "GET %s", lease) &&
               redis_queuef(r, why, "HGETALL %s", detectors) && redis_exec(r, &replies, &n, why) &&
               n == 2 && says(&replies[0], why) && says(&replies[1], why) &&
               replies[1].type == REPLY_ARRAY) {
        out->any = replies[0].type == REPLY_STRING;
        out->items = calloc(replies[1].n / 2 + 1, sizeof *out->items);
        for (size_t i = 0; out->any && out->items != NULL && i + 1 < replies[1].n; i += 2) {
            take(out, &replies[1].items[i], &replies[1].items[i + 1]);
        }
    }
    redis_destroy(r);
}

void served_fini(struct served *s)
{
    free(s->items);
    *s = (struct served){ 0 };
}

const struct served_detector *served_find(const struct served *s, const char *id)
{
    for (size_t i = 0; i < s->n; i++) {
        if (strcmp(s->items[i].id, id) == 0) {
            return &s->items[i];
        }
    }
    return NULL;
}
