/* SPDX-License-Identifier: MIT */
#include "pass.h"

#include "clock.h"
#include "cpu.h"
#include "log.h"

enum {
    TAKE_ROWS = 512,   /* that wait to be put into the window */
    JUDGE_ROWS = 8192, /* that wait for detectors: one round trip to all of them costs 0.2 ms */
    WAIT_MS = 50,
    RESTARTS_MAX = 4 /* the first may be over many boundaries at once */
};

bool pass_begin(struct pass *p, const struct settings *cfg, const struct paths *paths,
                const char *ticker, bool bare, struct err *err)
{
    return pass_start(p, cfg, paths, bare, err) && pass_add(p, ticker, 0, err);
}

bool pass_start(struct pass *p, const struct settings *cfg, const struct paths *paths, bool bare,
                struct err *err)
{
    *p = (struct pass){ .ticker = NULL };
    if (!engine_init(&p->engine, cfg, paths, 0, err)) {
        return false;
    }
    p->engine.joins = true;
    while (!pool_described(p->engine.pool)) {
        engine_poll(&p->engine, clock_mono(), WAIT_MS);
    }
    if (!engine_begin(&p->engine, err)) {
        return false;
    }
    p->engine.env.bare = bare;
    p->engine.keeps_ended = !bare;
    if (bare) {
        p->engine.env.keep_ns = engine_longest_sight_ns(&p->engine);
    }
    return true;
}

bool pass_add(struct pass *p, const char *ticker, int64_t px_tick, struct err *err)
{
    p->ticker = engine_add(&p->engine, ticker, px_tick, err);
    if (p->ticker == NULL) {
        return false;
    }
    p->ticker->backfill_end = 0;
    return true;
}

/* Somebody waits for the answer: a detector that dies again and again is left out, and said to be
 * down. */
static void give_up_dying(struct engine *e)
{
    for (size_t i = 0; i < e->n_detectors; i++) {
        const struct detector *d = pool_get(e->pool, i);
        for (size_t k = 0; k < e->n_tickers && d->state == DETECTOR_DOWN; k++) {
            struct judging *j = &e->tickers[k]->judging[i];
            if (j->tracker != NULL && d->restarts >= RESTARTS_MAX) {
                log_warn("detector_left_out", "detector=%s reason=\"%s\"", d->decl.id, d->reason);
                pool_leave_down(e->pool, i);
                tracker_destroy(j->tracker);
                j->tracker = NULL;
            }
        }
    }
}

/* Detectors catch up before more is read: memory stays bounded, and nobody is late. */
static bool judge_all(struct engine *e, struct err *err)
{
    do {
        if (!engine_dispatch(e, err)) {
            return false;
        }
        engine_poll(e, clock_mono(), WAIT_MS);
        give_up_dying(e);
    } while (!engine_settled(e));
    return true;
}

static bool take(struct pass *p, bool at_end, struct err *err)
{
    struct due due = { .drained = true, .at_end = at_end };
    int64_t before_ns = cpu_own_ns();
    bool ok = ticker_advance(&p->engine.env, p->ticker, &due, err);
    p->take_ns += cpu_own_ns() - before_ns;
    p->untaken = 0;
    return ok;
}

bool pass_judge(struct pass *p, struct err *err)
{
    p->unjudged = 0;
    p->engine.ignores_changes = p->changed == NULL;
    if (!judge_all(&p->engine, err)) {
        return false;
    }
    if (p->changed != NULL) {
        p->changed(p->ctx, &p->ticker->changes);
    }
    changes_clear(&p->ticker->changes);
    ticker_prune(&p->engine.env, p->ticker);
    return true;
}

bool pass_push(struct pass *p, const struct row *row, struct err *err)
{
    p->untaken++;
    p->unjudged++;
    return stream_push(p->ticker->stream, row, err) &&
           (p->untaken < TAKE_ROWS || take(p, false, err)) &&
           (p->unjudged < JUDGE_ROWS || pass_judge(p, err));
}

bool pass_end(struct pass *p, struct err *err)
{
    return take(p, true, err) && pass_judge(p, err);
}

void pass_fini(struct pass *p)
{
    engine_fini(&p->engine);
}
