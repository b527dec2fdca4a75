/* SPDX-License-Identifier: MIT */
#include "query_patterns.h"

#include "clock.h"
#include "collect.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { AHEAD_S = 60, ALL_N = 2, CHANGES_N = 5, SCORE_MAX = 48 };

/* A score at or just below the moment. */
static void print_score(char out[SCORE_MAX], int64_t ts_ns)
{
    int64_t ms = ts_ns > 0 ? ts_ns / NS_PER_MS : 0;
    (void)snprintf(out, SCORE_MAX, "%" PRId64 ".%03d", ms / 1000, (int)(ms % 1000));
}

static bool shows_all(const struct answer *a)
{
    return a->patterns_max == ANSWER_ALL_PATTERNS;
}

/* What is remembered serves somewhat longer spans, too. */
static int64_t learn_from_ns(const struct answer *a)
{
    int64_t span_ns =
        shows_all(a) ? a->history_ns : a->history_ns + a->history_ns / 4 + AHEAD_S * NS_PER_S;
    return a->now_ns - span_ns;
}

static bool queue_all(struct query *q, const struct answer *a, int64_t from_ns, struct err *err)
{
    char key[KEY_MAX], from[SCORE_MAX];
    key_sequence(&q->cfg->keys, key);
    if (!redis_queuef(q->redis, err, "GET %s", key)) {
        return false;
    }
    key_patterns(&q->cfg->keys, key, a->ticker);
    print_score(from, from_ns);
    return redis_queuef(q->redis, err, "ZRANGEBYSCORE %s %s +inf", key, from);
}

static bool queue_changes(struct query *q, const struct answer *a, const struct recent_mark *mark,
                          struct err *err)
{
    char key[KEY_MAX], changes[KEY_MAX], from[SCORE_MAX];
    key_sequence(&q->cfg->keys, key);
    key_changes(&q->cfg->keys, changes, a->ticker);
    if (!redis_queuef(q->redis, err, "GET %s", key) ||
        !redis_queuef(q->redis, err, "ZRANGEBYSCORE %s (%lld +inf", changes,
                      (long long)mark->sequence)) {
        return false;
    }
    key_patterns(&q->cfg->keys, key, a->ticker);
    print_score(from, mark->from_ns);
    return redis_queuef(q->redis, err, "ZREVRANGE %s 0 %d", key, RECENT_NEWEST - 1) &&
           redis_queuef(q->redis, err, "ZCOUNT %s %s +inf", key, from) &&
           redis_queuef(q->redis, err, "ZRANGEBYSCORE %s %s +inf LIMIT 0 1", key, from);
}

bool patterns_queue(struct query *q, const struct answer *a, struct pattern_plan *out,
                    struct err *err)
{
    *out = (struct pattern_plan){ .n_replies = 0 };
    if (a->patterns_max == 0) {
        return true;
    }
    out->known = q->cfg->recent != NULL && !shows_all(a) &&
                 recent_mark(q->cfg->recent, a->ticker, a->now_ns - a->history_ns, &out->mark);
    out->n_replies = out->known ? CHANGES_N : ALL_N;
    return out->known ? queue_changes(q, a, &out->mark, err)
                      : queue_all(q, a, learn_from_ns(a), err);
}

/* A member that cannot be read (the peer's, left from before) is passed over. */
static bool collect_all(const struct reply *r, struct answer *a, struct err *err)
{
    answer_drop_patterns(a);
    for (size_t i = 0; r->type == REPLY_ARRAY && i < r->n; i++) {
        if (!collect_pattern(a, r->items[i].str, r->items[i].len, err) && err->code == ERR_MEMORY) {
            return false;
        }
    }
    return true;
}

static bool read_all(struct query *q, const struct reply *r, int64_t from_ns, struct answer *a,
                     struct err *err)
{
    struct err why = { 0 };
    return (!shows_all(a) &&
            recent_learn(q->cfg->recent, &r[0], &r[1], from_ns, a->patterns_max, a, &why)) ||
           collect_all(&r[1], a, err);
}

static bool ask_all(struct query *q, struct answer *a, struct err *err)
{
    const struct reply *r;
    int64_t from_ns = learn_from_ns(a);
    return queue_all(q, a, from_ns, err) && query_exec(q, ALL_N, &r, err) &&
           read_all(q, r, from_ns, a, err);
}

static bool ask_wanted(struct query *q, const struct recent_want *wants, size_t n, struct answer *a,
                       bool *found_out, struct err *err)
{
    const struct reply *r;
    char key[KEY_MAX], from[SCORE_MAX], to[SCORE_MAX];
    key_patterns(&q->cfg->keys, key, a->ticker);
    for (size_t i = 0; i < n; i++) {
        print_score(from, wants[i].last_ns);
        print_score(to, wants[i].last_ns + NS_PER_MS);
        if (!redis_queuef(q->redis, err, "ZRANGEBYSCORE %s %s %s", key, from, to)) {
            return false;
        }
    }
    if (n > 0 && !query_exec(q, n, &r, err)) {
        return false;
    }
    *found_out = true;
    for (size_t i = 0; i < n && *found_out; i++) {
        *found_out = recent_give(q->cfg->recent, &wants[i], &r[i], a);
    }
    return true;
}

bool patterns_read(struct query *q, const struct pattern_plan *plan, const struct reply *r,
                   struct answer *a, struct err *err)
{
    if (a->patterns_max == 0) {
        return true;
    }
    if (!plan->known) {
        return read_all(q, r, learn_from_ns(a), a, err);
    }
    struct recent_look look = { &r[0], &r[1], &r[2], &r[3], &r[4], &q->parsed };
    struct recent_want *wants = calloc(a->patterns_max, sizeof *wants);
    size_t n_wants = 0;
    bool found = wants != NULL && recent_patterns(q->cfg->recent, &plan->mark, &look,
                                                  a->patterns_max, a, wants, &n_wants);
    bool ok = !found || ask_wanted(q, wants, n_wants, a, &found, err);
    free(wants);
    return ok && (found || ask_all(q, a, err));
}
