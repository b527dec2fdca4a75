/* SPDX-License-Identifier: MIT */
#include "sink.h"

#include "decimal.h"
#include "prefetch.h"
#include "sink_internal.h"

#include <stdlib.h>
#include <string.h>

enum { JSON_MAX_BYTES = 64 * 1024, FORGET_SHARE = 64 };

#define SEQUENCE_MAX (INT64_C(1) << 53) /* a score is a double */

struct batch {
    struct outbox *boxes[FLUSH_TICKERS];
    bool asked[FLUSH_TICKERS]; /* about what Redis holds of it */
    size_t end[FLUSH_TICKERS]; /* results[end[i - 1] .. end[i]) are those of boxes[i] */
    size_t n;
    bool asked_number; /* about the sequence */
    bool staged;       /* status and detectors are written, too, behind the boxes */
    size_t first;      /* results[first ...) are those of boxes[0] */
};

struct sink *sink_create(const struct sink_config *cfg, struct redis *redis)
{
    CHECK(cfg->engine_id[0] && strstr(cfg->lease_text, cfg->engine_id));
    struct sink *s = malloc(sizeof *s);
    struct batch *flying = calloc(1, sizeof *flying);
    if (!s || !flying) {
        free(s);
        free(flying);
        return NULL;
    }
    *s = (struct sink){ .cfg = *cfg, .redis = redis, .flying = flying };
    buf_init(&s->json, JSON_MAX_BYTES);
    outbox_shared_init(&s->shared);
    texts_init(&s->status);
    texts_init(&s->detectors);
    texts_init(&s->feed);
    return s;
}

void sink_set_time(struct sink *s, struct mono now)
{
    s->now = now;
}

void sink_forget(struct sink *s)
{
    (void)sink_settle(s, NULL);
    for (size_t i = 0; i < s->n; i++) {
        outbox_destroy(s->boxes[i]);
    }
    s->n = 0;
    s->n_queued = 0;
}

void sink_destroy(struct sink *s)
{
    if (!s) {
        return;
    }
    sink_forget(s);
    outbox_shared_fini(&s->shared);
    free(s->boxes);
    free(s->queued);
    free(s->expected);
    free(s->expected_flying);
    free(s->flying);
    buf_fini(&s->json);
    texts_fini(&s->status);
    texts_fini(&s->detectors);
    texts_fini(&s->feed);
    free(s);
}

const struct sink_counts *sink_counts(const struct sink *s)
{
    return &s->counts;
}

void sink_mark_unsure(struct sink *s)
{
    for (size_t i = 0; i < s->n; i++) {
        s->boxes[i]->unsure = true;
        outbox_forget_held(s->boxes[i]);
    }
    s->status.key.known = false;
    s->detectors.key.known = false;
    s->feed.key.known = false;
}

bool sink_notice_connection(struct sink *s)
{
    uint64_t connects = redis_connects(s->redis);
    bool changed = connects != s->connects;
    if (changed) {
        s->connects = connects;
        sink_mark_unsure(s);
    }
    return changed;
}

/* ---- queueing ---- */

static bool add_pattern(struct sink *s, struct outbox *o, const struct sink_pattern *p,
                        struct err *err)
{
    buf_clear(&s->json);
    report_put_episode(p->e, p->decl, &s->json);
    if (s->json.failed) {
        return err_set(err, ERR_MEMORY, "out of memory for a pattern");
    }
    uint64_t dropped = o->dropped;
    bool ok = outbox_add_pattern(o, p->e->id, p->e->last_ns, s->json.data, s->json.len,
                                 p->e->state == EPISODE_ENDED, err);
    s->counts.dropped += o->dropped - dropped;
    return ok;
}

static bool add_patterns(struct sink *s, struct outbox *o, int64_t tick_ns,
                         const struct sink_pattern *patterns, size_t n, struct err *err)
{
    int64_t ttl_ns = s->cfg.ttl_patterns_s * NS_PER_S;
    if (o->oldest_ns < tick_ns - ttl_ns - ttl_ns / FORGET_SHARE) {
        outbox_forget_older(o, tick_ns - ttl_ns);
    }
    for (size_t i = 0; i < n; i++) {
        if (!add_pattern(s, o, &patterns[i], err)) {
            return false;
        }
    }
    return true;
}

/* What is under way must not change; what failed of it is still queued. */
static void queue(struct sink *s, struct outbox *o)
{
    if (o->flying) {
        (void)sink_settle(s, NULL);
    }
    if (!o->queued) {
        o->queued = true;
        s->queued[s->n_queued++] = o;
    }
}

struct report *sink_report(struct sink *s, const char *ticker, size_t *place, struct err *err)
{
    struct outbox *o = sink_box_at(s, ticker, place);
    if (o) {
        queue(s, o);
    }
    if (!o || !outbox_begin_report(o)) {
        (void)err_set(err, ERR_MEMORY, "ticker %s: out of memory for a report", ticker);
        return NULL;
    }
    return o->report;
}

bool sink_add(struct sink *s, const struct report *r, const struct sink_pattern *patterns, size_t n,
              struct err *err)
{
    struct outbox *last = s->n_queued > 0 ? s->queued[s->n_queued - 1] : NULL;
    struct outbox *o = last && last->report == r ? last : sink_box(s, r->ticker);
    if (!o) {
        return err_set(err, ERR_MEMORY, "out of memory for ticker %s", r->ticker);
    }
    queue(s, o);
    return (outbox_add_report(o, r, err) && add_patterns(s, o, r->tick_ns, patterns, n, err)) ||
           err_wrap(err, "ticker %s", r->ticker);
}

/* ---- flushing ---- */

static bool any_unsure(const struct batch *b)
{
    for (size_t i = 0; i < b->n; i++) {
        if (b->boxes[i]->unsure) {
            return true;
        }
    }
    return false;
}

static bool queue_look(struct sink *s, struct batch *b, struct err *err)
{
    char key[KEY_MAX];
    key_sequence(&s->cfg.keys, key);
    bool ok = sink_queue_look(s, err);
    b->asked_number = any_unsure(b);
    ok = ok && (!b->asked_number || redis_queuef(s->redis, err, "GET %s", key));
    for (size_t i = 0; ok && i < b->n; i++) {
        b->asked[i] = b->boxes[i]->unsure;
        if (!b->asked[i]) {
            continue; /* under our lease ever since: what is stored is ours */
        }
        key_state(&s->cfg.keys, key, b->boxes[i]->ticker);
        ok = redis_queuef(s->redis, err, "HGET %s tick_ms", key);
        key_patterns(&s->cfg.keys, key, b->boxes[i]->ticker);
        ok = ok && redis_queuef(s->redis, err, "ZRANGE %s 0 -1", key);
    }
    return ok;
}

/* 0: none, or none that can be read; writing replaces it. */
static double stored_tick_ms(const struct reply *r)
{
    double tick_ms = 0;
    bool known = r != NULL && r->type == REPLY_STRING &&
                 decimal_parse_double(r->str, r->len, &tick_ms, NULL);
    return known ? tick_ms : 0;
}

/* What the look showed of one box. False: it cannot be written, and err says why. */
static bool digest_box(struct outbox *o, const struct reply *tick, const struct reply *members,
                       struct err *err)
{
    if (reply_refused(tick, err) || reply_refused(members, err) || !sink_recall(o, members, err)) {
        return err_wrap(err, "ticker %s", o->ticker);
    }
    o->stored_tick_ms = stored_tick_ms(tick);
    return true;
}

/* Those behind box i come soon. */
static void look_ahead(const struct batch *b, size_t i, size_t steps)
{
    for (size_t step = 1; step <= steps; step++) {
        size_t at = i + steps + 1 - step;
        if (at < b->n) {
            outbox_expect(b->boxes[at], (int)step);
        }
    }
}

/* And its own texts do. */
static void look_near(const struct batch *b, size_t i)
{
    look_ahead(b, i, EXPECT_STEPS);
    outbox_expect_texts(b->boxes[i]);
}

/* Boxes that cannot be written, and those whose report is too old, leave the batch. */
static enum flush digest_look(struct sink *s, struct batch *b, const struct reply *replies,
                              struct err *err)
{
    enum flush flush = FLUSH_OK;
    size_t kept = 0;
    for (size_t i = 0; i < b->n; i++) {
        struct outbox *o = b->boxes[i];
        look_ahead(b, i, 2);
        bool known = !b->asked[i] || digest_box(o, &replies[0], &replies[1], err);
        if (b->asked[i]) {
            replies += 2;
        }
        if (!known) {
            flush = FLUSH_FAILED;
        } else if (o->stored_tick_ms > (double)o->report->tick_ns / NS_PER_MS) {
            outbox_drop_report(o);
            s->counts.older++;
        } else {
            b->boxes[kept++] = o;
        }
    }
    b->n = kept;
    return flush;
}

/* On a new connection what an outbox remembers must be compared first: then it looks again. */
static bool ask(struct sink *s, struct batch *b, const struct reply **replies_out, struct err *err)
{
    for (int i = 0; i < RACES_MAX; i++) {
        size_t n;
        if (!queue_look(s, b, err) || !redis_exec(s->redis, replies_out, &n, err)) {
            return false;
        }
        if (!sink_notice_connection(s)) {
            return true;
        }
    }
    return err_set(err, ERR_CONNECTION, "the connection does not last");
}

/* Another engine may have counted on. */
static void recall_number(struct sink *s, const struct reply *r)
{
    int64_t n = 0;
    bool known = r->type == REPLY_STRING && decimal_parse_i64(r->str, r->len, &n, NULL);
    s->sequence = known && n > s->sequence && n < SEQUENCE_MAX ? n : s->sequence;
}

/* A write that changes episodes gets a number larger than any before it, whoever made them. It lies
 * about the tick in us, so that a Redis that was emptied does not begin with small ones again. */
static bool number_write(struct sink *s, const struct batch *b, struct err *err)
{
    int64_t newest_us = 0;
    for (size_t i = 0; i < b->n; i++) {
        int64_t tick_us = b->boxes[i]->report->tick_ns / NS_PER_US;
        newest_us = outbox_has_changes(b->boxes[i]) && tick_us > newest_us ? tick_us : newest_us;
    }
    if (newest_us == 0) {
        return true;
    }
    s->sequence = (newest_us > s->sequence ? newest_us : s->sequence) + 1;
    return sink_put_sequence(s, err);
}

/* FLUSH_FAILED with boxes left in the batch: these can be written all the same. */
static enum flush look(struct sink *s, struct batch *b, struct err *err)
{
    const struct reply *replies = NULL;
    if (sink_stands(s) && !any_unsure(b)) {
        memset(b->asked, 0, sizeof b->asked);
        return digest_look(s, b, NULL, err);
    }
    enum guard guard = ask(s, b, &replies, err) ? sink_guard(s, replies, err) : GUARD_FAILED;
    if (guard == GUARD_MINE) {
        replies += LOOK_REPLIES;
        if (b->asked_number) {
            recall_number(s, replies++);
        }
        return digest_look(s, b, replies, err);
    }
    b->n = 0;
    b->staged = false;
    return guard == GUARD_FAILED ? FLUSH_FAILED : FLUSH_NOT_OURS;
}

/* MULTI and all commands of the batch. */
static bool put_batch(struct sink *s, struct batch *b, struct err *err)
{
    bool ok = sink_queue_multi(s, err) && number_write(s, b, err);
    b->first = s->n_commands;
    for (size_t i = 0; ok && i < b->n; i++) {
        look_near(b, i);
        ok = sink_put_box(s, b->boxes[i], err);
        b->end[i] = s->n_commands;
    }
    return ok && (!b->staged || sink_put_staged(s, err));
}

/* Redis does not take a transaction back when one of its commands fails: those tickers alone are
 * tried again. */
static enum flush settle(struct sink *s, struct batch *b, const int64_t *expected,
                         const struct reply *results, struct err *err)
{
    enum flush flush = FLUSH_OK;
    size_t at = b->first;
    for (size_t i = 0; i < b->n; i++) {
        const struct reply *failed = NULL;
        bool surprised = false;
        look_near(b, i);
        for (; at < b->end[i]; at++) {
            failed = !failed && results[at].type == REPLY_ERROR ? &results[at] : failed;
            surprised = surprised || sink_is_surprise(expected[at], &results[at]);
        }
        if (failed) {
            err_set(err, ERR_REMOTE, "ticker %s: %s", b->boxes[i]->ticker, failed->str);
            b->boxes[i]->unsure = true;
            b->boxes[i]->changes_usurped =
                strncmp(failed->str, "WRONGTYPE", 9) == 0 && outbox_list_all(b->boxes[i]);
            outbox_forget_held(b->boxes[i]);
            flush = FLUSH_FAILED;
        } else {
            b->boxes[i]->changes_usurped = false;
            s->counts.reports++;
            s->counts.patterns += outbox_written(b->boxes[i], s->now);
        }
        if (surprised) {
            b->boxes[i]->unsure = true;
            outbox_forget_held(b->boxes[i]);
            s->counts.mended++;
        }
    }
    return flush;
}

/* And of what was written behind the boxes. */
static enum flush settle_all(struct sink *s, struct batch *b, const int64_t *expected,
                             size_t n_commands, const struct reply *results, struct err *err)
{
    enum flush boxes = settle(s, b, expected, results, err);
    size_t from = b->n > 0 ? b->end[b->n - 1] : b->first;
    bool ok = !b->staged ||
              sink_settle_staged(s, expected + from, results + from, n_commands - from, err);
    return boxes == FLUSH_OK && !ok ? FLUSH_FAILED : boxes;
}

static enum flush flush_batch(struct sink *s, struct batch *b, struct err *err)
{
    enum flush worst = FLUSH_OK;
    for (int i = 0; i < RACES_MAX; i++) {
        enum flush looked = look(s, b, err);
        worst = looked != FLUSH_OK ? looked : worst;
        if (b->n == 0 && !b->staged) {
            return worst;
        }
        const struct reply *results;
        enum commit commit = put_batch(s, b, err) ? sink_commit(s, &results, err) : COMMIT_FAILED;
        if (commit == COMMIT_DONE) {
            enum flush settled = settle_all(s, b, s->expected, s->n_commands, results, err);
            return settled != FLUSH_OK ? settled : worst;
        }
        if (commit == COMMIT_FAILED) {
            return FLUSH_FAILED;
        }
    }
    err_set(err, ERR_REMOTE, "the lease changes hands too fast");
    return FLUSH_FAILED;
}

/* ---- a write under way ---- */

static enum flush worse(enum flush a, enum flush b)
{
    return a == FLUSH_NOT_OURS || b == FLUSH_NOT_OURS ? FLUSH_NOT_OURS
           : a == FLUSH_FAILED || b == FLUSH_FAILED   ? FLUSH_FAILED
                                                      : FLUSH_OK;
}

/* *intact_out: it went as it should, and what is queued behind it may follow. */
static enum flush land(struct sink *s, bool *intact_out, struct err *err)
{
    const struct reply *replies, *results;
    size_t n;
    *intact_out = true;
    if (s->flying->n == 0) {
        return FLUSH_OK;
    }
    struct batch b = *s->flying;
    s->flying->n = 0;
    s->staged_flies = false;
    for (size_t i = 0; i < b.n; i++) {
        b.boxes[i]->flying = false;
    }
    enum commit commit = redis_finish(s->redis, &replies, &n, err)
                             ? sink_read_commit(s, replies, n, s->n_flying, &results, err)
                             : COMMIT_FAILED;
    if (commit == COMMIT_DONE) {
        return settle_all(s, &b, s->expected_flying, s->n_flying, results, err);
    }
    *intact_out = false;
    redis_unqueue(s->redis);
    return commit == COMMIT_RACED ? flush_batch(s, &b, err) : FLUSH_FAILED;
}

bool sink_flies(const struct sink *s)
{
    return s->flying->n > 0;
}

void sink_pump(struct sink *s)
{
    redis_pump(s->redis);
}

enum flush sink_settle(struct sink *s, struct err *err)
{
    bool intact;
    return land(s, &intact, err);
}

static enum flush take_off(struct sink *s, const struct batch *b, struct err *err)
{
    int64_t *expected = s->expected_flying;
    size_t cap = s->cap_flying;
    s->watching = false;
    if (!redis_start_same(s->redis, err)) {
        return FLUSH_FAILED;
    }
    s->expected_flying = s->expected;
    s->cap_flying = s->cap_expected;
    s->expected = expected;
    s->cap_expected = cap;
    s->n_flying = s->n_commands;
    *s->flying = *b;
    s->staged_flies = b->staged;
    for (size_t i = 0; i < b->n; i++) {
        b->boxes[i]->flying = true;
    }
    return FLUSH_OK;
}

/* Prepared while the one before is under way, and sent when that has gone well. */
static enum flush fly_batch(struct sink *s, struct batch *b, struct err *err)
{
    bool stands = s->flying->n > 0 || sink_stands(s), intact;
    memset(b->asked, 0, sizeof b->asked);
    enum flush looked = digest_look(s, b, NULL, err);
    bool put = b->n > 0 && put_batch(s, b, err) && sink_queue_commit(s, err);
    bool flew = s->flying->n > 0;
    enum flush before = worse(looked, land(s, &intact, err));
    if (b->n == 0 || (!put && intact)) {
        return b->n == 0 ? before : FLUSH_FAILED;
    }
    if (intact && stands && (!flew || s->watching)) {
        return worse(before, take_off(s, b, err));
    }
    redis_unqueue(s->redis);
    return before == FLUSH_NOT_OURS ? before : worse(before, flush_batch(s, b, err));
}

/* Takes those off the list that have nothing queued any more. */
static void tidy_queue(struct sink *s)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->n_queued; i++) {
        struct outbox *o = s->queued[i];
        o->queued = o->report != NULL;
        if (o->queued) {
            s->queued[kept++] = o;
        }
    }
    s->n_queued = kept;
}

static enum flush flush_all(struct sink *s, bool on, struct err *err)
{
    enum flush worst = on ? FLUSH_OK : sink_settle(s, err);
    if (worst == FLUSH_NOT_OURS) {
        return worst;
    }
    size_t at = 0;
    do {
        struct batch b = { .n = 0 };
        for (; at < s->n_queued && b.n < FLUSH_TICKERS; at++) {
            if (s->queued[at]->report && !s->queued[at]->flying) {
                b.boxes[b.n++] = s->queued[at];
            }
        }
        b.staged = at == s->n_queued && sink_has_staged(s) && !s->staged_flies;
        bool flies = on && b.n > 0 && !any_unsure(&b);
        enum flush flush = FLUSH_OK;
        if (flies) {
            flush = fly_batch(s, &b, err);
        } else if (b.n || b.staged) {
            flush = sink_settle(s, err);
            flush = flush == FLUSH_NOT_OURS ? flush : worse(flush, flush_batch(s, &b, err));
        }
        if (flush == FLUSH_NOT_OURS) {
            return flush;
        }
        worst = flush == FLUSH_FAILED ? flush : worst;
        if (flush == FLUSH_FAILED && !redis_connected(s->redis)) {
            return flush;
        }
    } while (at < s->n_queued);
    return worst;
}

enum flush sink_flush(struct sink *s, struct err *err)
{
    enum flush flush = flush_all(s, false, err);
    tidy_queue(s);
    return flush;
}

enum flush sink_flush_on(struct sink *s, struct err *err)
{
    enum flush flush = flush_all(s, true, err);
    tidy_queue(s);
    return flush;
}

enum flush sink_send(struct sink *s, struct err *err)
{
    enum flush flush = sink_flush_on(s, err);
    return redis_sent(s->redis) ? flush : worse(flush, sink_settle(s, err));
}
