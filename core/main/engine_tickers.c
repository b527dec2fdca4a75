/* SPDX-License-Identifier: MIT */
/* The engine's tickers: found by name, told to the detectors. */
#include "clock.h"
#include "engine.h"

#include <stdlib.h>
#include <string.h>

static size_t place_of(const struct engine *e, const char *name)
{
    size_t lo = 0, hi = e->n_tickers;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (strcmp(e->by_name[mid]->name, name) < 0) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo;
}

struct ticker *engine_find(const struct engine *e, const char *name)
{
    size_t at = place_of(e, name);
    return at < e->n_tickers && strcmp(e->by_name[at]->name, name) == 0 ? e->by_name[at] : NULL;
}

static bool reserve(struct engine *e)
{
    if (e->n_tickers < e->cap_tickers) {
        return engine_open_reserve(e);
    }
    size_t cap = e->cap_tickers == 0 ? 16 : e->cap_tickers * 2;
    struct ticker **a = realloc(e->tickers, cap * sizeof *a);
    e->tickers = a != NULL ? a : e->tickers;
    struct ticker **b = a == NULL ? NULL : realloc(e->by_name, cap * sizeof *b);
    e->by_name = b != NULL ? b : e->by_name;
    e->cap_tickers = b != NULL ? cap : e->cap_tickers;
    return b != NULL && engine_open_reserve(e);
}

bool engine_tell(struct engine *e, size_t i, struct ticker *t, struct bound *bound_out,
                 struct err *err)
{
    const struct detector *d = pool_get(e->pool, i);
    struct settings_errors ignored; /* every section of it has been checked */
    ignored.n = 0;
    if (!bind_detector(e->cfg, &d->decl, t->name, bound_out, &ignored)) {
        return err_set(err, ERR_INVALID, "%s", ignored.text[0]);
    }
    return !bound_out->enabled ||
           pool_set_ticker(e->pool, i, t->id, t->name, bound_out->params, d->decl.n_params, err);
}

void engine_note_thresholds(const struct engine *e, struct ticker *t)
{
    t->thr[0] = '\0';
    for (size_t i = 0; i < e->n_detectors; i++) {
        struct bound b;
        const struct detector *d = pool_get(e->pool, i);
        if (t->judging[i].tracker != NULL && bind_detector(e->cfg, &d->decl, t->name, &b, NULL) &&
            b.enabled && b.calibrated) {
            memcpy(t->thr, e->cfg->thr, sizeof t->thr);
        }
    }
}

static bool bind_ticker(struct engine *e, struct ticker *t, struct err *err)
{
    for (size_t i = 0; i < e->n_detectors; i++) {
        if (e->bound[i] != 0 && e->bound[i] == pool_get(e->pool, i)->serial &&
            !engine_join(e, i, t, err)) {
            return false;
        }
    }
    return true;
}

struct ticker *engine_add(struct engine *e, const char *name, int64_t stored_px_tick,
                          struct err *err)
{
    if (!reserve(e)) {
        (void)err_set(err, ERR_MEMORY, "ticker %s: out of memory", name);
        return NULL;
    }
    struct ticker *t = ticker_create(&e->env, name, (uint32_t)e->n_tickers, stored_px_tick, err);
    if (t == NULL || !bind_ticker(e, t, err)) {
        ticker_destroy(t);
        return NULL;
    }
    size_t at = place_of(e, name);
    memmove(e->by_name + at + 1, e->by_name + at, (e->n_tickers - at) * sizeof *e->by_name);
    e->by_name[at] = t;
    engine_note_thresholds(e, t);
    e->tickers[e->n_tickers++] = t;
    return t;
}
