/* SPDX-License-Identifier: MIT */
#include "query.h"

#include "clock.h"
#include "collect.h"
#include "find.h"
#include "query_patterns.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { NEWEST_LOOKED_AT = 4, POLL_MS = 20 };

/* The replies of fetch(), in this order; patterns follow the windows. From R_STATE on: the figures
 * of a tick. */
enum { R_ENGINE, R_NEWEST, R_COUNT, R_STATE, R_DETECTORS, R_BIDS, R_ASKS, R_WINDOWS };

static const char *const standard_windows[] = { "10s", "1min", "5min" };
enum { STANDARD_WINDOWS = 3 };

struct query *query_create(const struct query_config *cfg)
{
    struct query *q = calloc(1, sizeof *q);
    if (q == NULL) {
        return NULL;
    }
    q->cfg = cfg;
    q->redis = redis_create(&cfg->redis);
    if (q->redis == NULL) {
        free(q);
        return NULL;
    }
    figures_init(&q->figures);
    return q;
}

void query_destroy(struct query *q)
{
    if (q != NULL) {
        redis_destroy(q->redis);
        figures_fini(&q->figures);
        parsed_patterns_fini(&q->parsed);
        free(q);
    }
}

int64_t query_warmup_ms(const struct query *q)
{
    return q->cfg->warmup_ms;
}

void query_set_cancel(struct query *q, const atomic_bool *cancel)
{
    q->cancel = cancel;
    redis_set_cancel(q->redis, cancel);
}

bool query_name_url(const struct query *q, struct err *err)
{
    char url[300];
    redis_print_url(&q->cfg->redis, url, sizeof url);
    return strncmp(err->text, url, strlen(url)) != 0 ? err_wrap(err, "%s", url) : false;
}

static bool cancelled(const struct query *q)
{
    return q->cancel != NULL && atomic_load(q->cancel);
}

static const char *window_name(const struct query *q, int i)
{
    return i < STANDARD_WINDOWS ? standard_windows[i] : q->cfg->windows[i - STANDARD_WINDOWS];
}

static int count_windows(const struct query *q)
{
    int n = STANDARD_WINDOWS + q->cfg->n_windows;
    return n < REPORT_WINDOWS_MAX ? n : REPORT_WINDOWS_MAX;
}

static bool queue_ticker(struct query *q, const struct answer *a, struct err *err)
{
    const struct keys *k = &q->cfg->keys;
    char state[KEY_MAX], quotes[KEY_MAX], bids[KEY_MAX], asks[KEY_MAX];
    key_state(k, state, a->ticker);
    key_quotes(k, quotes, a->ticker);
    key_levels(k, bids, a->ticker, "bid");
    key_levels(k, asks, a->ticker, "ask");
    long long from_ms = (long long)((a->now_ns - a->history_ns) / NS_PER_MS);
    char detectors[KEY_MAX];
    key_detectors(k, detectors);
    return redis_queuef(q->redis, err, "ZREVRANGE %s 0 %d", quotes, NEWEST_LOOKED_AT - 1) &&
           redis_queuef(q->redis, err, "ZCOUNT %s %lld +inf", quotes, from_ms) &&
           redis_queuef(q->redis, err, "HGETALL %s", state) &&
           redis_queuef(q->redis, err, "HGETALL %s", detectors) &&
           redis_queuef(q->redis, err, "ZREVRANGE %s 0 %d", bids, LEVELS_MAX - 1) &&
           redis_queuef(q->redis, err, "ZREVRANGE %s 0 %d", asks, LEVELS_MAX - 1);
}

static bool queue_all(struct query *q, const struct answer *a, struct pattern_plan *plan,
                      struct err *err)
{
    const struct keys *k = &q->cfg->keys;
    char key[KEY_MAX];
    key_engine(k, key);
    if (!redis_queuef(q->redis, err, "GET %s", key) || !queue_ticker(q, a, err)) {
        return false;
    }
    for (int i = 0; i < count_windows(q); i++) {
        key_metrics(k, key, a->ticker, window_name(q, i));
        if (!redis_queuef(q->redis, err, "HGETALL %s", key)) {
            return false;
        }
    }
    return patterns_queue(q, a, plan, err);
}

bool query_exec(struct query *q, size_t want, const struct reply **replies_out, struct err *err)
{
    size_t n;
    if (!redis_exec(q->redis, replies_out, &n, err)) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if ((*replies_out)[i].type == REPLY_ERROR) {
            return err_set(err, ERR_REMOTE, "%s", (*replies_out)[i].str);
        }
    }
    return n == want || err_set(err, ERR_PROTOCOL, "%zu replies instead of %zu", n, want);
}

static bool is_array(const struct reply *r)
{
    return r->type == REPLY_ARRAY;
}

void query_read_lease(const struct reply *r, struct answer *a)
{
    a->engine = r->type == REPLY_STRING ? ENGINE_SERVING : ENGINE_ABSENT;
    if (r->type == REPLY_STRING) {
        collect_lease(a, r->str, r->len);
    }
}

bool query_read_state(const struct reply *r, struct report *out, struct err *err)
{
    for (size_t i = 0; is_array(r) && i + 1 < r->n; i += 2) {
        const struct reply *text = &r->items[i + 1];
        if (!report_get_state(out, r->items[i].str, text->str, text->len, err)) {
            return err_wrap(err, "stored state");
        }
    }
    return true;
}

static bool read_window(const struct reply *r, const char *name, struct report *out,
                        struct err *err)
{
    struct report_window *w = is_array(r) && r->n > 0 ? collect_window(out, name) : NULL;
    for (size_t i = 0; w != NULL && i + 1 < r->n; i += 2) {
        const struct reply *text = &r->items[i + 1];
        if (!report_get_metrics(w, &out->behaviors, r->items[i].str, text->str, text->len, err)) {
            return err_wrap(err, "stored metrics %s", name);
        }
    }
    return true;
}

static bool read_detectors(const struct reply *r, struct answer *a, struct err *err)
{
    for (size_t i = 0; is_array(r) && i + 1 < r->n; i += 2) {
        const struct reply *text = &r->items[i + 1];
        if (!collect_detector(a, r->items[i].str, text->str, text->len, err)) {
            return false;
        }
    }
    return true;
}

bool query_detectors(struct query *q, struct answer *out, struct err *err)
{
    const struct reply *r;
    char key[KEY_MAX];
    key_detectors(&q->cfg->keys, key);
    return (redis_call(q->redis, &r, err, "HGETALL %s", key) || query_name_url(q, err)) &&
           read_detectors(r, out, err);
}

/* A member that cannot be read (the peer's, left from before) is passed over. */
static bool read_levels(const struct reply *r, int side, struct report *out, struct err *err)
{
    for (size_t i = 0; is_array(r) && i < r->n; i++) {
        if (!collect_level(out, side, r->items[i].str, r->items[i].len, err) &&
            err->code == ERR_MEMORY) {
            return false;
        }
    }
    return true;
}

void query_read_newest(const struct reply *r, struct answer *a)
{
    a->newest = a->report.quote;
    for (size_t i = 0; is_array(r) && i < r->n; i++) {
        struct quote quote;
        if (collect_quote(r->items[i].str, r->items[i].len, &quote) &&
            quote.ts_ns <= a->now_ns + 2 * NS_PER_S && quote.ts_ns > a->newest.ts_ns) {
            a->newest = quote;
        }
    }
    a->found = a->newest.ts_ns != 0 || (is_array(r) && r->n > 0);
}

/* What somebody else left under our names is as good as nothing: an engine writes it anew. */
static bool read_report(const struct query *q, const struct reply *r, struct answer *a)
{
    struct err why = { 0 };
    bool ok = query_read_state(&r[R_STATE], &a->report, &why);
    for (int i = 0; ok && i < count_windows(q); i++) {
        ok = read_window(&r[R_WINDOWS + i], window_name(q, i), &a->report, &why);
    }
    if (!ok) {
        report_init(&a->report);
        (void)snprintf(a->note, sizeof a->note, "unreadable: %.180s", why.text);
    }
    return ok;
}

static bool read_figures(struct query *q, const struct reply *r, struct answer *a, struct err *err)
{
    size_t n = (size_t)(R_WINDOWS + count_windows(q) - R_STATE);
    if (figures_same(&q->figures, &r[R_STATE], n, a)) {
        return true;
    }
    bool readable = read_report(q, r, a);
    if (!read_detectors(&r[R_DETECTORS], a, err) || !read_levels(&r[R_BIDS], 0, &a->report, err) ||
        !read_levels(&r[R_ASKS], 1, &a->report, err)) {
        return false;
    }
    collect_sort_levels(&a->report);
    if (readable) {
        figures_keep(&q->figures, &r[R_STATE], n, a);
    }
    return true;
}

static bool read_all(struct query *q, const struct reply *r, const struct pattern_plan *plan,
                     struct answer *a, struct err *err)
{
    int windows = count_windows(q);
    query_read_lease(&r[R_ENGINE], a);
    if (!read_figures(q, r, a, err)) {
        return false;
    }
    memcpy(a->report.ticker, a->ticker, sizeof a->ticker);
    a->history_quotes =
        r[R_COUNT].type == REPLY_INT && !q->cfg->keys.firehose ? r[R_COUNT].integer : -1;
    query_read_newest(&r[R_NEWEST], a);
    return patterns_read(q, plan, &r[R_WINDOWS + windows], a, err);
}

/* One round trip, mostly: all there is about a->ticker. */
static bool fetch(struct query *q, struct answer *a, struct err *err)
{
    const struct reply *replies;
    struct pattern_plan plan;
    answer_fini(a);
    a->note[0] = '\0';
    report_init(&a->report);
    a->now_ns = clock_now().wall_ns / NS_PER_MS * NS_PER_MS; /* as the answer shows it */
    return queue_all(q, a, &plan, err) &&
           query_exec(q, (size_t)(R_WINDOWS + count_windows(q)) + plan.n_replies, &replies, err) &&
           read_all(q, replies, &plan, a, err);
}

/* Waits until an engine has reported the ticker after after_ns, or the time is up. */
static bool wait_for_report(struct query *q, const struct answer *a, int64_t after_ns,
                            struct mono deadline, struct err *err)
{
    char lease[KEY_MAX], state[KEY_MAX];
    key_engine(&q->cfg->keys, lease);
    key_state(&q->cfg->keys, state, a->ticker);
    while (mono_ms_until(clock_mono(), deadline) > 0) {
        const struct reply *r;
        struct report seen;
        report_init(&seen);
        if (cancelled(q)) {
            return err_set(err, ERR_CANCELLED, "cancelled");
        }
        if (!redis_queuef(q->redis, err, "GET %s", lease) ||
            !redis_queuef(q->redis, err, "HGETALL %s", state) || !query_exec(q, 2, &r, err)) {
            return false;
        }
        if (query_read_state(&r[1], &seen, NULL) && r[0].type == REPLY_STRING &&
            seen.tick_ns > after_ns && !seen.warming) {
            return true;
        }
        (void)nanosleep(&(struct timespec){ .tv_nsec = POLL_MS * NS_PER_MS }, NULL);
    }
    return true;
}

static bool ensure_report(struct query *q, struct answer *a, struct err *err)
{
    bool absent = a->engine == ENGINE_ABSENT;
    struct mono deadline = mono_after_ms(clock_mono(), q->cfg->warmup_ms);
    if (absent) {
        struct err why = { 0 };
        if (q->cfg->ensure_engine == NULL) {
            return true;
        }
        if (!q->cfg->ensure_engine(q->cfg->ensure_ctx, &why)) {
            a->engine = ENGINE_UNREACHABLE;
            (void)snprintf(a->note, sizeof a->note, "no engine could be started: %.160s", why.text);
            return true;
        }
    } else if (a->report.tick_ns != 0 && !a->report.warming) {
        return true;
    }
    if (!wait_for_report(q, a, absent ? a->report.tick_ns : 0, deadline, err) ||
        !fetch(q, a, err)) {
        return false;
    }
    if (a->engine == ENGINE_SERVING && a->report.tick_ns == 0 && a->note[0] == '\0') {
        (void)snprintf(a->note, sizeof a->note,
                       "nothing yet from the engine about this ticker: ask again; if that does not "
                       "help, its [feed] tickers leaves it out, or no quote of it can be read");
    }
    return true;
}

static bool answer(struct query *q, struct answer *a, struct err *err)
{
    if (!fetch(q, a, err)) {
        return false;
    }
    if (!a->found) {
        bool found;
        if (!find_ticker(q->redis, &q->cfg->keys, q->cfg->redis.timeout_ms, a, &found, err)) {
            return false;
        }
        if (!found) {
            return true;
        }
        if (!fetch(q, a, err)) {
            return false;
        }
    }
    return ensure_report(q, a, err);
}

/* An engine takes a changed file over; who read it before that is no other configuration. */
static void tell_own_hash(const struct query *q, struct answer *out)
{
    if (q->cfg->own_hash != NULL && out->config_hash[0] != '\0' &&
        strcmp(out->own_config_hash, out->config_hash) != 0) {
        q->cfg->own_hash(q->cfg->own_hash_ctx, out->own_config_hash);
    }
}

bool query_answer(struct query *q, const char *ticker, int64_t history_ns, size_t patterns_max,
                  struct answer *out, struct err *err)
{
    *out = (struct answer){ .history_ns = history_ns, .patterns_max = patterns_max };
    out->now_ns = clock_now().wall_ns;
    if (!ticker_valid(ticker)) {
        return err_set(
            err, ERR_INVALID,
            "ticker \"%.40s\" is not a ticker: 1 to 32 of A-Z a-z 0-9 . _ - / ^ =", ticker);
    }
    (void)snprintf(out->ticker, sizeof out->ticker, "%s", ticker);
    memcpy(out->own_config_hash, q->cfg->own_config_hash, sizeof out->own_config_hash);
    struct err why = { 0 };
    bool was_connected = redis_connected(q->redis);
    bool ok = answer(q, out, &why);
    if (!ok && was_connected && why.code == ERR_CONNECTION) {
        ok = answer(q, out, &why); /* an idle connection may have died long ago */
    }
    if (ok) {
        tell_own_hash(q, out);
        return true;
    }
    (void)query_name_url(q, &why);
    return err_set(err, why.code, "%s", why.text);
}
