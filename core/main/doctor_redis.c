/* SPDX-License-Identifier: MIT */
#include "clock.h"
#include "doctor.h"
#include "live_setup.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLOCK_WARN_MS = 1000 };

/* "key:value" of INFO. */
static void take_info(const struct reply *r, const char *key, char *out, size_t n)
{
    char begin[64];
    (void)snprintf(begin, sizeof begin, "\n%s:", key);
    const char *at = r->type == REPLY_STRING ? strstr(r->str, begin) : NULL;
    out[0] = '\0';
    if (at != NULL) {
        at += strlen(begin);
        (void)snprintf(out, n, "%.*s", (int)strcspn(at, "\r\n"), at);
    }
}

static bool check_server(struct doctor *d, struct redis *r, const char *url)
{
    struct err err = { 0 };
    const struct reply *reply;
    char version[32];
    if (!redis_call(r, &reply, &err, "PING")) {
        bool answers = err.code == ERR_REMOTE;
        doctor_say(d, "redis", VERDICT_BROKEN,
                   answers ? "see what it wants; a password stands in REDIS_PASSWORD, a user in "
                             "[redis] username"
                           : "start Redis there, or say where it is: [redis], REDIS_HOST, --redis "
                             "URL",
                   "%s", err.text);
        return false;
    }
    if (!redis_call(r, &reply, &err, "INFO server")) {
        doctor_say(d, "redis", VERDICT_WARN, NULL, "%s answers, but does not tell its version: %s",
                   url, err.text);
        return true;
    }
    take_info(reply, "redis_version", version, sizeof version);
    doctor_say(d, "redis", VERDICT_GOOD, NULL, "%s answers, version %s", url,
               version[0] != '\0' ? version : "unknown");
    return true;
}

static void check_memory(struct doctor *d, struct redis *r)
{
    struct err err = { 0 };
    const struct reply *reply;
    char policy[48], most[32];
    if (!redis_call(r, &reply, &err, "INFO memory")) {
        doctor_say(d, "redis memory", VERDICT_WARN, NULL, "not told: %s", err.text);
        return;
    }
    take_info(reply, "maxmemory_policy", policy, sizeof policy);
    take_info(reply, "maxmemory", most, sizeof most);
    bool evicts = strcmp(policy, "noeviction") != 0 && strcmp(most, "0") != 0;
    doctor_say(d, "redis memory", evicts ? VERDICT_WARN : VERDICT_GOOD,
               evicts
                   ? "redis-cli CONFIG SET maxmemory-policy noeviction, with memory enough: what "
                     "is evicted is a hole in the quotes"
                   : NULL,
               "maxmemory %s, policy %s", strcmp(most, "0") == 0 ? "unlimited" : most, policy);
}

static void check_clock(struct doctor *d, struct redis *r)
{
    struct err err = { 0 };
    const struct reply *reply;
    if (!redis_call(r, &reply, &err, "TIME") || reply->type != REPLY_ARRAY || reply->n != 2) {
        doctor_say(d, "clock", VERDICT_WARN, NULL, "Redis does not tell its time: %s", err.text);
        return;
    }
    int64_t theirs_ms = strtoll(reply->items[0].str, NULL, 10) * 1000 +
                        strtoll(reply->items[1].str, NULL, 10) / 1000;
    int64_t off_ms = clock_now().wall_ns / NS_PER_MS - theirs_ms;
    int64_t size_ms = off_ms < 0 ? -off_ms : off_ms;
    enum verdict v = size_ms > d->p->settings.engine_stale_ms ? VERDICT_BROKEN
                     : size_ms > CLOCK_WARN_MS                ? VERDICT_WARN
                                                              : VERDICT_GOOD;
    doctor_say(d, "clock", v,
               v == VERDICT_GOOD ? NULL : "run NTP on both machines: ages are told by the clock",
               "ours and that of Redis are %" PRId64 " ms apart", size_ms);
}

static void say_holder(struct doctor *d, const struct reply *lease)
{
    cJSON *json = cJSON_ParseWithLength(lease->str, lease->len);
    const cJSON *pid = cJSON_GetObjectItemCaseSensitive(json, "pid");
    const char *hash = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "hash"));
    const char *path = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "config"));
    char ours[24];
    (void)snprintf(ours, sizeof ours, "%016" PRIx64, d->p->settings.hash);
    if (!cJSON_IsNumber(pid) || hash == NULL || path == NULL) {
        doctor_say(d, "engine", VERDICT_BROKEN,
                   "redis-cli DEL the key, if nothing of yours made it",
                   "the lease is held by what is no engine of ours");
    } else if (strcmp(hash, ours) != 0) {
        doctor_say(d, "engine", VERDICT_WARN,
                   "restart it, or give both the same settings: answers follow the engine's",
                   "pid %d serves with other settings (%s)", pid->valueint,
                   path[0] != '\0' ? path : "no file");
    } else {
        doctor_say(d, "engine", VERDICT_GOOD, NULL, "pid %d serves with these settings",
                   pid->valueint);
    }
    cJSON_Delete(json);
}

/* How the engine that serves gets its quotes. */
static void check_mode(struct doctor *d, struct redis *r, const struct keys *keys)
{
    const struct reply *reply;
    char key[KEY_MAX];
    key_status(keys, key);
    if (!redis_call(r, &reply, NULL, "HMGET %s trigger source event_bell", key) ||
        reply->type != REPLY_ARRAY || reply->n != 3 || reply->items[0].type != REPLY_STRING ||
        reply->items[1].type != REPLY_STRING || reply->items[2].type != REPLY_STRING) {
        return;
    }
    bool deaf = strcmp(reply->items[0].str, "event") == 0 && *reply->items[2].str != '1';
    doctor_say(d, "engine's mode", deaf ? VERDICT_WARN : VERDICT_GOOD,
               deaf ? "let its Redis user PSUBSCRIBE and XREAD: until then it looks for quotes now "
                      "and then"
                    : NULL,
               "trigger %s, source %s%s", reply->items[0].str, reply->items[1].str,
               deaf ? ", but it cannot listen" : "");
}

/* What the engine that serves says of its journal; "ok", or what went wrong. */
static void check_journal(struct doctor *d, struct redis *r, const struct keys *keys)
{
    const struct reply *reply;
    char key[KEY_MAX];
    key_status(keys, key);
    if (redis_call(r, &reply, NULL, "HGET %s journal", key) && reply->type == REPLY_STRING &&
        strcmp(reply->str, "ok") != 0) {
        doctor_say(d, "engine's journal", VERDICT_BROKEN,
                   "make room there, or let the engine's user write; it tries again every 5 s",
                   "%s", reply->str);
    }
}

static void check_lease(struct doctor *d, struct redis *r)
{
    struct err err = { 0 };
    const struct reply *reply;
    struct keys keys;
    char key[KEY_MAX];
    keys_from(&d->p->settings, &keys);
    key_engine(&keys, key);
    if (!redis_call(r, &reply, &err, "GET %s", key)) {
        doctor_say(d, "engine", VERDICT_BROKEN, "look at who writes that key, and its rights",
                   "%s: %s", key, err.text);
    } else if (reply->type == REPLY_STRING) {
        say_holder(d, reply);
        check_mode(d, r, &keys);
        check_journal(d, r, &keys);
    } else {
        doctor_say(d, "engine", VERDICT_GOOD, NULL,
                   "none serves now; `orderflow mcp` and `orderflow analyze` start one");
    }
}

void doctor_redis(struct doctor *d)
{
    struct err err = { 0 };
    struct redis_config rc;
    char url[300];
    if (!redis_config_from(&d->p->settings, &rc, &err)) {
        doctor_say(d, "redis", VERDICT_BROKEN, "mend [redis] url", "%s", err.text);
        return;
    }
    redis_print_url(&rc, url, sizeof url);
    struct redis *r = redis_create(&rc);
    if (r != NULL && check_server(d, r, url)) {
        check_memory(d, r);
        check_clock(d, r);
        check_lease(d, r);
        doctor_quotes(d, r);
    }
    redis_destroy(r);
}
