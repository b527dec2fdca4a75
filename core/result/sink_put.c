/* SPDX-License-Identifier: MIT */
/* The commands that write one ticker's tick. */
#include "decimal.h"
#include "sink_internal.h"

#include <inttypes.h>
#include <stdio.h>
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

bool sink_queue_args(struct sink *s, struct err *err)
{
    const struct args *a = &s->args;
    const char *argv[ARGS_MAX];
    size_t lens[ARGS_MAX];
    if (a->text.failed) {
        return abandon(s, err);
    }
    for (int i = 0; i < a->n; i++) {
        size_t from = i ? a->end_bytes[i - 1] : 0;
        argv[i] = a->text.data + from;
        lens[i] = a->end_bytes[i] - from;
    }
    s->n_commands++;
    return redis_queue(s->redis, a->n, argv, lens, err);
}

/* ---- a command with a list of things, split into several when the list is long ---- */

enum { HEAD_ARGS = 2 };

struct list {
    struct sink *s;
    const char *verb, *key;
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
        l->ok = l->ok && sink_queue_args(l->s, l->err);
    }
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

static void put_field(void *ctx, const char *name, const char *text, size_t n)
{
    list_add_pair(ctx, name, text, n);
}

/* ---- keys ---- */

static bool put_del(struct sink *s, const char *key, struct err *err)
{
    args_begin(&s->args, "DEL", key);
    return sink_queue_args(s, err);
}

static bool put_expire(struct sink *s, const char *key, int64_t ttl_ms, struct err *err)
{
    args_begin(&s->args, "PEXPIRE", key);
    args_add_int(&s->args, ttl_ms);
    return sink_queue_args(s, err);
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
    }
    return list_end(&hash) && put_expire(s, key, ttl_ms, err);
}

static int64_t metrics_ttl_ms(const struct sink_config *cfg, const char *window)
{
    int64_t ttl_s = strcmp(window, "10s") == 0    ? cfg->ttl_10s_s
                    : strcmp(window, "1min") == 0 ? cfg->ttl_1min_s
                                                  : cfg->ttl_5min_s;
    return ttl_s * 1000;
}

static bool put_metrics(struct sink *s, const struct report *r, struct err *err)
{
    for (int i = 0; i < r->n_windows; i++) {
        char key[KEY_MAX];
        key_metrics(&s->cfg.keys, key, r->ticker, r->windows[i].name);
        if (!put_del(s, key, err)) {
            return false;
        }
        struct list hash = list_of(s, "HSET", key, err);
        report_put_metrics(r, i, put_field, &hash);
        if (!list_end(&hash) ||
            !put_expire(s, key, metrics_ttl_ms(&s->cfg, r->windows[i].name), err)) {
            return false;
        }
    }
    return true;
}

static bool put_state(struct sink *s, const struct report *r, struct err *err)
{
    char key[KEY_MAX];
    key_state(&s->cfg.keys, key, r->ticker);
    if (!put_del(s, key, err)) {
        return false;
    }
    struct list hash = list_of(s, "HSET", key, err);
    report_put_state(r, put_field, &hash);
    return list_end(&hash) && put_expire(s, key, s->cfg.ttl_state_s * 1000, err);
}

/* The peer's score, so that its readers sort as it did. */
static void add_level(struct sink *s, struct list *levels, const struct level *l)
{
    char score[DECIMAL_MAX];
    (void)decimal_print_repr(score, l->total_sz * (double)l->touches);
    buf_clear(&s->json);
    report_put_level(l, &s->json);
    if (s->json.failed) {
        levels->ok = abandon(s, levels->err);
        return;
    }
    list_add_pair(levels, score, s->json.data, s->json.len);
}

static bool put_levels(struct sink *s, const struct report *r, int side, struct err *err)
{
    char key[KEY_MAX];
    key_levels(&s->cfg.keys, key, r->ticker, side ? "ask" : "bid");
    if (!put_del(s, key, err)) {
        return false;
    }
    struct list levels = list_of(s, "ZADD", key, err);
    for (int i = 0; i < r->n_levels[side] && levels.ok; i++) {
        add_level(s, &levels, &r->levels[side][i]);
    }
    return list_end(&levels) && put_expire(s, key, s->cfg.ttl_levels_s * 1000, err);
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
    }
    for (size_t i = 0; i < o->n; i++) {
        if (o->members[i].pending && o->members[i].stored) {
            list_add(&old, o->members[i].stored);
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
        }
    }
    return list_end(&fresh);
}

static bool trim_patterns(struct sink *s, const struct outbox *o, const char *key, struct err *err)
{
    char oldest[DECIMAL_MAX + 1] = "(";
    print_epoch_s(oldest + 1, o->report->tick_ns - s->cfg.ttl_patterns_s * NS_PER_S);
    args_begin(&s->args, "ZREMRANGEBYSCORE", key);
    args_add(&s->args, "-inf");
    args_add(&s->args, oldest);
    return sink_queue_args(s, err) && put_expire(s, key, s->cfg.ttl_patterns_s * 1000, err);
}

static bool put_patterns(struct sink *s, const struct outbox *o, struct err *err)
{
    char key[KEY_MAX];
    key_patterns(&s->cfg.keys, key, o->ticker);
    return (!o->usurped || put_del(s, key, err)) && remove_replaced(s, o, key, err) &&
           add_pending(s, o, key, err) && trim_patterns(s, o, key, err);
}

bool sink_put_box(struct sink *s, const struct outbox *o, struct err *err)
{
    return put_metrics(s, o->report, err) && put_levels(s, o->report, 0, err) &&
           put_levels(s, o->report, 1, err) && put_patterns(s, o, err) &&
           put_state(s, o->report, err);
}
