/* SPDX-License-Identifier: MIT */
/* New quotes: when each ticker is read, and what is done with them. */
#include "clock.h"
#include "live.h"
#include "log.h"
#include "prefetch.h"

#include <stdio.h>

enum { BUSY_QUOTES = 48 }; /* from one boundary to the next */

/* How much later than B + reorder_ms the broker's next quote is to be seen: its way to Redis and
 * the gap between quotes. A read too early costs the ticker a second one. */
static const struct slack_rule slack_rule = { .min_ms = 20, .soon_ms = 80, .more = 2, .back = 64 };

static void log_trouble(struct live_source *s)
{
    if (s->zset.failed && !s->was_failed) {
        log_warn("ticker_unreadable", "ticker=%s detail=\"%s\"", s->zset.ticker, s->zset.trouble);
    }
    s->was_failed = s->zset.failed;
}

/* Silent is a ticker of which reads brought nothing for idle_ms while Redis answered readily: what
 * a broker could not write during an outage or a stall comes shortly after it. Of a zset two reads:
 * the first may come right after a stall that nobody waited for. */
static bool is_idle(const struct live *l, const struct live_source *s, struct mono sent)
{
    int64_t idle_ms = l->cfg->engine_idle_ms;
    return s->zset.drained && mono_ms_until(s->last_fresh, sent) >= idle_ms &&
           mono_ms_until(l->pace.ready_at, sent) >= idle_ms &&
           (l->firehose.on || s->empty_reads > 1);
}

/* A slow answer is a stall, whichever connection waits for it: the other may ask only after it.
 * Stalls that go on and on are how this Redis is, and hide no silence. */
void live_note_pace(struct live *l)
{
    int64_t feed_ms = redis_slowest_ms(l->feed), results_ms = redis_slowest_ms(l->redis);
    int64_t idle_ms = l->cfg->engine_idle_ms, calm_ms = idle_ms + 2 * l->cfg->engine_interval_ms;
    pace_note(&l->pace, feed_ms > results_ms ? feed_ms : results_ms, idle_ms, calm_ms,
              clock_mono());
}

/* Takes the boundaries that are due, and in event mode the rows. A ticker whose rows cannot be kept
 * fails for itself alone. */
static bool advance(struct live *l, size_t i, struct now now, struct mono sent, struct err *err)
{
    struct err why = { 0 };
    struct live_source *s = &l->sources[i];
    struct ticker *t = l->engine.tickers[i];
    uint64_t end = ticker_queue_end(t);
    s->last_fresh = s->zset.fresh ? now.mono : s->last_fresh;
    struct due due = { .drained = s->zset.drained,
                       .idle = is_idle(l, s, sent),
                       .wall_ns = now.wall_ns,
                       .event = l->event.on };
    if (due.event) {
        due.complete_ns = live_event_complete_ns(&s->hold, stream_newest_ns(t->stream), now);
    }
    if (!s->zset.failed && !ticker_advance(&l->engine.env, t, &due, &why)) {
        s->zset.failed = true;
        (void)snprintf(s->zset.trouble, sizeof s->zset.trouble, "%.*s",
                       (int)sizeof s->zset.trouble - 1, why.text);
    }
    log_trouble(s);
    if (s->zset.drained && t->backfill_end == UINT64_MAX) {
        t->backfill_end = ticker_queue_end(t);
        s->history_at = now.mono;
    }
    return ticker_queue_end(t) == end || live_portions_add(l, t->id, err);
}

/* Redis gives again what it gave since the last boundary, so a ticker is read when its next
 * boundary may be taken, and not in between; a busy one also at the boundary: little is left then
 * for the time when everything is to be done at once. Quotes that are not of this time are not
 * waited for. */
static void plan_read(const struct live *l, struct live_source *s, const struct ticker *t,
                      struct now now, bool took)
{
    int64_t interval_ms = l->cfg->engine_interval_ms, retry_ms = live_cycle_ms(l->cfg);
    int64_t next_ms = (t->taken_ns / NS_PER_MS / interval_ms + 1) * interval_ms;
    int64_t early_ms = next_ms - now.wall_ns / NS_PER_MS;
    int64_t wait_ms = early_ms + l->cfg->engine_reorder_ms + s->slack.ms;
    int64_t least_ms = took || s->slack.ms > retry_ms ? retry_ms : s->slack.ms;
    s->early = false;
    if (!s->zset.drained && !s->zset.failed) {
        wait_ms = 0;
    } else if (l->event.on && !l->event.open) {
        wait_ms = retry_ms;
    } else if (took && s->busy && early_ms >= retry_ms && early_ms <= interval_ms) {
        s->early = true;
        wait_ms = early_ms;
    } else {
        wait_ms = wait_ms < least_ms ? least_ms : wait_ms > interval_ms ? interval_ms : wait_ms;
    }
    s->read_at = mono_after_ms(now.mono, wait_ms);
}

static bool take(struct live *l, size_t i, struct now now, struct mono sent, struct err *err)
{
    struct live_source *s = &l->sources[i];
    const struct ticker *t = l->engine.tickers[i];
    int64_t taken_ns = t->taken_ns;
    uint64_t read = stream_counts(t->stream)->read;
    s->empty_reads = s->zset.fresh ? 0 : s->empty_reads + 1;
    bool ok = advance(l, i, now, sent, err), took = t->taken_ns != taken_ns;
    if (took || !s->early) {
        slack_learn(&s->slack, &slack_rule, took, l->cfg->engine_interval_ms / 2);
    }
    if (took) {
        s->busy = !l->firehose.on && !l->event.on && read - s->read_before >= BUSY_QUOTES;
        s->read_before = read;
    }
    l->took = l->took || took;
    s->zset.fresh = false;
    plan_read(l, s, t, now, took);
    return ok;
}

/* The sources are an array of structs that begin with what zset_read() takes. */
static size_t id_of(const struct live *l, const struct zset_source *z)
{
    return (size_t)((const struct live_source *)(const void *)z - l->sources);
}

/* The next tickers' memory is on its way while this one is taken. */
static void expect(const struct live *l, size_t next, size_t end)
{
    for (int step = EXPECT_STEPS; step >= 0 && next < end; step--, next++) {
        const struct ticker *t = l->engine.tickers[id_of(l, l->reading[next])];
        ticker_expect(&l->engine.env, t, step);
    }
}

bool live_take(struct live *l, size_t from, size_t n, struct now now, struct mono sent,
               struct err *err)
{
    bool ok = true;
    for (size_t i = from; ok && i < from + n; i++) {
        expect(l, i + 1, from + n);
        ok = take(l, id_of(l, l->reading[i]), now, sent, err);
        if ((i - from) % PUMP_TICKERS == 0) {
            sink_pump(l->sink);
        }
    }
    phases_lap(&l->phases, PHASE_WINDOW);
    return ok;
}

/* Event mode: of tickers that need not be read, the rows whose time is over. */
static bool let_go(struct live *l, struct now now, struct err *err)
{
    for (size_t i = 0; l->event.on && i < l->n_sources; i++) {
        struct live_source *s = &l->sources[i];
        if (!s->off && mono_ms_until(now.mono, s->read_at) > 0 &&
            live_event_is_over(&s->hold, now.mono)) {
            s->zset.fresh = false;
            if (!advance(l, i, now, s->last_fresh, err)) {
                return false;
            }
        }
    }
    return true;
}

bool live_read(struct live *l, struct now now, bool *more_out, struct err *err)
{
    *more_out = false;
    return let_go(l, now, err) && (l->firehose.on ? live_firehose_read(l, now, more_out, err)
                                                  : live_zset_read(l, now, more_out, err));
}
