/* SPDX-License-Identifier: MIT */
#include "clock.h"
#include "doctor.h"
#include "firehose_read.h"
#include "live_setup.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS_MAX = 200, PER_ROUND = 1000, LOOKED_AT_MAX = 200 };

/* What the quotes' keys are like. */
struct found {
    size_t keys, looked_at, endless, strange;
    int64_t least_ttl_ms, newest_ms;
    char endless_key[KEY_MAX], strange_key[KEY_MAX];
};

static void look_at(struct found *f, struct redis *r, const char *key)
{
    const struct reply *replies;
    size_t n;
    f->looked_at++;
    if (!redis_queuef(r, NULL, "PTTL %s", key) ||
        !redis_queuef(r, NULL, "ZRANGE %s -1 -1 WITHSCORES", key) ||
        !redis_exec(r, &replies, &n, NULL) || n != 2) {
        return;
    }
    int64_t ttl_ms = replies[0].type == REPLY_INT ? replies[0].integer : -2;
    if (replies[1].type == REPLY_ERROR) {
        f->strange++;
        (void)snprintf(f->strange_key, sizeof f->strange_key, "%s", key);
        return;
    }
    if (ttl_ms == -1) {
        f->endless++;
        (void)snprintf(f->endless_key, sizeof f->endless_key, "%s", key);
    } else if (ttl_ms >= 0 && (f->least_ttl_ms < 0 || ttl_ms < f->least_ttl_ms)) {
        f->least_ttl_ms = ttl_ms;
    }
    if (replies[1].type == REPLY_ARRAY && replies[1].n == 2) {
        int64_t ms = (int64_t)strtod(replies[1].items[1].str, NULL);
        f->newest_ms = ms > f->newest_ms ? ms : f->newest_ms;
    }
}

/* One round of SCAN; cursor "0" at the end. The keys are copied: looking at one ends the reply. */
static bool scan_round(struct found *f, struct redis *r, const char *pattern, char cursor[32],
                       struct err *err)
{
    const struct reply *reply;
    char keys[LOOKED_AT_MAX][KEY_MAX];
    size_t n = 0;
    if (!redis_call(r, &reply, err, "SCAN %s MATCH %s COUNT %d", cursor, pattern, PER_ROUND)) {
        return false;
    }
    if (reply->type != REPLY_ARRAY || reply->n != 2 || reply->items[0].type != REPLY_STRING ||
        reply->items[1].type != REPLY_ARRAY) {
        return err_set(err, ERR_PROTOCOL, "SCAN answers something else");
    }
    (void)snprintf(cursor, 32, "%s", reply->items[0].str);
    f->keys += reply->items[1].n;
    for (size_t i = 0; i < reply->items[1].n && f->looked_at + n < LOOKED_AT_MAX; i++) {
        (void)snprintf(keys[n++], KEY_MAX, "%s", reply->items[1].items[i].str);
    }
    for (size_t i = 0; i < n; i++) {
        look_at(f, r, keys[i]);
    }
    return true;
}

static void say_ttl(struct doctor *d, const struct found *f)
{
    if (f->strange > 0) {
        doctor_say(d, "quotes' keys", VERDICT_BROKEN, "redis-cli DEL it: quotes are a sorted set",
                   "%s is of another type", f->strange_key);
    } else if (f->endless > 0) {
        doctor_say(d, "quotes' TTL", VERDICT_WARN,
                   "let the broker set one (3600 s): without it Redis fills up",
                   "%zu of %zu keys never expire, as %s", f->endless, f->looked_at, f->endless_key);
    } else {
        doctor_say(d, "quotes' TTL", VERDICT_GOOD, NULL, "the first expires in %" PRId64 " s",
                   f->least_ttl_ms / 1000);
    }
}

static void say_age(struct doctor *d, const struct found *f)
{
    int64_t age_ms = clock_now().wall_ns / NS_PER_MS - f->newest_ms;
    bool old = age_ms > d->p->settings.engine_stale_ms;
    bool early = age_ms < -d->p->settings.engine_stale_ms;
    doctor_say(d, "quotes", old || early ? VERDICT_WARN : VERDICT_GOOD,
               old     ? "look at the broker; outside trading hours this is as it should be"
               : early ? "look at the broker's clock"
                       : NULL,
               "%zu tickers, the newest quote is %" PRId64 " ms %s", f->keys,
               age_ms < 0 ? -age_ms : age_ms, age_ms < 0 ? "ahead of our clock" : "old");
}

static bool may_read(struct redis *r, const char *key, struct err *err)
{
    const struct reply *reply;
    return redis_call(r, &reply, err, "XREAD COUNT 1 STREAMS %s $", key) ||
           err_wrap(err, "reading the firehose");
}

/* The id of an entry is the time at which Redis got it. */
static void look_at_firehose(struct doctor *d, struct redis *r, const struct keys *keys)
{
    static const char what[] = "firehose";
    struct stream_id oldest, newest;
    struct err err = { 0 };
    char key[KEY_MAX];
    key_firehose(keys, key, d->p->settings.feed_firehose);
    if (!firehose_ends(r, key, &oldest, &newest, &err) || !may_read(r, key, &err)) {
        bool strange = strstr(err.text, "WRONGTYPE") != NULL;
        doctor_say(d, what, VERDICT_BROKEN,
                   strange ? "name another [feed] firehose, or redis-cli DEL this: it is a stream"
                           : "let this user XRANGE, XREVRANGE and XREAD it",
                   "%s: %s", key, err.text);
    } else if (newest.ms == 0) {
        doctor_say(d, what, VERDICT_WARN, "start the broker, or `orderflow replay --to firehose`",
                   "none: no entry in %s", key);
    } else {
        int64_t age_ms = clock_now().wall_ns / NS_PER_MS - (int64_t)newest.ms;
        bool old = age_ms > d->p->settings.engine_stale_ms;
        doctor_say(d, what, old ? VERDICT_WARN : VERDICT_GOOD,
                   old ? "look at the broker; outside trading hours this is as it should be" : NULL,
                   "%s, the newest entry came %" PRId64 " ms ago", key, age_ms);
    }
}

void doctor_quotes(struct doctor *d, struct redis *r)
{
    struct err err = { 0 };
    struct found f = { .least_ttl_ms = -1 };
    struct keys keys;
    char pattern[KEY_MAX], cursor[32] = "0";
    keys_from(&d->p->settings, &keys);
    if (keys.firehose) {
        look_at_firehose(d, r, &keys);
        return;
    }
    key_quotes(&keys, pattern, "*");
    for (int i = 0; i < ROUNDS_MAX && (i == 0 || strcmp(cursor, "0") != 0); i++) {
        if (!scan_round(&f, r, pattern, cursor, &err)) {
            doctor_say(d, "quotes", VERDICT_BROKEN, "let this user SCAN and read these keys",
                       "%s: %s", pattern, err.text);
            return;
        }
    }
    if (f.keys == 0) {
        doctor_say(d, "quotes", VERDICT_WARN,
                   "start the broker, or `orderflow replay`; [results] prefix names the keys",
                   "none: no key is like %s", pattern);
        return;
    }
    say_age(d, &f);
    say_ttl(d, &f);
}
