/* SPDX-License-Identifier: MIT */
#include "zset.h"

#include "decimal.h"
#include "log.h"
#include "prefetch.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ZSET_PIPELINE * CHUNK members of the longest kind still fit into one answer of Redis. */
enum { CHUNK = 1000, AHEAD_MS = 2000 };

enum { SCORE_MAX = 40 };

/* After `before`, so that Redis reads the same double. */
static size_t put_score(char out[SCORE_MAX], const char *before, double score)
{
    size_t n = strlen(before);
    memcpy(out, before, n);
    if (score == floor(score) && fabs(score) < 1e15) {
        return n + decimal_print_i64(out + n, (int64_t)score);
    }
    return n + (size_t)snprintf(out + n, SCORE_MAX - n, "%.17g", score);
}

/* How many members there are from one score up to another. */
static bool queue_count(struct redis *redis, const char *key, double from, double to,
                        struct err *err)
{
    char text[SCORE_MAX];
    redis_begin(redis);
    redis_word(redis, "ZCOUNT", 6);
    redis_word(redis, key, strlen(key));
    redis_word(redis, text, put_score(text, "", from));
    redis_word(redis, text, put_score(text, "(", to));
    return redis_end(redis, err);
}

/* A chunk of those from one score on, behind the first `skip`. */
static bool queue_from(struct redis *redis, const char *key, double from, int64_t to_ms,
                       int64_t skip, struct err *err)
{
    char text[SCORE_MAX];
    redis_begin(redis);
    redis_word(redis, "ZRANGEBYSCORE", 13);
    redis_word(redis, key, strlen(key));
    redis_word(redis, text, put_score(text, "", from));
    redis_word(redis, text, decimal_print_i64(text, to_ms));
    redis_word(redis, "WITHSCORES", 10);
    redis_word(redis, "LIMIT", 5);
    redis_word(redis, text, decimal_print_i64(text, skip));
    redis_word(redis, text, decimal_print_i64(text, CHUNK));
    return redis_end(redis, err);
}

static bool queue_whole(struct redis *redis, const struct keys *keys, struct zset_source *s,
                        int64_t wall_ms, struct err *err)
{
    char key[KEY_MAX];
    key_quotes(keys, key, s->ticker);
    s->narrow = false;
    return queue_from(redis, key, (double)s->from_ms, wall_ms + AHEAD_MS, s->skip, err);
}

/* Most of what lies behind from_ms is known: is it still all, and what is new? */
static bool queue_narrow(struct redis *redis, const struct keys *keys, struct zset_source *s,
                         int64_t wall_ms, struct err *err)
{
    char key[KEY_MAX];
    key_quotes(keys, key, s->ticker);
    s->narrow = true;
    return queue_count(redis, key, s->known.from, s->known.to, err) &&
           queue_from(redis, key, s->known.to, wall_ms + AHEAD_MS, 0, err);
}

static bool queue_read(struct redis *redis, const struct keys *keys, struct zset_source *s,
                       int64_t wall_ms, struct err *err)
{
    bool narrow = s->skip == 0 && zset_known_covers(&s->known, (double)s->from_ms);
    return narrow ? queue_narrow(redis, keys, s, wall_ms, err)
                  : queue_whole(redis, keys, s, wall_ms, err);
}

static void log_unreadable(const struct zset_source *s, enum malformed why, const struct err *err,
                           size_t more)
{
    log_warn("quote_malformed", "ticker=%s cause=%s more_in_batch=%zu detail=\"%s\"", s->ticker,
             malformed_name(why), more, err->text);
}

/* False when this unreadable member was among the last ones seen: a re-read is no second fault. */
static bool is_new_fault(struct zset_source *s, uint64_t h)
{
    size_t kept = s->n_bad < ZSET_BAD_KEPT ? s->n_bad : ZSET_BAD_KEPT;
    for (size_t i = 0; i < kept; i++) {
        if (s->bad[i] == h) {
            return false;
        }
    }
    s->bad[s->n_bad++ % ZSET_BAD_KEPT] = h;
    return true;
}

static bool push_members(struct zset_source *s, const struct reply *r, double *last_out,
                         struct err *err)
{
    size_t bad = 0;
    enum malformed first_why = MALFORMED_NONE;
    struct err first = { 0 };
    int64_t newest_ns = stream_newest_ns(s->stream);
    for (size_t i = 0; i + 1 < r->n; i += 2) {
        const struct reply *member = &r->items[i];
        double score_ms = 0;
        struct err detail = { 0 };
        enum malformed why = MALFORMED_NONE;
        struct row row;
        if (!decimal_parse_double(r->items[i + 1].str, r->items[i + 1].len, &score_ms, &detail)) {
            return err_set(err, ERR_PROTOCOL, "a score that is no number: %s", detail.text);
        }
        *last_out = score_ms;
        uint64_t hash = row_hash(member->str, member->len);
        bool may_repeat = !s->narrow || score_ms <= s->known.to;
        if (may_repeat && stream_repeats(s->stream, hash)) {
            continue;
        }
        if (!row_from_member(member->str, member->len, hash, score_ms, s->ticker, &row, &why,
                             &detail)) {
            if (is_new_fault(s, hash)) {
                stream_count_malformed(s->stream, why);
                if (bad++ == 0) {
                    first = detail;
                    first_why = why;
                }
            }
            continue;
        }
        if (!stream_push(s->stream, &row, err)) {
            return false;
        }
    }
    s->fresh = stream_newest_ns(s->stream) != newest_ns;
    if (bad > 0) {
        log_unreadable(s, first_why, &first, bad - 1);
    }
    return true;
}

/* Members below the highest score: those with that score may become more. */
static int64_t count_below_last(const struct reply *r)
{
    size_t n = r->n / 2;
    const struct reply *last = n > 0 ? &r->items[2 * n - 1] : NULL;
    while (n > 0 && r->items[2 * n - 1].len == last->len &&
           memcmp(r->items[2 * n - 1].str, last->str, last->len) == 0) {
        n--;
    }
    return (int64_t)n;
}

static void learn(struct zset_source *s, const struct reply *r, double last)
{
    bool whole = r->n / 2 < CHUNK && s->skip == 0;
    if (whole && s->narrow) {
        zset_known_add(&s->known, last, count_below_last(r));
    } else if (whole) {
        zset_known_begin(&s->known, (double)s->from_ms, last, count_below_last(r));
    } else {
        s->known.valid = false;
    }
}

static void move_on(struct zset_source *s, size_t members, int64_t last_ms)
{
    s->drained = members < CHUNK;
    if (s->drained) {
        s->skip = 0;
        if (stream_newest_ns(s->stream) != 0) {
            s->from_ms = stream_read_from_ms(s->stream);
            zset_known_trim(&s->known, (double)s->from_ms);
        }
    } else if (last_ms > s->from_ms) {
        s->from_ms = last_ms;
        s->skip = 0;
    } else {
        s->skip += CHUNK;
    }
}

static bool take_reply(struct zset_source *s, const struct reply *r, struct err *err)
{
    s->fresh = false;
    s->drained = false;
    s->failed = r->type != REPLY_ARRAY;
    if (s->failed) {
        s->known.valid = false;
        (void)snprintf(s->trouble, sizeof s->trouble, "%.*s", (int)(r->len < 150 ? r->len : 150),
                       r->type == REPLY_ERROR ? r->str : "unexpected reply");
        return true;
    }
    double last = s->narrow ? s->known.to : (double)s->from_ms;
    if (!push_members(s, r, &last, err)) {
        return err_wrap(err, "ticker %s", s->ticker);
    }
    learn(s, r, last);
    move_on(s, r->n / 2, (int64_t)last);
    return true;
}

/* Something came below what was read, late or out of order: *wider_out, and nothing is taken. */
static bool take_replies(struct zset_source *s, const struct reply **at, bool *wider_out,
                         struct err *err)
{
    *wider_out = false;
    if (s->narrow) {
        const struct reply *count = (*at)++;
        *wider_out = count->type == REPLY_INT && count->integer != zset_known_count(&s->known);
    }
    const struct reply *members = (*at)++;
    if (*wider_out) {
        zset_known_distrust(&s->known);
        return true;
    }
    return take_reply(s, members, err);
}

/* The reply of one source after the other is taken, and the state of the next is in no cache. */
static void expect(struct zset_source *const *sources, size_t n, size_t i)
{
    if (i + 3 < n) {
        prefetch(&sources[i + 3]->stream);
        prefetch_bytes(&sources[i + 3]->known, sizeof sources[i + 3]->known);
    }
    for (int step = 1; step <= 2; step++) {
        size_t ahead = i + 3 - (size_t)step;
        if (ahead < n) {
            stream_expect(sources[ahead]->stream, step);
        }
    }
}

static bool not_drained(struct zset_source *const *sources, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        sources[i]->drained = false;
    }
    return false;
}

bool zset_start(struct redis *redis, const struct keys *keys, struct zset_source *const *sources,
                size_t n, int64_t wall_ms, struct err *err)
{
    CHECK(n > 0 && n <= ZSET_PIPELINE);
    bool ok = true;
    for (size_t i = 0; ok && i < n; i++) {
        ok = queue_read(redis, keys, sources[i], wall_ms, err);
    }
    ok = ok && redis_start(redis, err);
    return ok || (not_drained(sources, n), err_wrap(err, "reading quotes"));
}

/* Of those that need it, everything. */
static bool read_wider(struct redis *redis, const struct keys *keys,
                       struct zset_source *const *sources, size_t n, int64_t wall_ms,
                       struct err *err)
{
    const struct reply *replies;
    size_t n_replies;
    for (size_t i = 0; i < n; i++) {
        if (!queue_whole(redis, keys, sources[i], wall_ms, err)) {
            return false;
        }
    }
    bool ok = redis_exec(redis, &replies, &n_replies, err);
    CHECK(!ok || n_replies == n);
    for (size_t i = 0; ok && i < n; i++) {
        ok = take_reply(sources[i], &replies[i], err);
    }
    return ok;
}

bool zset_finish(struct redis *redis, const struct keys *keys, struct zset_source *const *sources,
                 size_t n, int64_t wall_ms, struct err *err)
{
    struct zset_source *wider[ZSET_PIPELINE];
    const struct reply *replies;
    size_t n_replies, n_wider = 0;
    bool ok = redis_finish(redis, &replies, &n_replies, err);
    const struct reply *at = replies;
    for (size_t i = 0; ok && i < n; i++) {
        bool is_wider;
        expect(sources, n, i);
        ok = take_replies(sources[i], &at, &is_wider, err);
        if (is_wider) {
            wider[n_wider++] = sources[i];
        }
    }
    CHECK(!ok || at == replies + n_replies);
    ok = ok && read_wider(redis, keys, wider, n_wider, wall_ms, err);
    return ok || (not_drained(sources, n), err_wrap(err, "reading quotes"));
}

bool zset_read(struct redis *redis, const struct keys *keys, struct zset_source *const *sources,
               size_t n, int64_t wall_ms, struct err *err)
{
    for (size_t i = 0; i < n; i += ZSET_PIPELINE) {
        size_t some = n - i < ZSET_PIPELINE ? n - i : ZSET_PIPELINE;
        if (!zset_start(redis, keys, sources + i, some, wall_ms, err) ||
            !zset_finish(redis, keys, sources + i, some, wall_ms, err)) {
            return not_drained(sources + i, n - i);
        }
    }
    return true;
}

/* One command about one key. A key of another type holds no quotes: *out is NULL then, for that is
 * no reason to stop for the other tickers. */
static bool ask_key(struct redis *redis, const struct reply **out, struct err *err)
{
    const struct reply *replies;
    size_t n;
    if (!redis_exec(redis, &replies, &n, err)) {
        return false;
    }
    CHECK(n == 1);
    *out = replies[0].type != REPLY_ERROR ? &replies[0] : NULL;
    return *out != NULL || strncmp(replies[0].str, "WRONGTYPE", 9) == 0 ||
           err_set(err, ERR_REMOTE, "%s", replies[0].str);
}

bool zset_newest(struct redis *redis, const struct keys *keys, const char *ticker, int64_t wall_ms,
                 int64_t *newest_ms_out, struct err *err)
{
    char key[KEY_MAX];
    const struct reply *r;
    double newest_ms = 0;
    key_quotes(keys, key, ticker);
    if (!redis_queuef(redis, err, "ZREVRANGEBYSCORE %s %lld -inf WITHSCORES LIMIT 0 1", key,
                      (long long)(wall_ms + AHEAD_MS)) ||
        !ask_key(redis, &r, err)) {
        return err_wrap(err, "looking at the quotes of %s", ticker);
    }
    if (r != NULL && r->type == REPLY_ARRAY && r->n == 2 &&
        !decimal_parse_double(r->items[1].str, r->items[1].len, &newest_ms, NULL)) {
        newest_ms = 0;
    }
    *newest_ms_out = (int64_t)newest_ms;
    return true;
}

static bool look_ahead_at_some(struct redis *redis, const struct keys *keys,
                               struct zset_source *const *sources, size_t n, int64_t wall_ms,
                               struct err *err)
{
    for (size_t i = 0; i < n; i++) {
        char key[KEY_MAX];
        key_quotes(keys, key, sources[i]->ticker);
        if (!redis_queuef(redis, err, "ZCOUNT %s (%lld +inf", key,
                          (long long)(wall_ms + AHEAD_MS))) {
            return false;
        }
    }
    const struct reply *replies;
    size_t n_replies;
    if (!redis_exec(redis, &replies, &n_replies, err)) {
        return false;
    }
    CHECK(n_replies == n);
    for (size_t i = 0; i < n; i++) {
        sources[i]->ahead = replies[i].type == REPLY_INT ? replies[i].integer : 0;
        if (sources[i]->ahead > 0) {
            stream_count_future(sources[i]->stream);
        }
    }
    return true;
}

bool zset_look_ahead(struct redis *redis, const struct keys *keys,
                     struct zset_source *const *sources, size_t n, int64_t wall_ms, struct err *err)
{
    for (size_t i = 0; i < n; i += ZSET_PIPELINE) {
        size_t some = n - i < ZSET_PIPELINE ? n - i : ZSET_PIPELINE;
        if (!look_ahead_at_some(redis, keys, sources + i, some, wall_ms, err)) {
            return err_wrap(err, "looking for quotes ahead of the clock");
        }
    }
    return true;
}

bool zset_has_older(struct redis *redis, const struct keys *keys, const char *ticker,
                    int64_t from_ms, bool *out, struct err *err)
{
    char key[KEY_MAX];
    const struct reply *r;
    key_quotes(keys, key, ticker);
    if (!redis_queuef(redis, err, "ZCOUNT %s -inf (%lld", key, (long long)from_ms) ||
        !ask_key(redis, &r, err)) {
        return err_wrap(err, "counting the quotes of %s", ticker);
    }
    *out = r != NULL && r->type == REPLY_INT && r->integer > 0;
    return true;
}

/* ---- discovery ---- */

static bool is_glob(const char *word)
{
    return strpbrk(word, "*?[") != NULL;
}

static bool wanted_by(char *const *words, size_t n, const char *ticker)
{
    for (size_t i = 0; i < n; i++) {
        if (glob_match(words[i], ticker)) {
            return true;
        }
    }
    return false;
}

static void found_in_page(const struct keys *keys, const struct reply *page, char *const *globs,
                          size_t n_globs, zset_found_fn *found, void *ctx)
{
    for (size_t i = 0; i < page->n; i++) {
        char ticker[TICKER_MAX];
        if (key_quotes_ticker(keys, page->items[i].str, page->items[i].len, ticker,
                              sizeof ticker) &&
            ticker_valid(ticker) && wanted_by(globs, n_globs, ticker)) {
            found(ctx, ticker);
        }
    }
}

static bool scan_all(struct redis *redis, const struct keys *keys, char *const *globs,
                     size_t n_globs, zset_found_fn *found, void *ctx, struct err *err)
{
    char match[KEY_MAX], cursor[32] = "0";
    key_quotes(keys, match, "*");
    do {
        const struct reply *r;
        if (!redis_call(redis, &r, err, "SCAN %s MATCH %s COUNT 1000", cursor, match)) {
            return err_wrap(err, "looking for tickers");
        }
        if (r->type != REPLY_ARRAY || r->n != 2 || r->items[0].type != REPLY_STRING ||
            r->items[0].len >= sizeof cursor) {
            return err_set(err, ERR_PROTOCOL, "looking for tickers: SCAN answered oddly");
        }
        memcpy(cursor, r->items[0].str, r->items[0].len);
        cursor[r->items[0].len] = '\0';
        found_in_page(keys, &r->items[1], globs, n_globs, found, ctx);
    } while (strcmp(cursor, "0") != 0);
    return true;
}

bool zset_wants(const char *wanted, const char *ticker)
{
    char text[256], *rest = NULL;
    (void)snprintf(text, sizeof text, "%s", wanted);
    for (char *word = strtok_r(text, " ,\t", &rest); word != NULL;
         word = strtok_r(NULL, " ,\t", &rest)) {
        if (is_glob(word) ? glob_match(word, ticker) : strcmp(word, ticker) == 0) {
            return true;
        }
    }
    return false;
}

bool zset_discover(struct redis *redis, const struct keys *keys, const char *wanted,
                   zset_found_fn *found, void *ctx, struct err *err)
{
    char text[256], *globs[128], *rest = NULL;
    size_t n_globs = 0;
    (void)snprintf(text, sizeof text, "%s", wanted);
    for (char *word = strtok_r(text, " ,\t", &rest); word != NULL;
         word = strtok_r(NULL, " ,\t", &rest)) {
        if (is_glob(word)) {
            globs[n_globs++] = word; /* 256 bytes hold at most 128 words */
        } else if (ticker_valid(word)) {
            found(ctx, word);
        }
    }
    return n_globs == 0 || scan_all(redis, keys, globs, n_globs, found, ctx, err);
}
