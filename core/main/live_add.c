/* SPDX-License-Identifier: MIT */
/* A ticker joins: how far back to read, what is stored about it. */
#include "clock.h"
#include "live.h"
#include "live_journal.h"
#include "log.h"
#include "resume.h"

#include <stdlib.h>
#include <string.h>

enum { RESUME_MARGIN_MS = 60000 };

static bool grow_sources(struct live *l, struct err *err)
{
    size_t need = l->engine.n_tickers + 1;
    struct live_source *s = realloc(l->sources, need * sizeof *s);
    l->sources = s != NULL ? s : l->sources;
    struct zset_source **r = s == NULL ? NULL : realloc(l->reading, need * sizeof *r);
    l->reading = r != NULL ? r : l->reading;
    return r != NULL || err_set(err, ERR_MEMORY, "out of memory for tickers");
}

static int64_t longest_memory_ms(const struct live *l)
{
    return (l->engine.env.keep_ns - l->engine.env.longest_window_ns) / NS_PER_MS;
}

/* backfill_s before the newest quote; further back if an earlier engine stopped before that, so
 * that every row it has not judged is judged with its past known. */
static int64_t first_ms(const struct live *l, int64_t newest_ms, int64_t judged_to_ms)
{
    int64_t from_ms = newest_ms - l->cfg->engine_backfill_s * 1000;
    int64_t resume_ms = judged_to_ms - longest_memory_ms(l) - RESUME_MARGIN_MS;
    int64_t oldest_ms = newest_ms - l->cfg->results_ttl_quotes_s * 1000;
    if (judged_to_ms > oldest_ms && resume_ms < from_ms) {
        from_ms = resume_ms;
    }
    return from_ms > 0 ? from_ms : 0;
}

/* Everything Redis knows about a ticker, asked for before it is added, so that it is never half
 * added. */
static bool ask(struct live *l, const char *name, struct now now, struct sink_stored *stored,
                int64_t *from_ms_out, bool *has_older_out, struct err *err)
{
    int64_t newest_ms;
    if (!zset_newest(l->redis, &l->keys, name, now.wall_ns / NS_PER_MS, &newest_ms, err) ||
        !sink_load(l->sink, name, stored, err)) {
        return false;
    }
    *from_ms_out = first_ms(l, newest_ms != 0 ? newest_ms : now.wall_ns / NS_PER_MS,
                            stored->tick_ns / NS_PER_MS);
    return zset_has_older(l->redis, &l->keys, name, *from_ms_out, has_older_out, err);
}

static bool add(struct live *l, const char *name, struct now now, const struct sink_stored *found,
                int64_t from_ms, bool has_older, struct err *err)
{
    struct sink_stored stored = *found;
    int64_t px_tick = stored.px_steps.n > 0 ? tick_steps_at(&stored.px_steps, from_ms * NS_PER_MS)
                                            : stored.px_tick;
    bool ok = grow_sources(l, err);
    struct ticker *t = ok ? engine_add(&l->engine, name, px_tick, err) : NULL;
    if (t != NULL) {
        l->sources[t->id] = (struct live_source){
            .zset = { .ticker = t->name, .stream = t->stream, .from_ms = from_ms },
            .last_fresh = now.mono,
        };
        l->n_sources = l->engine.n_tickers;
        struct resume resume = { .history_ns = from_ms * NS_PER_MS,
                                 .has_older = has_older,
                                 .judged_ns = stored.tick_ns,
                                 .pressure = stored.pressure };
        ok = engine_resume(&l->engine, t, &resume, stored.patterns, stored.n_patterns, err);
        live_journal_added(l, t, px_tick, &resume);
        log_info("ticker_found", "ticker=%s stored_episodes=%zu last_tick_ms=%lld from_ms=%lld",
                 name, stored.n_patterns, (long long)(stored.tick_ns / NS_PER_MS),
                 (long long)from_ms);
    }
    return ok && t != NULL;
}

bool live_add(struct live *l, const char *name, struct now now, struct err *err)
{
    struct sink_stored stored = { .n_patterns = 0 };
    int64_t from_ms = 0;
    bool has_older = false;
    bool ok = ask(l, name, now, &stored, &from_ms, &has_older, err) &&
              add(l, name, now, &stored, from_ms, has_older, err);
    free(stored.patterns);
    return ok;
}

bool live_add_from(struct live *l, const char *name, struct now now, int64_t from_ms,
                   bool has_older, struct err *err)
{
    struct sink_stored stored = { .n_patterns = 0 };
    bool ok = sink_load(l->sink, name, &stored, err) &&
              add(l, name, now, &stored, from_ms, has_older, err);
    free(stored.patterns);
    return ok;
}
