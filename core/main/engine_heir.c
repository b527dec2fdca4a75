/* SPDX-License-Identifier: MIT */
/* A newer build takes over where the one before it is. */
#include "clock.h"
#include "engine.h"

enum { NEARLY = 8 }; /* intervals that an heir may still have to be shown when it takes over */

/* ---- heirs ---------------------------------------------------------------------------------- */

bool engine_primed(const struct engine *e, size_t heir, size_t place)
{
    int64_t rest_ns = NEARLY * e->cfg->engine_interval_ms * NS_PER_MS;
    for (size_t k = 0; k < e->n_tickers; k++) {
        const struct judging *old = &e->tickers[k]->judging[place];
        const struct judging *j = &e->tickers[k]->judging[heir];
        if (old->tracker != NULL && old->last_ns != 0 &&
            (j->needs_priming || j->primed_ns < old->last_ns - rest_ns)) {
            return false;
        }
    }
    return true;
}

bool engine_succeed(struct engine *e, size_t heir, size_t place, struct err *err)
{
    struct bound b;
    struct settings_errors ignored;
    ignored.n = 0;
    const struct declaration *d = &pool_get(e->pool, heir)->decl; /* stays where it is */
    for (size_t k = 0; k < e->n_tickers; k++) {
        struct ticker *t = e->tickers[k];
        struct judging *j = &t->judging[place];
        if (!bind_detector(e->cfg, d, t->name, &b, &ignored)) {
            return err_set(err, ERR_INVALID, "%s", ignored.text[0]);
        }
        j->needs_priming = t->judging[heir].needs_priming;
        j->primed_ns = t->judging[heir].primed_ns;
        j->no_instance = false;
        if (j->tracker != NULL) {
            tracker_rebind(j->tracker, d, &b.rules);
        }
    }
    pool_succeed(e->pool, heir); /* the old declaration goes: nobody has it any more */
    e->said[place].n = 0;
    engine_forget(e, heir);
    return true;
}
