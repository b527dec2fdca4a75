/* SPDX-License-Identifier: MIT */
/* Status, detectors and feed: hashes of texts, of which only those that differ are sent. */
#include "sink_internal.h"

#include <string.h>

enum { TEXTS_MAX_BYTES = 16 * 1024 * 1024 };

void texts_init(struct texts *t)
{
    buf_init(&t->next, TEXTS_MAX_BYTES);
    buf_init(&t->now, TEXTS_MAX_BYTES);
}

void texts_fini(struct texts *t)
{
    buf_fini(&t->next);
    buf_fini(&t->now);
}

static bool stage(struct sink *s, struct texts *t, const char *const *field_text, size_t n_pairs,
                  struct err *err)
{
    if (s->staged_flies) {
        (void)sink_settle(s, NULL); /* what failed is still queued */
    }
    buf_clear(&t->next);
    for (size_t i = 0; i < 2 * n_pairs; i++) {
        buf_add(&t->next, field_text[i], strlen(field_text[i]) + 1);
    }
    t->n_next = n_pairs;
    t->staged = !t->next.failed;
    return t->staged || err_set(err, ERR_MEMORY, "out of memory for the status");
}

bool sink_status(struct sink *s, const char *const *field_text, size_t n_pairs, struct err *err)
{
    return stage(s, &s->status, field_text, n_pairs, err);
}

bool sink_detectors(struct sink *s, const char *const *field_text, size_t n_pairs, struct err *err)
{
    return stage(s, &s->detectors, field_text, n_pairs, err);
}

bool sink_feed(struct sink *s, const char *const *field_text, size_t n_pairs, struct err *err)
{
    return stage(s, &s->feed, field_text, n_pairs, err);
}

bool sink_has_staged(const struct sink *s)
{
    return s->status.staged || s->detectors.staged || s->feed.staged;
}

static const char *next_text(const char **at)
{
    const char *text = *at;
    *at += strlen(text) + 1;
    return text;
}

static bool same_names(const struct texts *t)
{
    const char *next = t->next.data, *now = t->now.data;
    bool same = t->n_next == t->n_now;
    for (size_t i = 0; same && i < t->n_next; i++) {
        same = strcmp(next_text(&next), next_text(&now)) == 0;
        (void)next_text(&next);
        (void)next_text(&now);
    }
    return same;
}

static bool put_texts(struct sink *s, struct texts *t, const char *key, int64_t ttl_ms,
                      struct err *err)
{
    bool whole = !t->key.known || sink_is_over(s, t->key.refreshed, ttl_ms / 2) || !same_names(t);
    const char *next = t->next.data, *now = t->now.data;
    t->key.refreshes = whole || sink_is_over(s, t->key.refreshed, ttl_ms / 4);
    if (whole && !sink_put_del(s, key, err)) {
        return false;
    }
    sink_begin_command(s, "HSET", key);
    for (size_t i = 0; i < t->n_next; i++) {
        const char *name = next_text(&next), *text = next_text(&next);
        if (whole) {
            sink_word(s, name);
            sink_word(s, text);
            continue;
        }
        (void)next_text(&now);
        if (strcmp(text, next_text(&now)) != 0) {
            sink_word(s, name);
            sink_word(s, text);
        }
    }
    return sink_end_list(s, whole ? (int64_t)t->n_next : 0, err) &&
           (!t->key.refreshes || t->n_next == 0 || sink_put_expire(s, key, ttl_ms, err));
}

bool sink_put_staged(struct sink *s, struct err *err)
{
    int64_t ttl_ms = 3 * s->cfg.lease_ms;
    char status[KEY_MAX], detectors[KEY_MAX], feed[KEY_MAX];
    key_status(&s->cfg.keys, status);
    key_detectors(&s->cfg.keys, detectors);
    key_feed(&s->cfg.keys, feed);
    return (!s->status.staged || put_texts(s, &s->status, status, ttl_ms, err)) &&
           (!s->detectors.staged || put_texts(s, &s->detectors, detectors, ttl_ms, err)) &&
           (!s->feed.staged || put_texts(s, &s->feed, feed, s->cfg.ttl_state_s * 1000, err));
}

static void settle(struct texts *t, bool known, struct mono now)
{
    if (t->staged && known) {
        struct buf former = t->now;
        t->now = t->next;
        t->n_now = t->n_next;
        t->next = former;
        held_key_written(&t->key, now);
    }
    t->key.known = t->key.known && known;
    t->staged = false;
}

bool sink_settle_staged(struct sink *s, const int64_t *expected, const struct reply *results,
                        size_t n, struct err *err)
{
    const struct reply *failed = NULL;
    bool known = true;
    for (size_t i = 0; i < n; i++) {
        failed = !failed && results[i].type == REPLY_ERROR ? &results[i] : failed;
        known = known && !sink_is_surprise(expected[i], &results[i]);
    }
    known = known && !failed;
    settle(&s->status, known, s->now);
    settle(&s->detectors, known, s->now);
    settle(&s->feed, known, s->now);
    return !failed || err_set(err, ERR_REMOTE, "the status: %s", failed->str);
}
