/* SPDX-License-Identifier: MIT */
/* A turn as a pipeline: Redis looks for the quotes of the next tickers and takes the results of the
 * last ones while workers judge others and this thread prepares. */
#include "clock.h"
#include "live.h"

enum {
    NAP_US = 200,    /* by then workers have done the jobs of */
    NAP_TICKERS = 16 /* so few */
};

void live_portions_begin(struct live *l)
{
    l->portions = (struct live_portions){
        .on = true,
        .patience_ns = l->cfg->plugins_budget_ms * NS_PER_MS,
    };
}

/* What a detector said is taken in, and who is ready gets more. */
static bool step(struct live *l, int64_t wait_ms, struct err *err)
{
    struct mono before = clock_mono();
    engine_poll(&l->engine, before, wait_ms);
    if (wait_ms > 0) {
        l->portions.patience_ns -= clock_mono().ns - before.ns;
    }
    live_keep_lease(l);
    return engine_dispatch(&l->engine, err);
}

static int64_t patience_ms(const struct live *l)
{
    int64_t ns = l->portions.patience_ns;
    return ns > 0 ? (ns + NS_PER_MS - 1) / NS_PER_MS : 0;
}

static void lap(struct live *l, int64_t track_ns)
{
    phases_lap(&l->phases, PHASE_DETECT);
    phases_move(&l->phases, PHASE_DETECT, PHASE_TRACK, l->engine.track_ns - track_ns);
}

static bool is_judged(const struct live *l, const struct live_portion *p)
{
    for (size_t i = 0; i < p->n; i++) {
        if (!engine_ticker_settled(&l->engine, l->engine.tickers[p->ids[i]])) {
            return false;
        }
    }
    return true;
}

/* The portion that was taken goes to the workers, the one before it to Redis. */
static bool move_on(struct live *l, struct err *err)
{
    struct live_portions *p = &l->portions;
    int64_t track_ns = l->engine.track_ns;
    phases_lap(&l->phases, PHASE_WINDOW);
    bool ok = step(l, 0, err);
    while (ok && p->patience_ns > 0 && !is_judged(l, &p->judged)) {
        ok = step(l, patience_ms(l), err);
    }
    lap(l, track_ns);
    ok = ok && live_write_some(l, p->judged.ids, p->judged.n, err);
    p->judged = p->taken;
    p->taken.n = 0;
    return ok;
}

bool live_portions_add(struct live *l, uint32_t i, struct err *err)
{
    struct live_portions *p = &l->portions;
    if (!p->on) {
        return true;
    }
    p->taken.ids[p->taken.n++] = i;
    return p->taken.n < LIVE_PORTION || move_on(l, err);
}

bool live_portions_judge(struct live *l, struct err *err)
{
    int64_t track_ns = l->engine.track_ns;
    bool naps = !l->event.on && l->engine.n_tickers <= NAP_TICKERS;
    pool_set_nap(l->engine.pool, naps ? NAP_US : 0);
    bool ok = engine_dispatch(&l->engine, err);
    do {
        ok = ok && step(l, engine_settled(&l->engine) ? 0 : patience_ms(l), err);
    } while (ok && l->portions.patience_ns > 0 && !engine_settled(&l->engine));
    pool_set_nap(l->engine.pool, 0);
    lap(l, track_ns);
    return ok;
}
