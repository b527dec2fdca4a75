/* SPDX-License-Identifier: MIT */
/* New quotes: when each ticker is read, and what is done with them. */
#include "clock.h"
#include "live.h"
#include "log.h"

#include <stdio.h>

enum {
    READ_TICKERS = 120, /* between two looks at the lease */
    SLACK_MIN_MS = 20,
    SLACK_SOON_MS = 80, /* up to it a read too early doubles it, then half as much is added */
    SLACK_SHARE = 64,   /* so much is given back with each read in time */
    STALL_SHARE = 4,    /* an answer that takes longer than idle_ms / STALL_SHARE is slow */
    STALLS_MAX = 2      /* turns in a row; with more it is the rule */
};

static void log_trouble(struct live_source *s)
{
    if (s->zset.failed && !s->was_failed) {
        log_warn("ticker_unreadable", "ticker=%s detail=\"%s\"", s->zset.ticker, s->zset.trouble);
    }
    s->was_failed = s->zset.failed;
}

/* Silent is a ticker of which reads brought nothing for idle_ms while Redis answered readily: what
 * a broker could not write during an outage or a stall comes shortly after it. */
static bool is_idle(const struct live *l, const struct live_source *s, struct mono sent)
{
    int64_t idle_ms = l->cfg->engine_idle_ms;
    return s->zset.drained && mono_ms_until(s->last_fresh, sent) >= idle_ms &&
           mono_ms_until(l->ready_at, sent) >= idle_ms;
}

/* A slow answer is a stall; when every turn has one, Redis is slow and no silence would ever be
 * seen. */
void live_note_pace(struct live *l, struct redis *redis)
{
    if (redis_slowest_ms(redis) <= l->cfg->engine_idle_ms / STALL_SHARE) {
        return;
    }
    if (l->slow_turn != l->read_turns) {
        l->slow_turns = l->slow_turn + 1 == l->read_turns ? l->slow_turns + 1 : 1;
        l->slow_turn = l->read_turns;
    }
    if (l->slow_turns <= STALLS_MAX) {
        l->ready_at = clock_mono();
    }
}

/* Takes the boundaries that are due, and in event mode the rows. A ticker whose rows cannot be kept
 * fails for itself alone. */
static void advance(struct live *l, size_t i, struct now now, struct mono sent)
{
    struct err err = { 0 };
    struct live_source *s = &l->sources[i];
    struct ticker *t = l->engine.tickers[i];
    s->last_fresh = s->zset.fresh ? now.mono : s->last_fresh;
    struct due due = { .drained = s->zset.drained,
                       .idle = is_idle(l, s, sent),
                       .wall_ns = now.wall_ns,
                       .event = l->event.on };
    if (due.event) {
        due.complete_ns = live_event_complete_ns(&s->hold, stream_newest_ns(t->stream), now);
    }
    if (!s->zset.failed && !ticker_advance(&l->engine.env, t, &due, &err)) {
        s->zset.failed = true;
        (void)snprintf(s->zset.trouble, sizeof s->zset.trouble, "%.*s",
                       (int)sizeof s->zset.trouble - 1, err.text);
    }
    log_trouble(s);
    if (s->zset.drained && t->backfill_end == UINT64_MAX) {
        t->backfill_end = ticker_queue_end(t);
        s->history_at = now.mono;
    }
}

/* How much later than B + reorder_ms the broker's next quote is to be seen: its way to Redis and
 * the gap between quotes. Learned: a read too early costs a second one. */
static void learn_slack(const struct live *l, struct live_source *s, bool took)
{
    int64_t most_ms = l->cfg->engine_interval_ms / 2;
    int64_t more_ms = s->slack_ms < SLACK_SOON_MS ? s->slack_ms : s->slack_ms / 2;
    s->slack_ms += took ? -((s->slack_ms + SLACK_SHARE / 2) / SLACK_SHARE) : more_ms;
    s->slack_ms = s->slack_ms < SLACK_MIN_MS ? SLACK_MIN_MS
                  : s->slack_ms > most_ms    ? most_ms
                                             : s->slack_ms;
}

/* Redis gives again what it gave since the last boundary, so a ticker is read when its next
 * boundary may be taken, and not in between. Quotes that are not of this time are not waited for.
 */
static struct mono next_read(const struct live *l, const struct live_source *s,
                             const struct ticker *t, struct now now)
{
    int64_t interval_ms = l->cfg->engine_interval_ms, retry_ms = live_cycle_ms(l->cfg);
    int64_t next_ms = (t->taken_ns / NS_PER_MS / interval_ms + 1) * interval_ms;
    int64_t wait_ms = next_ms + l->cfg->engine_reorder_ms + s->slack_ms - now.wall_ns / NS_PER_MS;
    if (!s->zset.drained && !s->zset.failed) {
        return now.mono;
    }
    if (l->event.on && !l->event.open) {
        return mono_after_ms(now.mono, retry_ms);
    }
    wait_ms = wait_ms < retry_ms ? retry_ms : wait_ms > interval_ms ? interval_ms : wait_ms;
    return mono_after_ms(now.mono, wait_ms);
}

void live_take(struct live *l, size_t i, struct now now, struct mono sent)
{
    struct live_source *s = &l->sources[i];
    const struct ticker *t = l->engine.tickers[i];
    int64_t taken_ns = t->taken_ns;
    advance(l, i, now, sent);
    bool took = t->taken_ns != taken_ns;
    learn_slack(l, s, took);
    l->took = l->took || took;
    s->read_at = next_read(l, s, t, now);
}

static size_t collect_due(struct live *l, struct now now)
{
    size_t n = 0;
    for (size_t i = 0; i < l->n_sources; i++) {
        if (!l->sources[i].off && mono_ms_until(now.mono, l->sources[i].read_at) <= 0) {
            l->reading[n++] = &l->sources[i].zset;
        }
    }
    return n;
}

/* The sources are an array of structs that begin with what zset_read() takes. */
static size_t id_of(const struct live *l, const struct zset_source *z)
{
    return (size_t)((const struct live_source *)(const void *)z - l->sources);
}

static bool read_quotes(struct live *l, struct zset_source *const *sources, size_t n,
                        struct now now, struct err *err)
{
    int64_t fetch_ns = redis_cpu_ns(l->redis);
    phases_lap(&l->phases, PHASE_OTHER);
    bool ok = zset_read(l->redis, &l->keys, sources, n, now.wall_ns / NS_PER_MS, err);
    phases_lap(&l->phases, PHASE_PARSE);
    phases_move(&l->phases, PHASE_PARSE, PHASE_FETCH, redis_cpu_ns(l->redis) - fetch_ns);
    return ok;
}

/* Event mode: of tickers that need not be read, the rows whose time is over. */
static void let_go(struct live *l, struct now now)
{
    for (size_t i = 0; l->event.on && i < l->n_sources; i++) {
        struct live_source *s = &l->sources[i];
        if (!s->off && mono_ms_until(now.mono, s->read_at) > 0 &&
            live_event_is_over(&s->hold, now.mono)) {
            s->zset.fresh = false;
            advance(l, i, now, s->last_fresh);
        }
    }
}

bool live_read(struct live *l, struct now now, bool *more_out, struct err *err)
{
    *more_out = false;
    let_go(l, now);
    if (l->firehose.on) {
        return live_firehose_read(l, now, more_out, err);
    }
    size_t n_due = collect_due(l, now);
    l->read_turns += n_due > 0;
    for (size_t from = 0; from < n_due; from += READ_TICKERS) {
        size_t left = n_due - from, n = left < READ_TICKERS ? left : READ_TICKERS;
        live_keep_lease(l);
        struct mono sent = clock_mono();
        if (!read_quotes(l, l->reading + from, n, now, err)) {
            return false;
        }
        live_note_pace(l, l->redis);
        for (size_t i = from; i < from + n; i++) {
            const struct live_source *s = &l->sources[id_of(l, l->reading[i])];
            live_take(l, id_of(l, l->reading[i]), now, sent);
            *more_out = *more_out || (!s->zset.drained && !s->zset.failed);
        }
        phases_lap(&l->phases, PHASE_WINDOW);
    }
    return true;
}
