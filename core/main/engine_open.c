/* SPDX-License-Identifier: MIT */
/* Which tickers each detector has yet to judge: nobody else is looked at. */
#include "engine.h"

bool engine_open_reserve(struct engine *e)
{
    bool ok = ring_reserve(&e->news, e->cap_tickers);
    for (size_t i = 0; ok && i < e->n_detectors; i++) {
        ok = ring_reserve(&e->open[i], e->cap_tickers);
    }
    return ok;
}

void engine_open(struct engine *e, size_t i, struct ticker *t)
{
    struct judging *j = &t->judging[i];
    if (j->tracker != NULL && !j->open && ticker_boundary(t, j->next) != NULL) {
        j->open = true;
        ring_push(&e->open[i], t->id);
    }
}

void engine_spread_news(struct engine *e)
{
    while (e->news.n > 0) {
        struct ticker *t = e->tickers[ring_pop(&e->news)];
        t->has_news = false;
        for (size_t i = 0; i < e->n_detectors; i++) {
            engine_open(e, i, t);
        }
    }
}

struct ticker *engine_next_open(struct engine *e, size_t i)
{
    struct ticker *t = e->tickers[ring_pop(&e->open[i])];
    struct judging *j = &t->judging[i];
    j->open = j->tracker != NULL && ticker_boundary(t, j->next) != NULL;
    if (!j->open) {
        return NULL;
    }
    ring_push(&e->open[i], t->id);
    return t;
}

/* Nothing is left that detector i could judge now. */
static bool is_judged(const struct ticker *t, size_t i)
{
    const struct judging *j = &t->judging[i];
    const struct boundary *b = ticker_boundary(t, j->next);
    return j->tracker == NULL || b == NULL || b->px_tick == 0 || !ticker_may_be_judged(t);
}

static bool has_judged(struct engine *e, size_t i)
{
    for (size_t left = e->open[i].n; left > 0; left--) {
        if (!is_judged(e->tickers[e->open[i].ids[e->open[i].first]], i)) {
            return false;
        }
        (void)engine_next_open(e, i);
    }
    return true;
}

static bool is_waited_for(const struct engine *e, size_t i)
{
    enum detector_state state = pool_get(e->pool, i)->state;
    return state != DETECTOR_REFUSED && state != DETECTOR_QUARANTINED;
}

bool engine_ticker_settled(const struct engine *e, const struct ticker *t)
{
    for (size_t i = 0; i < e->n_detectors; i++) {
        if (is_waited_for(e, i) && !is_judged(t, i)) {
            return false;
        }
    }
    return true;
}

bool engine_settled(struct engine *e)
{
    engine_spread_news(e);
    for (size_t i = 0; i < e->n_detectors; i++) {
        if (is_waited_for(e, i) && !has_judged(e, i)) {
            return false;
        }
    }
    return true;
}
