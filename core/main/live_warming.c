/* SPDX-License-Identifier: MIT */
#include "live.h"

enum { WARMING_MS = 15000 };

/* Does detector i owe this ticker what it says about history? */
static bool owes_history(const struct live *l, const struct ticker *t, size_t i)
{
    if (t->judging[i].tracker == NULL || t->judging[i].next >= t->backfill_end) {
        return false;
    }
    enum detector_state state = pool_get(l->engine.pool, i)->state;
    const struct boundary *b = ticker_boundary(t, t->judging[i].next);
    return b != NULL && b->px_tick != 0 && state != DETECTOR_DOWN && state != DETECTOR_REFUSED &&
           state != DETECTOR_QUARANTINED;
}

bool live_is_warming(const struct live *l, const struct ticker *t, struct now now)
{
    if (t->backfill_end == UINT64_MAX) {
        return true;
    }
    size_t running = 0, owing = 0;
    for (size_t i = 0; i < l->engine.n_detectors; i++) {
        running += t->judging[i].tracker != NULL;
        owing += owes_history(l, t, i);
    }
    bool patient = mono_ms_until(l->sources[t->id].history_at, now.mono) < WARMING_MS;
    return owing > 0 && (patient || owing == running);
}
