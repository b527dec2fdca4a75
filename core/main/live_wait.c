/* SPDX-License-Identifier: MIT */
/* Between two turns: how long, and what ends it. */
#include "clock.h"
#include "live.h"

#include <poll.h>

enum { WAIT_MIN_MS = 10, WAIT_MAX_MS = 1000, CALM_MS = 100, LOOK_LATE_MS = 1000 };

/* Until a ticker is to be read; at most at_most_ms. */
static int64_t next_read_ms(const struct live *l, struct mono now, int64_t at_most_ms)
{
    if (l->firehose.on) { /* tickers are looked at when it is read */
        int64_t ms = mono_ms_until(now, l->firehose.read_at);
        at_most_ms = ms < at_most_ms ? ms : at_most_ms;
    }
    for (size_t i = 0; i < l->n_sources; i++) {
        const struct live_source *s = &l->sources[i];
        int64_t ms = s->off || l->firehose.on ? at_most_ms : mono_ms_until(now, s->read_at);
        int64_t held_ms = s->hold.holds && !s->off ? mono_ms_until(now, s->hold.until) : ms;
        ms = held_ms < ms ? held_ms : ms;
        at_most_ms = ms < at_most_ms ? ms : at_most_ms;
    }
    return at_most_ms > 0 ? at_most_ms : 0;
}

static int64_t sooner(int64_t ms, struct mono now, struct mono due)
{
    int64_t left_ms = mono_ms_until(now, due);
    return left_ms < ms ? left_ms : ms;
}

/* With few tickers they are looked for in the next turn. */
static bool looks_apart(const struct live *l)
{
    return !l->firehose.on && l->n_sources > LIVE_PORTION;
}

bool live_may_discover(const struct live *l, struct mono now)
{
    int64_t ms = mono_ms_until(now, l->discover_at);
    return ms <= 0 &&
           (!looks_apart(l) || next_read_ms(l, now, CALM_MS) >= CALM_MS || -ms >= LOOK_LATE_MS);
}

/* While something is about to change, and where nobody would say so, it is looked at again and
 * again. */
int64_t live_pause_ms(const struct live *l, struct mono now)
{
    bool calm = pool_calm(l->engine.pool) && l->ask_open && !l->event.on && !l->reload.pending;
    int64_t ms = calm ? WAIT_MAX_MS : live_cycle_ms(l->cfg);
    ms = sooner(ms, now, l->lease_at);
    if (l->n_sources == 0) {
        ms = sooner(ms, now, l->discover_at); /* else with the next turn */
    }
    if (!l->ask_open) { /* else with the next turn, or when the bell rings */
        ms = sooner(ms, now, l->ask_at);
    }
    int64_t look_ms = mono_ms_until(now, l->discover_at);
    ms = next_read_ms(l, now, ms > WAIT_MIN_MS ? ms : WAIT_MIN_MS);
    look_ms = look_ms > 0 ? look_ms : 0;
    return looks_apart(l) && look_ms + CALM_MS <= ms ? look_ms : ms;
}

/* Who has come or gone since, and who is ready now, is a reason for a turn. */
static uint64_t constellation(const struct live *l)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < pool_count(l->engine.pool); i++) {
        const struct detector *d = pool_get(l->engine.pool, i);
        bool works = d->state == DETECTOR_READY || d->state == DETECTOR_BUSY;
        sum = sum * 31 + d->serial * 16 + (works ? 15U : (unsigned)d->state) + d->removed * 8U;
    }
    return sum;
}

void live_wait(struct live *l, int64_t ms, const struct live_signals *signals)
{
    struct err err = { 0 };
    struct mono until = mono_after_ms(clock_mono(), ms);
    uint64_t before = l->serving ? constellation(l) : 0;
    bool ok = true, wanted = false;
    do {
        int64_t left = mono_ms_until(clock_mono(), until);
        if (l->serving || l->starting) {
            phases_lap(&l->phases, PHASE_OTHER);
            ok = !l->serving || engine_dispatch(&l->engine, &err);
            live_event_wake(l, true);
            live_ask_wake(l, true);
            engine_poll(&l->engine, clock_mono(), left > 0 ? left : 0);
            live_event_wake(l, false);
            live_ask_wake(l, false);
            phases_lap(&l->phases, PHASE_DETECT);
            if (l->serving) {
                struct now now = clock_now();
                wanted = live_event_listen(l, now);
                wanted = live_ask_listen(l, now) || wanted || constellation(l) != before;
            }
        } else if (left > 0) {
            (void)poll(NULL, 0, (int)left);
        }
        wanted = wanted || signals->stop || signals->reload;
    } while (ok && l->serving && !wanted && mono_ms_until(clock_mono(), until) > 0);
}
