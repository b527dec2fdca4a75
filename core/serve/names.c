/* SPDX-License-Identifier: MIT */
#include "names.h"

#include "clock.h"
#include "json.h"
#include "query_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES_MAX = 100000 };

void names_fini(struct names *n)
{
    free(n->items);
    *n = (struct names){ 0 };
}

/* Capacities are powers of two, so n alone tells when to grow. */
static bool add(struct names *names, const char *text, struct err *err)
{
    size_t n = names->n;
    if ((n & (n - 1)) == 0) {
        void *more = n < NAMES_MAX
                         ? realloc(names->items, (n == 0 ? 1 : n * 2) * sizeof names->items[0])
                         : NULL;
        if (more == NULL) {
            return err_set(err, ERR_MEMORY, "too many names");
        }
        names->items = more;
    }
    (void)snprintf(names->items[names->n++], sizeof names->items[0], "%s", text);
    return true;
}

static int in_order(const void *x, const void *y)
{
    return strcmp(x, y);
}

static void sort(struct names *names)
{
    size_t kept = 0;
    if (names->n > 0) {
        qsort(names->items, names->n, sizeof names->items[0], in_order);
    }
    for (size_t i = 0; i < names->n; i++) {
        if (kept == 0 || strcmp(names->items[kept - 1], names->items[i]) != 0) {
            memmove(names->items[kept++], names->items[i], sizeof names->items[0]);
        }
    }
    names->n = kept;
}

static bool take_keys(const struct query *q, const struct reply *found, struct names *out,
                      struct err *err)
{
    for (size_t i = 0; i < found->n; i++) {
        const struct reply *key = &found->items[i];
        char ticker[TICKER_MAX];
        if (key->type == REPLY_STRING &&
            key_known_ticker(&q->cfg->keys, key->str, key->len, ticker, sizeof ticker) &&
            ticker_valid(ticker) && !add(out, ticker, err)) {
            return false;
        }
    }
    return true;
}

bool query_tickers(struct query *q, struct names *out, struct err *err)
{
    struct mono deadline = mono_after_ms(clock_mono(), q->cfg->redis.timeout_ms);
    char pattern[KEY_MAX], cursor[32] = "0";
    key_known(&q->cfg->keys, pattern, "*");
    do {
        const struct reply *r;
        if (!redis_call(q->redis, &r, err, "SCAN %s MATCH %s COUNT 1000", cursor, pattern)) {
            return query_name_url(q, err);
        }
        if (r->type != REPLY_ARRAY || r->n != 2 || r->items[0].type != REPLY_STRING ||
            r->items[1].type != REPLY_ARRAY) {
            return err_set(err, ERR_PROTOCOL, "SCAN: unexpected reply");
        }
        if (!take_keys(q, &r->items[1], out, err)) {
            return false;
        }
        (void)snprintf(cursor, sizeof cursor, "%s", r->items[0].str);
    } while (strcmp(cursor, "0") != 0 && mono_ms_until(clock_mono(), deadline) > 0);
    sort(out);
    return true;
}

static bool is_refused(const struct reply *text)
{
    struct json j = { .max_values = 4096 };
    bool refused = json_parse(&j, text->str, text->len) == JSON_FINE &&
                   json_equals(&j, json_get(&j, j.v, "state"), "refused");
    json_fini(&j);
    return refused;
}

bool query_detector_names(struct query *q, struct names *out, struct err *err)
{
    char key[KEY_MAX];
    const struct reply *r;
    key_detectors(&q->cfg->keys, key);
    if (!redis_call(q->redis, &r, err, "HGETALL %s", key)) {
        return query_name_url(q, err);
    }
    for (size_t i = 0; r->type == REPLY_ARRAY && i + 1 < r->n; i += 2) {
        if (!is_refused(&r->items[i + 1]) && !add(out, r->items[i].str, err)) {
            return false;
        }
    }
    sort(out);
    return true;
}
