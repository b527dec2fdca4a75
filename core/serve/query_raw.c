/* SPDX-License-Identifier: MIT */
/* What is stored, handed on as JSON. */
#include "find.h"
#include "json.h"
#include "query_internal.h"

#include "clock.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { PATTERNS_SHOWN = 100 };

static bool is_json(const struct reply *r)
{
    struct json j = { .max_values = 4096 };
    bool ok = r->type == REPLY_STRING && json_parse(&j, r->str, r->len) == JSON_FINE &&
              json_is(j.v, JSON_OBJECT);
    json_fini(&j);
    return ok;
}

static bool is_number(const char *text, size_t n)
{
    struct json j = { .max_values = 4 };
    bool ok = n > 0 && json_parse(&j, text, n) == JSON_FINE && json_is(j.v, JSON_NUMBER);
    json_fini(&j);
    return ok;
}

static void put_pairs(const struct reply *r, struct buf *out)
{
    buf_putc(out, '{');
    for (size_t i = 0; r->type == REPLY_ARRAY && i + 1 < r->n; i += 2) {
        const struct reply *text = &r->items[i + 1];
        buf_puts(out, i > 0 ? "," : "");
        buf_json(out, r->items[i].str, r->items[i].len);
        buf_putc(out, ':');
        if (is_number(text->str, text->len)) {
            buf_add(out, text->str, text->len);
        } else {
            buf_json(out, text->str, text->len);
        }
    }
    buf_putc(out, '}');
}

static bool find(struct query *q, const char *ticker, struct answer *a, struct err *err)
{
    char key[KEY_MAX];
    const struct reply *r;
    memcpy(a->ticker, ticker, strlen(ticker) + 1);
    key_known(&q->cfg->keys, key, ticker);
    if (!redis_call(q->redis, &r, err, "EXISTS %s", key)) {
        return false;
    }
    a->found = r->type == REPLY_INT && r->integer == 1;
    return a->found ||
           find_ticker(q->redis, &q->cfg->keys, q->cfg->redis.timeout_ms, a, &a->found, err);
}

bool query_patterns_json(struct query *q, const char *ticker, struct buf *out, bool *found_out,
                         struct err *err)
{
    struct answer a = { .found = false };
    const struct reply *r;
    char key[KEY_MAX];
    bool ok = find(q, ticker, &a, err);
    *found_out = ok && a.found;
    if (!*found_out) {
        return ok || query_name_url(q, err);
    }
    key_patterns(&q->cfg->keys, key, a.ticker);
    if (!redis_queuef(q->redis, err, "ZCARD %s", key) ||
        !redis_queuef(q->redis, err, "ZREVRANGE %s 0 %d", key, PATTERNS_SHOWN - 1) ||
        !query_exec(q, 2, &r, err)) {
        return query_name_url(q, err);
    }
    buf_puts(out, "{\"ticker\":");
    buf_json(out, a.ticker, strlen(a.ticker));
    buf_printf(out, ",\"timestamp_ms\":%" PRId64 ",\"stored\":%" PRId64 ",\"patterns\":[",
               clock_now().wall_ns / NS_PER_MS, r[0].type == REPLY_INT ? r[0].integer : 0);
    int n = 0;
    for (size_t i = 0; r[1].type == REPLY_ARRAY && i < r[1].n; i++) {
        if (is_json(&r[1].items[i])) {
            buf_puts(out, n++ > 0 ? "," : "");
            buf_add(out, r[1].items[i].str, r[1].items[i].len);
        }
    }
    buf_puts(out, "]}");
    return true;
}

static int by_name(const void *x, const void *y)
{
    const struct reply *const *a = x, *const *b = y;
    return strcmp((*a)->str, (*b)->str);
}

const struct reply **query_sorted(const struct reply *hash, size_t *n_out, struct err *err)
{
    size_t n = hash->type == REPLY_ARRAY ? hash->n / 2 : 0;
    const struct reply **names = calloc(n + 1, sizeof(const struct reply *));
    *n_out = n;
    if (names == NULL) {
        (void)err_set(err, ERR_MEMORY, "out of memory");
        return NULL;
    }
    for (size_t i = 0; i < n; i++) {
        names[i] = &hash->items[2 * i];
    }
    qsort(names, n, sizeof(const struct reply *), by_name);
    return names;
}

static bool put_detectors(const struct reply *r, struct buf *out, struct err *err)
{
    size_t n;
    const struct reply **names = query_sorted(r, &n, err);
    if (names == NULL) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        const struct reply *text = names[i] + 1;
        buf_puts(out, i > 0 ? "," : "");
        if (is_json(text)) {
            buf_add(out, text->str, text->len);
        } else {
            buf_puts(out, "{\"id\":");
            buf_json(out, names[i]->str, names[i]->len);
            buf_puts(out, ",\"state\":");
            buf_json(out, text->str, text->len);
            buf_putc(out, '}');
        }
    }
    free(names);
    return true;
}

bool query_detectors_json(struct query *q, struct buf *out, struct err *err)
{
    char lease[KEY_MAX], detectors[KEY_MAX];
    const struct reply *r;
    key_engine(&q->cfg->keys, lease);
    key_detectors(&q->cfg->keys, detectors);
    if (!redis_queuef(q->redis, err, "GET %s", lease) ||
        !redis_queuef(q->redis, err, "HGETALL %s", detectors) || !query_exec(q, 2, &r, err)) {
        return query_name_url(q, err);
    }
    buf_printf(out, "{\"serving\":%s,\"detectors\":[",
               r[0].type == REPLY_STRING ? "true" : "false");
    bool ok = put_detectors(&r[1], out, err);
    buf_puts(out, "]}");
    return ok;
}

bool query_status_json(struct query *q, struct buf *out, struct err *err)
{
    char lease[KEY_MAX], status[KEY_MAX];
    const struct reply *r;
    key_engine(&q->cfg->keys, lease);
    key_status(&q->cfg->keys, status);
    if (!redis_queuef(q->redis, err, "GET %s", lease) ||
        !redis_queuef(q->redis, err, "HGETALL %s", status) || !query_exec(q, 2, &r, err)) {
        return query_name_url(q, err);
    }
    bool serving = r[0].type == REPLY_STRING;
    buf_printf(out, "{\"serving\":%s,\"engine\":", serving ? "true" : "false");
    if (serving && is_json(&r[0])) {
        buf_add(out, r[0].str, r[0].len);
    } else {
        buf_puts(out, "null");
    }
    buf_puts(out, ",\"counters\":");
    put_pairs(&r[1], out);
    buf_putc(out, '}');
    return true;
}
