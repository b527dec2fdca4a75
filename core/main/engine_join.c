/* SPDX-License-Identifier: MIT */
/* Detectors come, change and go while tickers are at work. */
#include "clock.h"
#include "engine.h"
#include "log.h"

#include <stdlib.h>

/* ---- room ----------------------------------------------------------------------------------- */

static bool grow(struct engine *e, size_t n, struct err *err)
{
    if (n <= e->n_detectors) {
        return true;
    }
    struct said *said = realloc(e->said, n * sizeof *said);
    e->said = said != NULL ? said : e->said;
    uint64_t *bound = realloc(e->bound, n * sizeof *bound);
    e->bound = bound != NULL ? bound : e->bound;
    struct ring *open = realloc(e->open, n * sizeof *open);
    e->open = open != NULL ? open : e->open;
    bool ok = said != NULL && bound != NULL && open != NULL;
    for (size_t k = 0; ok && k < e->n_tickers; k++) {
        ok = ticker_reserve(e->tickers[k], n);
    }
    if (!ok) {
        return err_set(err, ERR_MEMORY, "out of memory for %zu detectors", n);
    }
    for (size_t i = e->n_detectors; i < n; i++) {
        e->said[i] = (struct said){ 0 };
        e->bound[i] = 0;
        e->open[i] = (struct ring){ 0 };
    }
    e->n_detectors = e->env.n_detectors = n;
    return engine_open_reserve(e) || err_set(err, ERR_MEMORY, "out of memory for %zu detectors", n);
}

/* ---- coming --------------------------------------------------------------------------------- */

/* Rows whose past is not there judge nothing. */
static int64_t known_from_ns(const struct ticker *t, const struct declaration *d)
{
    struct rows r = window_rows(&t->window);
    int64_t from_ns = t->history_ns;
    bool cut = t->has_older;
    if (r.first_seq > 0 && r.n > 0 && r.ts_ns[0] > from_ns) {
        from_ns = r.ts_ns[0];
        cut = true;
    }
    return from_ns + (cut ? (int64_t)d->memory_s * NS_PER_S : 0);
}

bool engine_join(struct engine *e, size_t i, struct ticker *t, struct err *err)
{
    const struct detector *d = pool_get(e->pool, i);
    struct judging *j = &t->judging[i];
    struct bound b;
    if (!engine_tell(e, i, t, &b, err)) {
        return err_wrap(err, "ticker %s, detector %s", t->name, d->decl.id);
    }
    *j = (struct judging){ .next = t->queue_first, .open = j->open };
    if (!b.enabled || d->heir_of != NO_DETECTOR) {
        j->needs_priming = true;
        return true;
    }
    int64_t keep_ns = e->keeps_ended ? e->cfg->results_ttl_patterns_s * NS_PER_S : 0;
    j->tracker = tracker_create(t->name, &d->decl, &b.rules, keep_ns);
    if (j->tracker == NULL) {
        return err_set(err, ERR_MEMORY, "ticker %s: out of memory", t->name);
    }
    j->from_ns = known_from_ns(t, &d->decl);
    if (t->taken_ns != 0) {
        struct rows r = window_rows(&t->window);
        j->next = ticker_queue_end(t);
        j->last_ns = t->taken_ns;
        j->last_end_seq = r.first_seq + r.n;
        j->from_ns = j->from_ns > t->taken_ns ? j->from_ns : t->taken_ns + 1;
        j->needs_priming = true;
        j->settled = true;
        tracker_begin(j->tracker, INT64_MIN, t->taken_ns + 1);
    }
    engine_open(e, i, t);
    return true;
}

static bool join_all(struct engine *e, size_t i, struct err *err)
{
    for (size_t k = 0; k < e->n_tickers; k++) {
        if (!engine_join(e, i, e->tickers[k], err)) {
            return false;
        }
    }
    e->said[i].n = 0;
    e->bound[i] = pool_get(e->pool, i)->serial;
    return true;
}

/* ---- going ---------------------------------------------------------------------------------- */

void engine_forget(struct engine *e, size_t i)
{
    for (size_t k = 0; k < e->n_tickers; k++) {
        tracker_destroy(e->tickers[k]->judging[i].tracker);
        e->tickers[k]->judging[i] = (struct judging){ .next = 0 };
    }
    ring_clear(&e->open[i]);
    e->said[i].n = 0;
    e->bound[i] = 0;
}

void engine_leave(size_t i, struct ticker *t, enum end_reason why)
{
    struct judging *j = &t->judging[i];
    if (j->tracker != NULL) {
        struct change_ctx c = { .t = t, .detector = i };
        tracker_end_all(j->tracker, why, j->last_ns, engine_on_change, &c);
        tracker_destroy(j->tracker);
        j->tracker = NULL;
    }
}

static void leave_all(struct engine *e, size_t i, enum end_reason why)
{
    for (size_t k = 0; k < e->n_tickers; k++) {
        engine_leave(i, e->tickers[k], why);
    }
    engine_forget(e, i);
}

/* Episodes that are not written yet are drawn by the declaration of their detector. */
static bool has_changes(const struct engine *e, size_t i)
{
    for (size_t k = 0; k < e->n_tickers; k++) {
        const struct changes *c = &e->tickers[k]->changes;
        for (size_t n = 0; n < c->n; n++) {
            if (c->detector[n] == i) {
                return true;
            }
        }
    }
    return false;
}

/* ---- all of it ------------------------------------------------------------------------------ */

bool engine_runs(const struct detector *d)
{
    return d->state != DETECTOR_REFUSED && d->state != DETECTOR_UNWANTED &&
           d->state != DETECTOR_QUARANTINED && d->state != DETECTOR_VACANT;
}

static bool refresh(struct engine *e, size_t i, struct err *err)
{
    const struct detector *d = pool_get(e->pool, i);
    if (e->bound[i] != 0 && d->serial != e->bound[i]) {
        engine_forget(e, i); /* it was an heir, and the pool has ended it */
    }
    if (!engine_runs(d) || d->removed) {
        if (e->bound[i] != 0) {
            leave_all(e, i, d->removed ? END_REMOVED : END_DETECTOR);
        }
        if (d->removed && !has_changes(e, i)) {
            pool_release(e->pool, i);
        }
        return true;
    }
    if (e->bound[i] == 0 && !has_changes(e, i)) {
        return join_all(e, i, err);
    }
    size_t place = d->heir_of;
    if (place != NO_DETECTOR && e->bound[i] != 0 && pool_idle(e->pool, i) &&
        engine_primed(e, i, place) && !has_changes(e, place)) {
        return engine_succeed(e, i, place, err);
    }
    return true;
}

bool engine_refresh(struct engine *e, struct err *err)
{
    if (!grow(e, pool_count(e->pool), err)) {
        return false;
    }
    for (size_t i = 0; i < e->n_detectors; i++) {
        if (!refresh(e, i, err)) {
            return false;
        }
    }
    engine_measure(e);
    return true;
}

size_t engine_running(const struct engine *e)
{
    size_t n = 0;
    for (size_t i = 0; i < e->n_detectors; i++) {
        const struct detector *d = pool_get(e->pool, i);
        n += engine_runs(d) && d->heir_of == NO_DETECTOR;
    }
    return n;
}
