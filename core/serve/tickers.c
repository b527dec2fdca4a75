/* SPDX-License-Identifier: MIT */
#include "tickers.h"

#include "clock.h"
#include "query_internal.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { PER_TRIP = 256, LIST_MAX = 4096 };

/* ---- which ones ---- */

static bool names_add(struct names *names, const char *text, struct err *err)
{
    size_t n = names->n;
    if ((n & (n - 1)) == 0) {
        void *more = realloc(names->items, (n == 0 ? 1 : n * 2) * sizeof names->items[0]);
        if (more == NULL) {
            return err_set(err, ERR_MEMORY, "out of memory");
        }
        names->items = more;
    }
    (void)snprintf(names->items[names->n++], sizeof names->items[0], "%s", text);
    return true;
}

static bool has_name(const struct names *names, const char *text)
{
    for (size_t i = 0; i < names->n; i++) {
        if (strcmp(names->items[i], text) == 0) {
            return true;
        }
    }
    return false;
}

/* Tickers there are, and which of them are taken already. */
struct known {
    struct names names;
    bool *taken; /* owned */
};

static bool is_glob(const char *text)
{
    return strpbrk(text, "*?[") != NULL;
}

static void to_lower(char *out, size_t cap, const char *text)
{
    size_t i = 0;
    for (; text[i] != '\0' && i + 1 < cap; i++) {
        out[i] = (char)tolower((unsigned char)text[i]);
    }
    out[i] = '\0';
}

/* All of `known` that the word means: exactly first, then whatever the case. */
static bool add_matching(struct known *known, const char *word, struct names *out,
                         size_t *found_out, struct err *err)
{
    const struct names *all = &known->names;
    char wanted[TICKER_MAX * 2], name[sizeof all->items[0]];
    bool exact = has_name(all, word);
    *found_out = 0;
    to_lower(wanted, sizeof wanted, word);
    for (size_t i = 0; i < all->n; i++) {
        to_lower(name, sizeof name, all->items[i]);
        bool hit = exact ? strcmp(all->items[i], word) == 0 : glob_match(wanted, name);
        *found_out += hit;
        if (hit && !known->taken[i] && !names_add(out, all->items[i], err)) {
            return false;
        }
        known->taken[i] = known->taken[i] || hit;
    }
    return true;
}

static void note_missing(char missing[200], const char *word)
{
    size_t n = strlen(missing);
    (void)snprintf(missing + n, 200 - n, "%s%s", n > 0 ? ", " : "", word);
}

static bool take_word(struct known *known, const char *word, struct names *out, char missing[200],
                      struct err *err)
{
    size_t found;
    bool glob = is_glob(word);
    if (strlen(word) >= TICKER_MAX || (!glob && !ticker_valid(word))) {
        return err_set(err, ERR_INVALID,
                       "\"%.40s\" is neither a ticker nor a glob: give names such as SPY,QQQ or a "
                       "glob such as * or X*",
                       word);
    }
    if (!add_matching(known, word, out, &found, err)) {
        return false;
    }
    if (found == 0 && !glob) {
        note_missing(missing, word);
    }
    return true;
}

bool tickers_resolve(struct query *q, const char *list, struct names *out, char missing[200],
                     struct err *err)
{
    struct known known = { .taken = NULL };
    char copy[LIST_MAX], *rest = NULL;
    missing[0] = '\0';
    if (strlen(list) >= sizeof copy) {
        return err_set(err, ERR_INVALID, "tickers: at most %d characters", LIST_MAX - 1);
    }
    memcpy(copy, list, strlen(list) + 1);
    bool ok = query_tickers(q, &known.names, err);
    known.taken = calloc(known.names.n + 1, sizeof *known.taken);
    ok = ok && (known.taken != NULL || err_set(err, ERR_MEMORY, "out of memory"));
    bool any = false;
    for (char *word = strtok_r(copy, ", ", &rest); ok && word != NULL;
         word = strtok_r(NULL, ", ", &rest)) {
        any = true;
        ok = take_word(&known, word, out, missing, err);
    }
    names_fini(&known.names);
    free(known.taken);
    return ok && (any || err_set(err, ERR_INVALID,
                                 "tickers is empty: give names such as SPY,QQQ "
                                 "or a glob such as *"));
}

/* ---- what is stored of them ---- */

static bool queue(struct query *q, const char *ticker, struct err *err)
{
    char state[KEY_MAX], quotes[KEY_MAX];
    key_state(&q->cfg->keys, state, ticker);
    key_quotes(&q->cfg->keys, quotes, ticker);
    return redis_queuef(q->redis, err, "HGETALL %s", state) &&
           redis_queuef(q->redis, err, "ZREVRANGE %s 0 1", quotes);
}

static void fill(struct answer *a, const char *ticker, const struct reply *state,
                 const struct reply *newest)
{
    struct err why = { 0 };
    (void)snprintf(a->ticker, sizeof a->ticker, "%.*s", TICKER_MAX - 1, ticker);
    a->note[0] = '\0';
    report_init(&a->report);
    if (!query_read_state(state, &a->report, &why)) {
        report_init(&a->report);
        (void)snprintf(a->note, sizeof a->note, "unreadable: %.180s", why.text);
    }
    query_read_newest(newest, a);
}

static bool trip(struct query *q, const struct names *names, size_t from, size_t to,
                 struct answer *a, tickers_each_fn *each, void *ctx, struct err *err)
{
    const struct reply *r;
    size_t n;
    char lease[KEY_MAX];
    key_engine(&q->cfg->keys, lease);
    bool ok = redis_queuef(q->redis, err, "GET %s", lease);
    for (size_t i = from; ok && i < to; i++) {
        ok = queue(q, names->items[i], err);
    }
    if (!ok || !redis_exec(q->redis, &r, &n, err)) {
        return false;
    }
    if (n != 1 + 2 * (to - from)) {
        return err_set(err, ERR_PROTOCOL, "%zu replies", n);
    }
    a->now_ns = clock_now().wall_ns;
    query_read_lease(&r[0], a);
    for (size_t i = from; i < to; i++) {
        fill(a, names->items[i], &r[1 + 2 * (i - from)], &r[2 + 2 * (i - from)]);
        each(ctx, a);
    }
    return true;
}

bool tickers_each(struct query *q, const struct names *names, tickers_each_fn *each, void *ctx,
                  struct err *err)
{
    struct answer *a = calloc(1, sizeof *a);
    bool ok = a != NULL || err_set(err, ERR_MEMORY, "out of memory");
    for (size_t from = 0; ok && from < names->n; from += PER_TRIP) {
        size_t to = names->n - from < PER_TRIP ? names->n : from + PER_TRIP;
        ok = trip(q, names, from, to, a, each, ctx, err) || query_name_url(q, err);
    }
    free(a);
    return ok;
}

/* ---- the engine ---- */

bool tickers_engine(struct query *q, enum engine_view *engine_out, bool *started_out,
                    char note[200], struct err *err)
{
    const struct reply *r;
    char lease[KEY_MAX];
    struct err why = { 0 };
    key_engine(&q->cfg->keys, lease);
    *started_out = false;
    note[0] = '\0';
    if (!redis_call(q->redis, &r, err, "GET %s", lease)) {
        return query_name_url(q, err);
    }
    *engine_out = r->type == REPLY_STRING ? ENGINE_SERVING : ENGINE_ABSENT;
    if (*engine_out == ENGINE_SERVING || q->cfg->ensure_engine == NULL) {
        return true;
    }
    if (q->cfg->ensure_engine(q->cfg->ensure_ctx, &why)) {
        *started_out = true;
    } else {
        *engine_out = ENGINE_UNREACHABLE;
        (void)snprintf(note, 200, "no engine could be started: %.160s", why.text);
    }
    return true;
}
