/* SPDX-License-Identifier: MIT */
#include "episodes.h"

#include "clock.h"
#include "decimal.h"
#include "orderflow/detector.h"
#include "query_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PER_TRIP = 64, NEWEST_LOOKED_AT = 256 };

void episodes_fini(struct episodes *e)
{
    free(e->items);
    *e = (struct episodes){ 0 };
}

/* ---- cursors ---- */

void cursor_print(const struct cursor *c, char out[CURSOR_MAX])
{
    (void)snprintf(out, CURSOR_MAX, "%" PRIx64 "%s%s", (uint64_t)c->sequence,
                   c->id[0] != '\0' ? "-" : "", c->id);
}

bool cursor_parse(const char *text, struct cursor *out, struct err *err)
{
    static const char hex[] = "0123456789abcdef";
    size_t n = strspn(text, hex), id_n = text[n] == '-' ? strspn(text + n + 1, hex) : 0;
    *out = (struct cursor){ .sequence = 0 };
    if (n < 1 || n > 14 || (text[n] == '-' && id_n != EPISODE_ID_MAX - 1) ||
        text[n + (text[n] == '-') + id_n] != '\0') {
        return err_set(
            err, ERR_INVALID,
            "cursor \"%.40s\" is none: give the cursor of an earlier get_patterns answer "
            "as it is, or leave it out",
            text);
    }
    out->sequence = (int64_t)strtoll(text, NULL, 16);
    memcpy(out->id, text + n + (id_n > 0), id_n);
    return true;
}

static int compare_places(const struct cursor *a, const struct cursor *b)
{
    if (a->sequence != b->sequence) {
        return a->sequence < b->sequence ? -1 : 1;
    }
    /* "" is behind all ids of the write */
    if ((a->id[0] == '\0') != (b->id[0] == '\0')) {
        return a->id[0] == '\0' ? 1 : -1;
    }
    return strcmp(a->id, b->id);
}

/* ---- keeping the first `limit` of them in order ---- */

struct gather {
    struct query *q;
    const struct episode_filter *f;
    struct episodes *out;
    bool by_change;
    struct cursor after, upto; /* by_change: those in (after, upto] */
};

static bool comes_before(const struct gather *g, const struct found_episode *a,
                         const struct found_episode *b)
{
    if (g->by_change) {
        return compare_places(&a->at, &b->at) < 0;
    }
    const struct episode *x = &a->p.e, *y = &b->p.e;
    return x->last_ns != y->last_ns ? x->last_ns > y->last_ns : strcmp(x->id, y->id) < 0;
}

static bool fits(const struct episode_filter *f, const struct episode *e, bool by_change)
{
    bool state = e->state == EPISODE_ACTIVE ? f->active : f->ended;
    return state && e->state != EPISODE_CANDIDATE && (f->side == 0 || f->side == e->side) &&
           (f->type[0] == '\0' || strcmp(f->type, e->kind) == 0) &&
           (by_change || e->last_ns >= f->from_ns);
}

static void keep(struct gather *g, const struct found_episode *one)
{
    struct episodes *e = g->out;
    size_t at = e->n;
    e->total++;
    while (at > 0 && comes_before(g, one, &e->items[at - 1])) {
        at--;
    }
    if (at == e->limit) {
        return;
    }
    size_t kept = e->n < e->limit ? e->n : e->limit - 1;
    memmove(&e->items[at + 1], &e->items[at], (kept - at) * sizeof *e->items);
    e->items[at] = *one;
    e->n = kept + 1;
}

static void offer(struct gather *g, const char *ticker, const struct cursor *at,
                  const struct reply *member)
{
    struct found_episode one = { .at = *at };
    if (member->type != REPLY_STRING ||
        !report_get_pattern(&one.p, member->str, member->len, NULL) ||
        !fits(g->f, &one.p.e, g->by_change)) {
        return;
    }
    (void)snprintf(one.ticker, sizeof one.ticker, "%.*s", TICKER_MAX - 1, ticker);
    keep(g, &one);
}

static bool begin(struct gather *g, size_t limit, struct err *err)
{
    *g->out =
        (struct episodes){ .items = calloc(limit + 1, sizeof *g->out->items), .limit = limit };
    return g->out->items != NULL || err_set(err, ERR_MEMORY, "out of memory");
}

static void print_epoch_s(char out[DECIMAL_MAX], int64_t ts_ns)
{
    int64_t ms = ts_ns > 0 ? ts_ns / NS_PER_MS : 0;
    (void)snprintf(out, DECIMAL_MAX, "%" PRId64 ".%03d", ms / 1000, (int)(ms % 1000));
}

static bool read_sequence(struct query *q, int64_t *out, struct err *err)
{
    const struct reply *r;
    char key[KEY_MAX];
    key_sequence(&q->cfg->keys, key);
    *out = 0;
    if (!redis_call(q->redis, &r, err, "GET %s", key)) {
        return query_name_url(q, err);
    }
    (void)!(r->type == REPLY_STRING && decimal_parse_i64(r->str, r->len, out, NULL));
    return true;
}

/* Sends what is queued for names [from, to); a reply that is an error counts as nothing. */
static bool exec(struct query *q, size_t want, const struct reply **r_out, struct err *err)
{
    size_t n;
    if (!redis_exec(q->redis, r_out, &n, err)) {
        return query_name_url(q, err);
    }
    return n == want || err_set(err, ERR_PROTOCOL, "%zu replies instead of %zu", n, want);
}

/* ---- the newest ---- */

static bool newest_trip(struct gather *g, const struct names *names, size_t from, size_t to,
                        struct err *err)
{
    const struct reply *r;
    char key[KEY_MAX], from_s[DECIMAL_MAX];
    print_epoch_s(from_s, g->f->from_ns);
    for (size_t i = from; i < to; i++) {
        key_patterns(&g->q->cfg->keys, key, names->items[i]);
        if (!redis_queuef(g->q->redis, err, "ZRANGEBYSCORE %s %s +inf", key, from_s)) {
            return false;
        }
    }
    if (!exec(g->q, to - from, &r, err)) {
        return false;
    }
    for (size_t i = from; i < to; i++) {
        const struct reply *members = &r[i - from];
        for (size_t k = 0; members->type == REPLY_ARRAY && k < members->n; k++) {
            offer(g, names->items[i], &(struct cursor){ .sequence = 0 }, &members->items[k]);
        }
    }
    return true;
}

bool episodes_newest(struct query *q, const struct names *names, const struct episode_filter *f,
                     size_t limit, struct episodes *out, struct err *err)
{
    struct gather g = { .q = q, .f = f, .out = out };
    int64_t sequence;
    bool ok = begin(&g, limit, err) && read_sequence(q, &sequence, err);
    for (size_t from = 0; ok && from < names->n; from += PER_TRIP) {
        size_t to = names->n - from < PER_TRIP ? names->n : from + PER_TRIP;
        ok = newest_trip(&g, names, from, to, err);
    }
    if (ok) {
        out->next = (struct cursor){ .sequence = sequence };
    }
    return ok;
}

/* ---- what changed ---- */

/* An id that changed, and whether its member was seen among the newest. */
struct change {
    struct cursor at;
    bool seen;
};

struct changes {
    struct change *items; /* owned */
    size_t n;
};

static struct change *find_change(const struct changes *c, const char *id)
{
    for (size_t i = 0; i < c->n; i++) {
        if (strcmp(c->items[i].at.id, id) == 0) {
            return &c->items[i];
        }
    }
    return NULL;
}

static bool member_id(const struct reply *member, char out[EPISODE_ID_MAX])
{
    static const char head[] = "{\"id\": \"";
    size_t n = sizeof head - 1;
    if (member->type != REPLY_STRING || member->len < n + EPISODE_ID_MAX ||
        memcmp(member->str, head, n) != 0) {
        return false;
    }
    memcpy(out, member->str + n, EPISODE_ID_MAX - 1);
    out[EPISODE_ID_MAX - 1] = '\0';
    return true;
}

static void match(struct gather *g, const char *ticker, struct changes *c,
                  const struct reply *members)
{
    char id[EPISODE_ID_MAX];
    for (size_t i = 0; members->type == REPLY_ARRAY && i < members->n; i++) {
        struct change *hit = member_id(&members->items[i], id) ? find_change(c, id) : NULL;
        if (hit != NULL && !hit->seen) {
            hit->seen = true;
            offer(g, ticker, &hit->at, &members->items[i]);
        }
    }
}

static bool read_changes(const struct gather *g, const struct reply *r, struct changes *out,
                         struct err *err)
{
    *out = (struct changes){ .n = 0 };
    if (r->type != REPLY_ARRAY || r->n < 2) {
        return true;
    }
    out->items = calloc(r->n / 2, sizeof *out->items);
    if (out->items == NULL) {
        return err_set(err, ERR_MEMORY, "out of memory");
    }
    for (size_t i = 0; i + 1 < r->n; i += 2) {
        double score = 0;
        struct change c = { .seen = false };
        if (r->items[i].len != EPISODE_ID_MAX - 1 ||
            !decimal_parse_double(r->items[i + 1].str, r->items[i + 1].len, &score, NULL)) {
            continue;
        }
        c.at.sequence = (int64_t)score;
        memcpy(c.at.id, r->items[i].str, EPISODE_ID_MAX);
        if (compare_places(&c.at, &g->after) > 0 && compare_places(&c.at, &g->upto) <= 0) {
            out->items[out->n++] = c;
        }
    }
    return true;
}

/* Their members: nearly always among those last true, else wherever they are. */
static bool fetch_changed(struct gather *g, const char *ticker, struct changes *c, struct err *err)
{
    const struct reply *r;
    char key[KEY_MAX];
    key_patterns(&g->q->cfg->keys, key, ticker);
    if (c->n == 0) {
        return true;
    }
    if (!redis_queuef(g->q->redis, err, "ZREVRANGE %s 0 %d", key, NEWEST_LOOKED_AT - 1) ||
        !exec(g->q, 1, &r, err)) {
        return false;
    }
    bool whole = r[0].type != REPLY_ARRAY || r[0].n < NEWEST_LOOKED_AT;
    match(g, ticker, c, &r[0]);
    size_t missing = 0;
    for (size_t i = 0; i < c->n; i++) {
        missing += !c->items[i].seen;
    }
    if (whole || missing == 0) {
        return true;
    }
    if (!redis_queuef(g->q->redis, err, "ZREVRANGE %s %d -1", key, NEWEST_LOOKED_AT) ||
        !exec(g->q, 1, &r, err)) {
        return false;
    }
    match(g, ticker, c, &r[0]);
    return true;
}

static bool changed_trip(struct gather *g, const struct names *names, size_t from, size_t to,
                         struct err *err)
{
    const struct reply *r;
    struct changes found[PER_TRIP] = { { .n = 0 } };
    char key[KEY_MAX];
    bool ok = true;
    for (size_t i = from; ok && i < to; i++) {
        key_changes(&g->q->cfg->keys, key, names->items[i]);
        ok = redis_queuef(g->q->redis, err, "ZRANGEBYSCORE %s %lld %lld WITHSCORES", key,
                          (long long)g->after.sequence, (long long)g->upto.sequence);
    }
    ok = ok && exec(g->q, to - from, &r, err);
    for (size_t i = from; ok && i < to; i++) {
        ok = read_changes(g, &r[i - from], &found[i - from], err);
    }
    for (size_t i = from; i < to; i++) {
        ok = ok && fetch_changed(g, names->items[i], &found[i - from], err);
        free(found[i - from].items);
    }
    return ok;
}

bool episodes_changed(struct query *q, const struct names *names, const struct episode_filter *f,
                      const struct cursor *after, size_t limit, struct episodes *out,
                      struct err *err)
{
    struct gather g = { .q = q, .f = f, .out = out, .by_change = true, .after = *after };
    /* Read first: what is written while we read is of the next call, whole. */
    bool ok = begin(&g, limit, err) && read_sequence(q, &g.upto.sequence, err);
    if (ok && g.upto.sequence != 0 && after->sequence > g.upto.sequence) {
        g.after = (struct cursor){ .sequence = 0 };
        out->reset = true;
    }
    for (size_t from = 0; ok && from < names->n && g.upto.sequence != 0; from += PER_TRIP) {
        size_t to = names->n - from < PER_TRIP ? names->n : from + PER_TRIP;
        ok = changed_trip(&g, names, from, to, err);
    }
    if (ok) {
        out->next = g.upto.sequence == 0  ? *after
                    : out->total > out->n ? out->items[out->n - 1].at
                                          : g.upto;
    }
    return ok;
}

/* ---- one by its id ---- */

bool episodes_find(struct query *q, const struct names *names, const char *prefix,
                   struct found_episode *out, size_t *found_out, struct err *err)
{
    const struct episode_filter any = { .active = true, .ended = true };
    *found_out = 0;
    for (size_t i = 0; i < names->n; i++) {
        const struct reply *r;
        char key[KEY_MAX], id[EPISODE_ID_MAX];
        key_patterns(&q->cfg->keys, key, names->items[i]);
        if (!redis_queuef(q->redis, err, "ZRANGE %s 0 -1", key) || !exec(q, 1, &r, err)) {
            return false;
        }
        for (size_t k = 0; r[0].type == REPLY_ARRAY && k < r[0].n; k++) {
            struct episodes one = { .items = out, .limit = 1 };
            struct gather g = { .q = q, .f = &any, .out = &one };
            if (member_id(&r[0].items[k], id) && strncmp(id, prefix, strlen(prefix)) == 0) {
                offer(&g, names->items[i], &(struct cursor){ .sequence = 0 }, &r[0].items[k]);
                *found_out += one.n;
            }
        }
    }
    return true;
}
