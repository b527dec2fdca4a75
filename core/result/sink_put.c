/* SPDX-License-Identifier: MIT */
/* The commands that write one ticker's tick. */
#include "decimal.h"
#include "sink_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- one command ---- */

static void add_bytes(struct args *a, const char *bytes, size_t n)
{
    CHECK(a->n < ARGS_MAX);
    buf_add(&a->text, bytes, n);
    a->end_bytes[a->n++] = a->text.len;
}

void args_add(struct args *a, const char *text)
{
    add_bytes(a, text, strlen(text));
}

void args_add_int(struct args *a, int64_t value)
{
    char text[DECIMAL_MAX];
    add_bytes(a, text, decimal_print_i64(text, value));
}

void args_begin(struct args *a, const char *verb, const char *key)
{
    buf_clear(&a->text);
    a->n = 0;
    args_add(a, verb);
    args_add(a, key);
}

/* A transaction that cannot be queued whole must not stay queued in part. */
static bool abandon(struct sink *s, struct err *err)
{
    redis_reset(s->redis);
    return err_set(err, ERR_MEMORY, "out of memory for results");
}

static bool expect(struct sink *s, int64_t reply)
{
    if (s->n_commands == s->cap_expected) {
        size_t cap = s->cap_expected > 0 ? s->cap_expected * 2 : 256;
        int64_t *grown = realloc(s->expected, cap * sizeof *grown);
        if (grown == NULL) {
            return false;
        }
        s->expected = grown;
        s->cap_expected = cap;
    }
    s->expected[s->n_commands++] = reply;
    return true;
}

bool sink_queue_args(struct sink *s, int64_t expected, struct err *err)
{
    const struct args *a = &s->args;
    const char *argv[ARGS_MAX];
    size_t lens[ARGS_MAX];
    if (a->text.failed || !expect(s, expected)) {
        return abandon(s, err);
    }
    for (int i = 0; i < a->n; i++) {
        size_t from = i ? a->end_bytes[i - 1] : 0;
        argv[i] = a->text.data + from;
        lens[i] = a->end_bytes[i] - from;
    }
    return redis_queue(s->redis, a->n, argv, lens, err);
}

/* ---- a command with a list of things, split into several when the list is long ---- */

enum { HEAD_ARGS = 2 };

struct list {
    struct sink *s;
    const char *verb, *key;
    int64_t effect; /* what the command is to answer: how many of its things are new, or gone */
    bool any_effect;
    bool ok;
    struct err *err;
};

static struct list list_of(struct sink *s, const char *verb, const char *key, struct err *err)
{
    args_begin(&s->args, verb, key);
    return (struct list){ .s = s, .verb = verb, .key = key, .ok = true, .err = err };
}

static bool list_end(struct list *l)
{
    if (l->s->args.n > HEAD_ARGS) {
        int64_t expected = l->any_effect ? EXPECT_ANY : l->effect;
        l->ok = l->ok && sink_queue_args(l->s, expected, l->err);
    }
    l->effect = 0;
    return l->ok;
}

static void list_room(struct list *l, int n)
{
    if (l->s->args.n + n > ARGS_MAX) {
        (void)list_end(l);
        args_begin(&l->s->args, l->verb, l->key);
    }
}

static void list_add(struct list *l, const char *text)
{
    list_room(l, 1);
    args_add(&l->s->args, text);
}

static void list_add_pair(struct list *l, const char *first, const char *second, size_t second_n)
{
    list_room(l, 2);
    args_add(&l->s->args, first);
    add_bytes(&l->s->args, second, second_n);
}

/* ---- keys ---- */

static bool put_del(struct sink *s, const char *key, struct err *err)
{
    args_begin(&s->args, "DEL", key);
    return sink_queue_args(s, EXPECT_ANY, err);
}

static bool put_expire(struct sink *s, const char *key, int64_t ttl_ms, struct err *err)
{
    args_begin(&s->args, "PEXPIRE", key);
    args_add_int(&s->args, ttl_ms);
    return sink_queue_args(s, EXPECT_ANY, err);
}

bool sink_put_hash(struct sink *s, const char *key, const char *const *field_text, size_t n_pairs,
                   int64_t ttl_ms, struct err *err)
{
    if (!put_del(s, key, err)) {
        return false;
    }
    struct list hash = list_of(s, "HSET", key, err);
    for (size_t i = 0; i < n_pairs; i++) {
        const char *text = field_text[2 * i + 1];
        list_add_pair(&hash, field_text[2 * i], text, strlen(text));
        hash.effect++;
    }
    return list_end(&hash) && put_expire(s, key, ttl_ms, err);
}

/* Has this part of a TTL, set at `since`, gone by? True when nobody told the time. */
static bool is_over(const struct sink *s, struct mono since, int64_t ms)
{
    return s->now.ns == 0 || since.ns == 0 || mono_ms_until(since, s->now) >= ms;
}

/* ---- hashes: only what differs ---- */

struct hash_write {
    struct sink *s;
    struct held_hash *held;
    bool ok;
};

static void gather(void *ctx, const char *name, const char *text, size_t n)
{
    struct hash_write *w = ctx;
    w->ok = w->ok && held_hash_add(w->held, name, text, n);
    if (w->ok) {
        buf_add(&w->s->pairs, name, strlen(name) + 1);
        buf_add(&w->s->pairs, &n, sizeof n);
        buf_add(&w->s->pairs, text, n); /* none, of one that is held */
    }
}

static void begin_hash(struct hash_write *w, struct sink *s, struct held_hash *held)
{
    *w = (struct hash_write){ .s = s, .held = held, .ok = true };
    held_hash_begin(held);
    buf_clear(&s->pairs);
}

static void add_differing(struct list *hash, const struct hash_write *w, bool whole)
{
    const char *at = w->s->pairs.data;
    for (size_t i = 0; i < w->held->next.n; i++) {
        const char *name = at;
        size_t n;
        at += strlen(name) + 1;
        memcpy(&n, at, sizeof n);
        at += sizeof n;
        enum held held = whole ? HELD_NEW : held_hash_compare(w->held, i);
        if (held != HELD_SAME) {
            list_add_pair(hash, name, at, n);
            hash->effect += held == HELD_NEW;
        }
        at += n;
    }
}

/* It is not known what is there, or it may be about to expire under us. */
static bool must_be_whole(const struct sink *s, const struct held_hash *h, int64_t ttl_ms)
{
    return !h->known || is_over(s, h->refreshed, ttl_ms / 2);
}

static bool end_hash(struct hash_write *w, const char *key, bool whole, int64_t ttl_ms,
                     struct err *err)
{
    struct sink *s = w->s;
    struct held_hash *h = w->held;
    if (!w->ok || s->pairs.failed) {
        return abandon(s, err);
    }
    h->next_refreshes = whole || is_over(s, h->refreshed, ttl_ms / 4);
    if (whole && !put_del(s, key, err)) {
        return false;
    }
    struct list hash = list_of(s, "HSET", key, err);
    add_differing(&hash, w, whole);
    return list_end(&hash) && (!h->next_refreshes || put_expire(s, key, ttl_ms, err));
}

static int64_t metrics_ttl_ms(const struct sink_config *cfg, const char *window)
{
    int64_t ttl_s = strcmp(window, "10s") == 0    ? cfg->ttl_10s_s
                    : strcmp(window, "1min") == 0 ? cfg->ttl_1min_s
                                                  : cfg->ttl_5min_s;
    return ttl_s * 1000;
}

/* Fields can be added and changed, but to take one out the hash is written whole. */
static bool put_window(struct sink *s, struct outbox *o, int i, const char *key, int64_t ttl_ms,
                       struct err *err)
{
    struct hash_write w;
    struct held_hash *h = &o->metrics[i];
    bool whole = must_be_whole(s, h, ttl_ms);
    if (!whole) {
        begin_hash(&w, s, h);
        report_put_metrics_since(o->report, &o->held_metrics[i], i, gather, &w);
        whole = held_hash_vanished(h) > 0;
    }
    if (whole) {
        begin_hash(&w, s, h);
        report_put_metrics(o->report, i, gather, &w);
    }
    return end_hash(&w, key, whole, ttl_ms, err);
}

static bool put_metrics(struct sink *s, struct outbox *o, struct err *err)
{
    const struct report *r = o->report;
    for (int i = 0; i < r->n_windows; i++) {
        char key[KEY_MAX];
        key_metrics(&s->cfg.keys, key, r->ticker, r->windows[i].name);
        if (!put_window(s, o, i, key, metrics_ttl_ms(&s->cfg, r->windows[i].name), err)) {
            return false;
        }
    }
    return true;
}

static bool put_state(struct sink *s, struct outbox *o, struct err *err)
{
    char key[KEY_MAX];
    struct hash_write w;
    int64_t ttl_ms = s->cfg.ttl_state_s * 1000;
    key_state(&s->cfg.keys, key, o->ticker);
    begin_hash(&w, s, &o->state);
    report_put_state(o->report, gather, &w);
    bool whole = must_be_whole(s, &o->state, ttl_ms) || held_hash_vanished(&o->state) > 0;
    return end_hash(&w, key, whole, ttl_ms, err);
}

/* ---- levels: only what differs ---- */

static bool same_level(const struct level *a, const struct level *b)
{
    return a->px == b->px && a->touches == b->touches && a->held == b->held &&
           a->broke == b->broke && a->total_sz == b->total_sz && a->avg_sz == b->avg_sz &&
           a->max_sz == b->max_sz && a->removed_sz == b->removed_sz && a->dwell_ms == b->dwell_ms &&
           a->first_ns == b->first_ns && a->last_ns == b->last_ns && a->strength == b->strength &&
           a->status == b->status;
}

/* Which of the members held has the text of this level, or HELD_NONE. */
static int former_of(const struct outbox *o, int side, const struct level *l)
{
    for (int i = 0; i < o->levels[side].now.n; i++) {
        if (same_level(&o->held_levels[side][i], l)) {
            return i;
        }
    }
    return HELD_NONE;
}

static bool gather_levels(struct sink *s, struct outbox *o, int side)
{
    const struct report *r = o->report;
    struct held_set *h = &o->levels[side];
    held_set_begin(h);
    for (int i = 0; i < r->n_levels[side]; i++) {
        int former = former_of(o, side, &r->levels[side][i]);
        const char *text = former != HELD_NONE ? held_member(&h->now, former) : NULL;
        if (text == NULL) {
            buf_clear(&s->json);
            report_put_level(&r->levels[side][i], &s->json);
            text = s->json.failed ? NULL : s->json.data;
        }
        if (text == NULL || !held_set_add(h, text, strlen(text), former)) {
            return false;
        }
    }
    return true;
}

/* Does the key go with its last member, and its TTL with it? */
static bool is_emptied(const struct held_set *h)
{
    for (int i = 0; i < h->now.n; i++) {
        if (held_set_stays(h, i)) {
            return false;
        }
    }
    return true;
}

static bool remove_former(struct sink *s, const struct held_set *h, const char *key,
                          struct err *err)
{
    struct list gone = list_of(s, "ZREM", key, err);
    for (int i = 0; i < h->now.n; i++) {
        if (!held_set_stays(h, i)) {
            list_add(&gone, held_member(&h->now, i));
            gone.effect++;
        }
    }
    return list_end(&gone);
}

/* The peer's score, so that its readers sort as it did. */
static bool add_levels(struct sink *s, const struct report *r, int side, const struct held_set *h,
                       bool whole, const char *key, struct err *err)
{
    struct list levels = list_of(s, "ZADD", key, err);
    for (int i = 0; i < h->next.n; i++) {
        const struct level *l = &r->levels[side][i];
        const char *text = held_member(&h->next, i);
        if (whole || h->former[i] == HELD_NONE) {
            char score[DECIMAL_MAX];
            (void)decimal_print_repr(score, l->total_sz * (double)l->touches);
            list_add_pair(&levels, score, text, strlen(text));
            levels.effect++;
        }
    }
    return list_end(&levels);
}

static bool put_levels(struct sink *s, struct outbox *o, int side, struct err *err)
{
    char key[KEY_MAX];
    struct held_set *h = &o->levels[side];
    int64_t ttl_ms = s->cfg.ttl_levels_s * 1000;
    key_levels(&s->cfg.keys, key, o->ticker, side ? "ask" : "bid");
    if (!gather_levels(s, o, side)) {
        return abandon(s, err);
    }
    bool whole = !h->known || is_over(s, h->refreshed, ttl_ms / 2);
    h->next_refreshes = whole || is_emptied(h) || is_over(s, h->refreshed, ttl_ms / 4);
    return (whole ? put_del(s, key, err) : remove_former(s, h, key, err)) &&
           add_levels(s, o->report, side, h, whole, key, err) &&
           (!h->next_refreshes || put_expire(s, key, ttl_ms, err));
}

/* ---- patterns ---- */

static void print_epoch_s(char out[DECIMAL_MAX], int64_t ts_ns)
{
    int64_t ms = ts_ns / NS_PER_MS;
    snprintf(out, DECIMAL_MAX, "%" PRId64 ".%03" PRId64, ms / 1000, ms % 1000);
}

static bool remove_replaced(struct sink *s, const struct outbox *o, const char *key,
                            struct err *err)
{
    struct list old = list_of(s, "ZREM", key, err);
    for (size_t i = 0; i < o->n_trash; i++) {
        list_add(&old, o->trash[i]);
        old.effect++;
    }
    for (size_t i = 0; i < o->n; i++) {
        if (o->members[i].pending && o->members[i].stored) {
            list_add(&old, o->members[i].stored);
            old.effect++;
        }
    }
    return list_end(&old);
}

static bool add_pending(struct sink *s, const struct outbox *o, const char *key, struct err *err)
{
    struct list fresh = list_of(s, "ZADD", key, err);
    for (size_t i = 0; i < o->n; i++) {
        if (o->members[i].pending) {
            char score[DECIMAL_MAX];
            print_epoch_s(score, o->members[i].last_ns);
            list_add_pair(&fresh, score, o->members[i].pending, strlen(o->members[i].pending));
            fresh.effect++;
        }
    }
    return list_end(&fresh);
}

/* What was changed so long ago that its episodes are gone. */
static bool trim_changes(struct sink *s, const struct outbox *o, const char *key, struct err *err)
{
    char oldest[DECIMAL_MAX + 1] = "(";
    int64_t ttl_ns = s->cfg.ttl_patterns_s * NS_PER_S;
    (void)decimal_print_i64(oldest + 1, (o->report->tick_ns - ttl_ns) / NS_PER_US);
    args_begin(&s->args, "ZREMRANGEBYSCORE", key);
    args_add(&s->args, "-inf");
    args_add(&s->args, oldest);
    return sink_queue_args(s, EXPECT_ANY, err) &&
           put_expire(s, key, s->cfg.ttl_patterns_s * 1000, err);
}

/* The ids of what changes, under the number of this write. */
static bool add_changes(struct sink *s, const struct outbox *o, struct err *err)
{
    char key[KEY_MAX], score[DECIMAL_MAX];
    key_changes(&s->cfg.keys, key, o->ticker);
    (void)decimal_print_i64(score, s->sequence);
    if (o->changes_usurped && !put_del(s, key, err)) {
        return false;
    }
    struct list ids = list_of(s, "ZADD", key, err);
    ids.any_effect = true;
    size_t n_before = s->n_commands;
    for (size_t i = 0; i < o->n; i++) {
        if (outbox_changes(o, i)) {
            list_add_pair(&ids, score, o->members[i].id, strlen(o->members[i].id));
        }
    }
    return list_end(&ids) && (s->n_commands == n_before || trim_changes(s, o, key, err));
}

bool sink_put_sequence(struct sink *s, struct err *err)
{
    char key[KEY_MAX];
    key_sequence(&s->cfg.keys, key);
    args_begin(&s->args, "SET", key);
    args_add_int(&s->args, s->sequence);
    args_add(&s->args, "PX");
    args_add_int(&s->args, s->cfg.ttl_patterns_s * 1000);
    return sink_queue_args(s, EXPECT_ANY, err);
}

/* Now and then, and whenever something is written. */
static bool trim_patterns(struct sink *s, struct outbox *o, size_t n_before, const char *key,
                          struct err *err)
{
    o->trims = s->n_commands > n_before || is_over(s, o->trimmed, s->cfg.ttl_patterns_s * 10);
    if (!o->trims) {
        return true;
    }
    char oldest[DECIMAL_MAX + 1] = "(";
    print_epoch_s(oldest + 1, o->report->tick_ns - s->cfg.ttl_patterns_s * NS_PER_S);
    args_begin(&s->args, "ZREMRANGEBYSCORE", key);
    args_add(&s->args, "-inf");
    args_add(&s->args, oldest);
    return sink_queue_args(s, EXPECT_ANY, err) &&
           put_expire(s, key, s->cfg.ttl_patterns_s * 1000, err);
}

static bool put_patterns(struct sink *s, struct outbox *o, struct err *err)
{
    char key[KEY_MAX];
    size_t n_before = s->n_commands;
    key_patterns(&s->cfg.keys, key, o->ticker);
    return (!o->usurped || put_del(s, key, err)) && remove_replaced(s, o, key, err) &&
           add_pending(s, o, key, err) && add_changes(s, o, err) &&
           trim_patterns(s, o, n_before, key, err);
}

bool sink_put_box(struct sink *s, struct outbox *o, struct err *err)
{
    return put_metrics(s, o, err) && put_levels(s, o, 0, err) && put_levels(s, o, 1, err) &&
           put_patterns(s, o, err) && put_state(s, o, err);
}
