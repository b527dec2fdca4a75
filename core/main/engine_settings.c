/* SPDX-License-Identifier: MIT */
/* Other settings while at work: each detector is told what is new for it, ticker by ticker. */
#include "engine.h"

#include <string.h>

static bool same_rules(const struct episode_rules *a, const struct episode_rules *b)
{
    return a->min_hold_ns == b->min_hold_ns && a->exit_hold_ns == b->exit_hold_ns &&
           a->merge_ns == b->merge_ns && a->cooldown_ns == b->cooldown_ns &&
           a->merge_ticks == b->merge_ticks;
}

static bool same_params(const struct bound *a, const struct bound *b, uint32_t n)
{
    return memcmp(a->params, b->params, n * sizeof a->params[0]) == 0;
}

/* An instance with other parameters is a new one: it is primed before it judges. */
static bool tell_anew(struct engine *e, size_t i, struct ticker *t, struct err *err)
{
    struct bound ignored;
    t->judging[i].needs_priming = true;
    return engine_tell(e, i, t, &ignored, err);
}

static bool resettle(struct engine *e, size_t i, struct ticker *t, const struct settings *old,
                     struct err *err)
{
    const struct detector *d = pool_get(e->pool, i);
    struct judging *j = &t->judging[i];
    struct settings_errors ignored;
    struct bound was, is;
    ignored.n = 0;
    if (!bind_detector(e->cfg, &d->decl, t->name, &is, &ignored)) {
        return err_set(err, ERR_INVALID, "%s", ignored.text[0]);
    }
    bool anew = !bind_detector(old, &d->decl, t->name, &was, &ignored) ||
                !same_params(&was, &is, d->decl.n_params);
    if (d->heir_of != NO_DETECTOR) {
        return !anew || tell_anew(e, i, t, err);
    }
    if (!is.enabled) {
        if (j->tracker != NULL) {
            engine_leave(i, t, END_DETECTOR);
            pool_drop_ticker(e->pool, i, t->id);
        }
        return true;
    }
    if (j->tracker == NULL) {
        return engine_join(e, i, t, err);
    }
    if (!same_rules(&was.rules, &is.rules)) {
        tracker_rebind(j->tracker, &d->decl, &is.rules);
    }
    return !anew || tell_anew(e, i, t, err);
}

bool engine_resettle(struct engine *e, const struct settings *old, struct err *err)
{
    pool_reconsider(e->pool);
    for (size_t i = 0; i < e->n_detectors; i++) {
        const struct detector *d = pool_get(e->pool, i);
        bool known = e->bound[i] != 0 && e->bound[i] == d->serial && engine_runs(d) && !d->removed;
        for (size_t k = 0; known && k < e->n_tickers; k++) {
            if (!resettle(e, i, e->tickers[k], old, err)) {
                return false;
            }
        }
    }
    for (size_t k = 0; k < e->n_tickers; k++) {
        engine_note_thresholds(e, e->tickers[k]);
    }
    engine_measure(e);
    engine_load_scores(e);
    return engine_refresh(e, err);
}
