/* SPDX-License-Identifier: MIT */
/* Detectors as others see them: orderflow:detectors. */
#include "hash64.h"
#include "live.h"

#include <stdlib.h>
#include <string.h>

enum {
    DETECTORS_MS = 5000,
    BEHIND_MAX = 2 /* boundaries: such is the way of things */
};

/* All that is worth to be told at once: anything but how much a detector has worked. */
static uint64_t news_of(const struct live *l)
{
    uint64_t sum = l->reload.n * 31 + l->engine.n_tickers;
    for (size_t i = 0; i < l->engine.n_detectors; i++) {
        const struct detector *d = pool_get(l->engine.pool, i);
        bool works = d->state == DETECTOR_READY || d->state == DETECTOR_BUSY;
        uint64_t parts[] = {
            sum,
            d->serial,
            works ? UINT64_MAX : d->state,
            engine_shows(&l->engine, i),
            d->restarts,
            d->strikes,
            d->late,
            d->skipped,
            d->refused_emits,
            d->refused_calls,
            (uint64_t)d->pid,
            hash64(d->reason, strlen(d->reason)),
            hash64(d->note, strlen(d->note)),
            engine_behind(&l->engine, i) > BEHIND_MAX,
        };
        sum = hash64((const char *)parts, sizeof parts);
    }
    return sum;
}

/* They are written now and then, and when there is news; while one has to catch up, every time. */
static bool detectors_are_due(struct live *l, struct now now)
{
    bool catches_up = false;
    for (size_t i = 0; i < l->engine.n_detectors; i++) {
        catches_up = catches_up || engine_behind(&l->engine, i) > BEHIND_MAX;
    }
    uint64_t news = news_of(l);
    if (!catches_up && news == l->detectors_news && mono_ms_until(now.mono, l->detectors_at) > 0) {
        return false;
    }
    int64_t lease_ms = l->cfg->engine_lease_ms;
    l->detectors_news = news;
    l->detectors_at = mono_after_ms(now.mono, lease_ms < DETECTORS_MS ? lease_ms : DETECTORS_MS);
    return true;
}

static bool stage_detectors(struct live *l, struct err *err)
{
    struct buf *texts = calloc(l->engine.n_detectors + 1, sizeof *texts);
    const char **pairs = calloc(2 * l->engine.n_detectors + 1, sizeof *pairs);
    bool ok = texts != NULL && pairs != NULL;
    size_t n = 0;
    for (size_t i = 0; ok && i < l->engine.n_detectors; i++) {
        if (!engine_shows(&l->engine, i)) {
            continue;
        }
        buf_init(&texts[i], 1 << 20);
        engine_put_detector(&l->engine, i, &texts[i]);
        pairs[2 * n] = engine_detector_name(&l->engine, i);
        pairs[2 * n++ + 1] = texts[i].data;
        ok = !texts[i].failed;
    }
    ok = ok ? sink_detectors(l->sink, pairs, n, err)
            : err_set(err, ERR_MEMORY, "out of memory for the status");
    for (size_t i = 0; texts != NULL && i < l->engine.n_detectors; i++) {
        buf_fini(&texts[i]);
    }
    free(texts);
    free(pairs);
    return ok;
}

bool live_tell_detectors(struct live *l, struct now now, struct err *err)
{
    return !detectors_are_due(l, now) || stage_detectors(l, err);
}
