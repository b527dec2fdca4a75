/* SPDX-License-Identifier: MIT */
/* Results out: reports with their episodes. */
#include "clock.h"
#include "heap.h"
#include "live.h"
#include "live_journal.h"
#include "log.h"

#include <stdlib.h>

enum { WARMING_MS = 15000 };

/* Does detector i owe this ticker what it says about history? */
static bool owes_history(const struct live *l, const struct ticker *t, size_t i)
{
    enum detector_state state = pool_get(l->engine.pool, i)->state;
    const struct boundary *b = ticker_boundary(t, t->judging[i].next);
    return t->judging[i].tracker != NULL && t->judging[i].next < t->backfill_end && b != NULL &&
           b->px_tick != 0 && state != DETECTOR_DOWN && state != DETECTOR_REFUSED &&
           state != DETECTOR_QUARANTINED;
}

/* History is being read, or judged. One detector that is slow at it is waited for no longer than
 * WARMING_MS: it shows as behind. */
static bool is_warming(const struct live *l, const struct ticker *t, struct now now)
{
    if (t->backfill_end == UINT64_MAX) {
        return true;
    }
    size_t running = 0, owing = 0;
    for (size_t i = 0; i < l->engine.n_detectors; i++) {
        running += t->judging[i].tracker != NULL;
        owing += owes_history(l, t, i);
    }
    bool patient = mono_ms_until(l->sources[t->id].history_at, now.mono) < WARMING_MS;
    return owing > 0 && (patient || owing == running);
}

static bool add_report(struct live *l, struct ticker *t, struct now now, struct err *err)
{
    size_t n = t->changes.n;
    struct report *r = sink_report(l->sink, t->name, &l->sources[t->id].place, err);
    struct sink_pattern *patterns = n > 0 ? calloc(n, sizeof *patterns) : NULL;
    bool ok = r != NULL;
    if (n > 0 && patterns == NULL) {
        ok = err_set(err, ERR_MEMORY, "out of memory for a report");
    }
    if (r != NULL) {
        ticker_report(&l->engine.env, t, r);
        engine_put_scores(&l->engine, t, r);
        r->warming = is_warming(l, t, now);
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
    free(patterns);
    return ok;
}

/* Is there still somebody to write to? */
static bool goes_on(const struct live *l, enum flush flush)
{
    return flush == FLUSH_OK || (flush == FLUSH_FAILED && redis_connected(l->redis));
}

/* Few at a time: what is written is then still near at hand. What cannot be written now waits in
 * the sink. */
static bool write_all(struct live *l, struct now now, enum flush *flush_out, struct err *err)
{
    size_t waiting = 0, warming = 0;
    *flush_out = FLUSH_OK;
    for (size_t i = 0; i < l->engine.n_tickers; i++) {
        struct ticker *t = l->engine.tickers[i];
        if (t->taken_ns == 0 || (!t->dirty && t->changes.n == 0)) {
            continue;
        }
        if (!add_report(l, t, now, err)) {
            (void)sink_settle(l->sink, NULL);
            return false;
        }
        l->written++;
        t->dirty = is_warming(l, t, now);
        warming += t->dirty;
        changes_clear(&t->changes);
        changes_shrink(&t->changes);
        ticker_prune(&l->engine.env, t);
        if (++waiting == SINK_BATCH && goes_on(l, *flush_out)) {
            enum flush flush = sink_flush_on(l->sink, err);
            *flush_out = flush != FLUSH_OK ? flush : *flush_out;
            waiting = 0;
        }
    }
    if (warming == 0 && l->was_warming) {
        heap_trim(); /* history took much that is not needed again */
    }
    l->was_warming = warming > 0;
    live_journal_flush(l, now);
    enum flush flush =
        goes_on(l, *flush_out) ? sink_flush(l->sink, err) : sink_settle(l->sink, err);
    *flush_out = flush != FLUSH_OK ? flush : *flush_out;
    return true;
}

bool live_write(struct live *l, struct now now, enum flush *flush_out, struct err *err)
{
    int64_t send_ns = redis_cpu_ns(l->redis);
    uint64_t transactions = sink_counts(l->sink)->transactions;
    sink_set_time(l->sink, now.mono);
    bool ok = write_all(l, now, flush_out, err);
    if (ok && *flush_out == FLUSH_OK && sink_counts(l->sink)->transactions > transactions) {
        l->lease_at = mono_after_ms(now.mono, l->cfg->engine_lease_ms / 4); /* it is renewed */
    }
    phases_lap(&l->phases, PHASE_FORMAT);
    phases_move(&l->phases, PHASE_FORMAT, PHASE_SEND, redis_cpu_ns(l->redis) - send_ns);
    return ok;
}
