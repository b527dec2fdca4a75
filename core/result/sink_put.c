/* SPDX-License-Identifier: MIT */
/* The commands that write one ticker's tick. */
#include "decimal.h"
#include "report_text.h"
#include "sink_internal.h"

#include <stdlib.h>
#include <string.h>

/* ---- one command ---- */

static void add_bytes(struct sink *s, const char *bytes, size_t n)
{
    redis_word(s->redis, bytes, n);
    s->n_words++;
}

void sink_word(struct sink *s, const char *text)
{
    add_bytes(s, text, strlen(text));
}

void sink_word_int(struct sink *s, int64_t value)
{
    char text[DECIMAL_MAX];
    add_bytes(s, text, decimal_print_i64(text, value));
}

void sink_begin_command(struct sink *s, const char *verb, const char *key)
{
    redis_begin(s->redis);
    sink_word(s, verb);
    sink_word(s, key);
    s->n_words = 0;
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

bool sink_end_command(struct sink *s, int64_t expected, struct err *err)
{
    return expect(s, expected) ? redis_end(s->redis, err) : abandon(s, err);
}

bool sink_end_list(struct sink *s, int64_t expected, struct err *err)
{
    if (s->n_words > 0) {
        return sink_end_command(s, expected, err);
    }
    redis_undo(s->redis);
    return true;
}

/* ---- keys ---- */

bool sink_put_del(struct sink *s, const char *key, struct err *err)
{
    sink_begin_command(s, "DEL", key);
    return sink_end_command(s, EXPECT_ANY, err);
}

bool sink_put_expire(struct sink *s, const char *key, int64_t ttl_ms, struct err *err)
{
    sink_begin_command(s, "PEXPIRE", key);
    sink_word_int(s, ttl_ms);
    return sink_end_command(s, EXPECT_ANY, err);
}

bool sink_is_over(const struct sink *s, struct mono since, int64_t ms)
{
    return s->now.ns == 0 || since.ns == 0 || mono_ms_until(since, s->now) >= ms;
}

/* ---- hashes: only what differs ---- */

/* It is not known what is there, or it may be about to expire under us. */
static bool must_be_whole(const struct sink *s, const struct held_key *k, int64_t ttl_ms)
{
    return !k->known || sink_is_over(s, k->refreshed, ttl_ms / 2);
}

static void put_pair(void *ctx, const char *name, const char *text, size_t n)
{
    struct sink *s = ctx;
    redis_pair(s->redis, name, text, n);
    s->n_words += 2;
}

/* The fields of a hash; whole: of one that is not there. */
typedef struct field_changes put_fields_fn(struct sink *s, const struct outbox *o, int window,
                                           bool whole);

/* Fields can be added and changed, but to take one out the hash is written whole. */
static bool put_fields(struct sink *s, struct outbox *o, struct held_key *k, int window,
                       const char *key, int64_t ttl_ms, put_fields_fn *put, struct err *err)
{
    struct field_changes changes = { .added = 0 };
    bool whole = must_be_whole(s, k, ttl_ms);
    if (!whole) {
        sink_begin_command(s, "HSET", key);
        changes = put(s, o, window, false);
        whole = changes.vanished;
        if (whole) {
            redis_undo(s->redis);
        }
    }
    if (whole) {
        if (!sink_put_del(s, key, err)) {
            return false;
        }
        sink_begin_command(s, "HSET", key);
        changes = put(s, o, window, true);
    }
    k->refreshes = whole || sink_is_over(s, k->refreshed, ttl_ms / 4);
    return sink_end_list(s, changes.added, err) &&
           (!k->refreshes || sink_put_expire(s, key, ttl_ms, err));
}

static int64_t metrics_ttl_ms(const struct sink_config *cfg, const char *window)
{
    int64_t ttl_s = strcmp(window, "10s") == 0    ? cfg->ttl_10s_s
                    : strcmp(window, "1min") == 0 ? cfg->ttl_1min_s
                                                  : cfg->ttl_5min_s;
    return ttl_s * 1000;
}

static struct field_changes put_window(struct sink *s, const struct outbox *o, int window,
                                       bool whole)
{
    return report_put_metrics_since(o->report, whole ? NULL : &o->held.metrics[window],
                                    whole ? NULL : &o->held.behaviors, window, &s->json, put_pair,
                                    s);
}

static bool put_metrics(struct sink *s, struct outbox *o, struct err *err)
{
    char key[KEY_MAX];
    const struct report *r = o->report;
    for (int i = 0; i < r->n_windows; i++) {
        int64_t ttl_ms = metrics_ttl_ms(&s->cfg, r->windows[i].name);
        key_metrics(&s->cfg.keys, key, r->ticker, r->windows[i].name);
        if (!put_fields(s, o, &o->held.metrics_key[i], i, key, ttl_ms, put_window, err)) {
            return false;
        }
    }
    return true;
}

static struct field_changes put_state_fields(struct sink *s, const struct outbox *o, int window,
                                             bool whole)
{
    static const struct state_marks none;
    (void)window;
    return report_put_state_since(o->report, whole ? &none : &o->held.state, &o->held.next_state,
                                  &s->json, put_pair, s);
}

static bool put_state(struct sink *s, struct outbox *o, struct err *err)
{
    char key[KEY_MAX];
    key_state(&s->cfg.keys, key, o->ticker);
    report_mark_state(o->report, &o->held.next_state);
    return put_fields(s, o, &o->held.state_key, 0, key, s->cfg.ttl_state_s * 1000, put_state_fields,
                      err);
}

/* ---- levels: only what differs ---- */

enum { NONE = -1 };

/* Of each level of the report, which of those held it is, or NONE; and which of these stay. */
struct matches {
    int former[LEVELS_MAX];
    bool stays[LEVELS_MAX];
};

static int find_former(const struct level *held, int n, const struct level *l, int near)
{
    if (near < n && held[near].px == l->px) {
        return level_equal(&held[near], l) ? near : NONE;
    }
    for (int i = 0; i < n; i++) {
        if (held[i].px == l->px) {
            return level_equal(&held[i], l) ? i : NONE;
        }
    }
    return NONE;
}

static void match_levels(const struct outbox *o, int side, struct matches *m)
{
    memset(m->stays, 0, sizeof m->stays);
    for (int i = 0; i < o->report->n_levels[side]; i++) {
        int former = find_former(o->held.levels[side], o->held.n_levels[side],
                                 &o->report->levels[side][i], i);
        m->former[i] = former;
        if (former != NONE) {
            m->stays[former] = true;
        }
    }
}

static void put_level(struct sink *s, const struct level *l)
{
    buf_clear(&s->json);
    report_put_level_member(l, &s->json);
    add_bytes(s, s->json.data, s->json.len);
}

static bool remove_former(struct sink *s, const struct outbox *o, int side, const struct matches *m,
                          const char *key, struct err *err)
{
    int gone = 0;
    sink_begin_command(s, "ZREM", key);
    for (int i = 0; i < o->held.n_levels[side]; i++) {
        if (!m->stays[i]) {
            put_level(s, &o->held.levels[side][i]);
            gone++;
        }
    }
    return sink_end_list(s, gone, err);
}

/* The peer's score, so that its readers sort as it did. */
static bool add_levels(struct sink *s, const struct outbox *o, int side, const struct matches *m,
                       bool whole, const char *key, struct err *err)
{
    int added = 0;
    sink_begin_command(s, "ZADD", key);
    for (int i = 0; i < o->report->n_levels[side]; i++) {
        const struct level *l = &o->report->levels[side][i];
        if (whole || m->former[i] == NONE) {
            char score[DECIMAL_MAX];
            add_bytes(s, score, text_number(score, l->total_sz * (double)l->touches));
            put_level(s, l);
            added++;
        }
    }
    return s->json.failed ? abandon(s, err) : sink_end_list(s, added, err);
}

static bool put_levels(struct sink *s, struct outbox *o, int side, struct err *err)
{
    char key[KEY_MAX];
    struct matches m;
    struct held_key *k = &o->held.levels_key[side];
    int64_t ttl_ms = s->cfg.ttl_levels_s * 1000;
    key_levels(&s->cfg.keys, key, o->ticker, side ? "ask" : "bid");
    match_levels(o, side, &m);
    bool whole = must_be_whole(s, k, ttl_ms);
    bool made = o->held.n_levels[side] == 0 && o->report->n_levels[side] > 0;
    k->refreshes = whole || made || sink_is_over(s, k->refreshed, ttl_ms / 4);
    /* added before others go: with its last member a key would go, and its TTL with it */
    return (!whole || sink_put_del(s, key, err)) && add_levels(s, o, side, &m, whole, key, err) &&
           (whole || remove_former(s, o, side, &m, key, err)) &&
           (!k->refreshes || sink_put_expire(s, key, ttl_ms, err));
}

/* ---- patterns ---- */

static void print_epoch_s(char out[DECIMAL_MAX], int64_t ts_ns)
{
    int64_t ms = ts_ns / NS_PER_MS;
    size_t n = decimal_print_i64(out, ms / 1000);
    out[n] = '.';
    out[n + 1] = (char)('0' + ms / 100 % 10);
    out[n + 2] = (char)('0' + ms / 10 % 10);
    out[n + 3] = (char)('0' + ms % 10);
    out[n + 4] = '\0';
}

static bool remove_replaced(struct sink *s, const struct outbox *o, const char *key,
                            struct err *err)
{
    int64_t gone = (int64_t)o->n_trash;
    sink_begin_command(s, "ZREM", key);
    for (size_t i = 0; i < o->n_trash; i++) {
        sink_word(s, o->trash[i]);
    }
    for (size_t i = 0; i < o->n_changed; i++) {
        const struct member *m = o->changed[i];
        if (m->pending && member_is_stored(m)) {
            size_t n;
            const char *text = outbox_stored_text(o, m, &n);
            if (text == NULL) {
                return abandon(s, err);
            }
            add_bytes(s, text, n);
            gone++;
        }
    }
    return sink_end_list(s, gone, err);
}

static bool add_pending(struct sink *s, const struct outbox *o, const char *key, struct err *err)
{
    int64_t added = 0;
    sink_begin_command(s, "ZADD", key);
    for (size_t i = 0; i < o->n_changed; i++) {
        const struct member *m = o->changed[i];
        if (m->pending) {
            char score[DECIMAL_MAX];
            print_epoch_s(score, m->last_ns);
            sink_word(s, score);
            add_bytes(s, m->pending, m->pending_n);
            added++;
        }
    }
    return sink_end_list(s, added, err);
}

/* What was changed so long ago that its episodes are gone. */
static bool trim_changes(struct sink *s, const struct outbox *o, const char *key, struct err *err)
{
    char oldest[DECIMAL_MAX + 1] = "(";
    int64_t ttl_ns = s->cfg.ttl_patterns_s * NS_PER_S;
    (void)decimal_print_i64(oldest + 1, (o->report->tick_ns - ttl_ns) / NS_PER_US);
    sink_begin_command(s, "ZREMRANGEBYSCORE", key);
    sink_word(s, "-inf");
    sink_word(s, oldest);
    return sink_end_command(s, EXPECT_ANY, err) &&
           sink_put_expire(s, key, s->cfg.ttl_patterns_s * 1000, err);
}

/* The ids of what changes, under the number of this write. */
static bool add_changes(struct sink *s, const struct outbox *o, struct err *err)
{
    char key[KEY_MAX], score[DECIMAL_MAX];
    key_changes(&s->cfg.keys, key, o->ticker);
    (void)decimal_print_i64(score, s->sequence);
    if (o->changes_usurped && !sink_put_del(s, key, err)) {
        return false;
    }
    sink_begin_command(s, "ZADD", key);
    for (size_t i = 0; i < o->n_changed; i++) {
        if (outbox_changes(o, i)) {
            sink_word(s, score);
            sink_word(s, o->changed[i]->id);
        }
    }
    return sink_end_list(s, EXPECT_ANY, err) && (!o->trims || trim_changes(s, o, key, err));
}

bool sink_put_sequence(struct sink *s, struct err *err)
{
    char key[KEY_MAX];
    key_sequence(&s->cfg.keys, key);
    sink_begin_command(s, "SET", key);
    sink_word_int(s, s->sequence);
    sink_word(s, "PX");
    sink_word_int(s, s->cfg.ttl_patterns_s * 1000);
    return sink_end_command(s, EXPECT_ANY, err);
}

static bool trim_patterns(struct sink *s, const struct outbox *o, const char *key, struct err *err)
{
    char oldest[DECIMAL_MAX + 1] = "(";
    print_epoch_s(oldest + 1, o->report->tick_ns - s->cfg.ttl_patterns_s * NS_PER_S);
    sink_begin_command(s, "ZREMRANGEBYSCORE", key);
    sink_word(s, "-inf");
    sink_word(s, oldest);
    return sink_end_command(s, EXPECT_ANY, err) &&
           sink_put_expire(s, key, s->cfg.ttl_patterns_s * 1000, err);
}

/* Now and then, and whenever a key may be made anew: then it has no TTL yet. */
static bool must_trim(const struct sink *s, const struct outbox *o)
{
    bool anew = o->usurped || o->changes_usurped || o->n_trash > 0 ||
                o->newest_ns < o->report->tick_ns - s->cfg.ttl_patterns_s * NS_PER_S;
    return sink_is_over(s, o->trimmed, s->cfg.ttl_patterns_s * 10) ||
           (anew && outbox_has_changes(o));
}

/* Added before others go, so that the key never does; but what lies in the trash may be the same
 * text again. */
static bool replace_members(struct sink *s, const struct outbox *o, const char *key,
                            struct err *err)
{
    return o->n_trash > 0 ? remove_replaced(s, o, key, err) && add_pending(s, o, key, err)
                          : add_pending(s, o, key, err) && remove_replaced(s, o, key, err);
}

static bool put_patterns(struct sink *s, struct outbox *o, struct err *err)
{
    char key[KEY_MAX];
    key_patterns(&s->cfg.keys, key, o->ticker);
    o->trims = must_trim(s, o);
    return (!o->usurped || sink_put_del(s, key, err)) && replace_members(s, o, key, err) &&
           add_changes(s, o, err) && (!o->trims || trim_patterns(s, o, key, err));
}

bool sink_put_box(struct sink *s, struct outbox *o, struct err *err)
{
    return put_metrics(s, o, err) && put_levels(s, o, 0, err) && put_levels(s, o, 1, err) &&
           put_patterns(s, o, err) && put_state(s, o, err);
}
