/* SPDX-License-Identifier: MIT */
/* Results out: reports with their episodes. */
#include "clock.h"
#include "heap.h"
#include "live.h"
#include "live_journal.h"

#include <stdlib.h>

enum { FEW = 8, TRIM_AGAIN_MS = 20000 };

/* *warming_out: as it was told. */
static bool add_report(struct live *l, struct ticker *t, struct now now, bool *warming_out,
                       struct err *err)
{
    size_t n = t->changes.n;
    struct report *r = sink_report(l->sink, t->name, &l->sources[t->id].place, err);
    struct sink_pattern few[FEW], *many = n > FEW ? malloc(n * sizeof *many) : NULL;
    struct sink_pattern *patterns = n > FEW ? many : few;
    bool ok = r != NULL;
    if (patterns == NULL) {
        ok = err_set(err, ERR_MEMORY, "out of memory for a report");
    }
    if (r != NULL) {
        ticker_report(&l->engine.env, t, r);
        engine_put_scores(&l->engine, t, r);
        r->warming = live_is_warming(l, t, now);
        *warming_out = r->warming;
        r->feed_lag_ms = r->quote.ts_ns == 0 ? 0 : (now.wall_ns - r->quote.ts_ns) / NS_PER_MS;
        live_journal_report(l, t, r);
    }
    for (size_t i = 0; ok && i < n; i++) {
        patterns[i] = (struct sink_pattern){
            .e = &t->changes.items[i],
            .decl = &pool_get(l->engine.pool, t->changes.detector[i])->decl,
        };
    }
    ok = ok && sink_add(l->sink, r, patterns, n, err);
    free(many);
    return ok;
}

/* Is there still somebody to write to? */
static bool goes_on(const struct live *l)
{
    enum flush flush = l->portions.flush;
    return flush == FLUSH_OK || (flush == FLUSH_FAILED && redis_connected(l->redis));
}

static void note(struct live *l, enum flush flush)
{
    l->portions.flush = flush != FLUSH_OK ? flush : l->portions.flush;
}

static bool has_news(const struct ticker *t)
{
    return (t->dirty || t->changes.n > 0) && t->taken_ns != 0;
}

static bool write_ticker(struct live *l, struct ticker *t, struct now now, struct err *err)
{
    bool warming = false;
    if (!add_report(l, t, now, &warming, err)) {
        return false;
    }
    t->dirty = warming;
    changes_clear(&t->changes);
    changes_shrink(&t->changes);
    ticker_prune(&l->engine.env, t);
    if (++l->written % PUMP_TICKERS == 0) {
        sink_pump(l->sink);
    }
    return true;
}

static bool write_tickers(struct live *l, const uint32_t *ids, size_t n, struct now now,
                          struct err *err)
{
    bool ok = true;
    live_ahead_begin(l, ids, n);
    for (size_t i = 0; ok && i < n; i++) {
        live_ahead(l, ids, n, i);
        ok = write_ticker(l, l->engine.tickers[ids[i]], now, err);
    }
    return ok;
}

static void send_on(struct live *l, struct now now, struct err *err)
{
    live_journal_flush(l, now);
    if (goes_on(l)) {
        note(l, sink_flush_on(l->sink, err));
    }
}

/* What it takes to write, and what comes of it. */
struct writing {
    struct now now;
    int64_t send_ns;
    uint64_t transactions;
};

static struct writing begin(struct live *l)
{
    struct writing w = { .now = clock_now(),
                         .send_ns = redis_cpu_ns(l->redis),
                         .transactions = sink_counts(l->sink)->transactions };
    sink_set_time(l->sink, w.now.mono);
    return w;
}

static void end(struct live *l, const struct writing *w)
{
    bool renews = sink_flies(l->sink) || sink_counts(l->sink)->transactions > w->transactions;
    if (l->portions.flush == FLUSH_OK && renews) { /* with each the lease is renewed */
        l->lease_at = mono_after_ms(w->now.mono, l->cfg->engine_lease_ms / 4);
    }
    phases_lap(&l->phases, PHASE_FORMAT);
    phases_move(&l->phases, PHASE_FORMAT, PHASE_SEND, redis_cpu_ns(l->redis) - w->send_ns);
}

bool live_write_some(struct live *l, const uint32_t *ids, size_t n, struct err *err)
{
    struct writing w = begin(l);
    uint32_t news[LIVE_PORTION];
    size_t n_news = 0;
    for (size_t i = 0; i < n; i++) {
        if (has_news(l->engine.tickers[ids[i]])) {
            news[n_news++] = ids[i];
        }
    }
    bool ok = write_tickers(l, news, n_news, w.now, err);
    if (ok && n_news > 0) {
        send_on(l, w.now, err);
    }
    end(l, &w);
    return ok;
}

/* History took much that is not needed again, at once and once queues and buffers have shrunk. */
static void give_back(struct live *l, struct now now, bool warming)
{
    bool again = l->trim_at.ns != 0 && mono_ms_until(now.mono, l->trim_at) <= 0;
    if (again || (!warming && l->was_warming)) {
        pool_trim(l->engine.pool);
        heap_trim();
        l->trim_at = again ? (struct mono){ 0 } : mono_after_ms(now.mono, TRIM_AGAIN_MS);
    }
    l->was_warming = warming;
}

/* Few at a time: what is written is then still near at hand. What cannot be written now waits in
 * the sink. */
bool live_write(struct live *l, struct err *err)
{
    struct writing w = begin(l);
    bool ok = true;
    size_t warming = 0;
    for (size_t i = 0; ok && i < l->engine.n_tickers;) {
        uint32_t news[SINK_BATCH];
        size_t n = 0;
        for (; i < l->engine.n_tickers && n < SINK_BATCH; i++) {
            const struct ticker *t = l->engine.tickers[i];
            news[n] = (uint32_t)i;
            n += has_news(t);
            warming += t->dirty && !has_news(t);
        }
        ok = write_tickers(l, news, n, w.now, err);
        for (size_t k = 0; k < n; k++) {
            warming += l->engine.tickers[news[k]]->dirty;
        }
        if (ok && n == SINK_BATCH) {
            send_on(l, w.now, err);
        }
    }
    if (!ok) {
        return false;
    }
    give_back(l, w.now, warming > 0);
    live_journal_flush(l, w.now);
    note(l, !goes_on(l)   ? sink_settle(l->sink, err)
            : l->event.on ? sink_flush(l->sink, err)
                          : sink_send(l->sink, err));
    end(l, &w);
    return true;
}

bool live_land(struct live *l, struct err *err)
{
    note(l, sink_settle(l->sink, err));
    if (l->portions.flush != FLUSH_OK) {
        l->lease_at = (struct mono){ 0 };
    }
    phases_lap(&l->phases, PHASE_SEND);
    return l->portions.flush != FLUSH_FAILED;
}
