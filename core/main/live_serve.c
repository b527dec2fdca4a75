/* SPDX-License-Identifier: MIT */
/* From standing by to serving, and back. */
#include "clock.h"
#include "live.h"
#include "live_journal.h"
#include "log.h"

void live_stand_down(struct live *l)
{
    if (l->serving || l->starting) {
        sink_forget(l->sink);
        live_forget_sources(l);
        live_event_end(l);
        live_firehose_forget(l);
        live_ask_end(l);
        live_journal_close(l, clock_now());
        engine_fini(&l->engine);
        l->serving = false;
        l->starting = false;
    }
}

bool live_start(struct live *l, struct err *err)
{
    if (!engine_init(&l->engine, l->cfg, l->paths, live_cycle_ms(l->cfg), err)) {
        engine_fini(&l->engine);
        return false;
    }
    l->starting = true;
    return true;
}

bool live_start_serving(struct live *l, struct now now, struct err *err)
{
    if (!pool_described(l->engine.pool) && !pool_hangs(l->engine.pool, now.mono)) {
        return true;
    }
    if (!engine_begin(&l->engine, err)) {
        return false;
    }
    l->starting = false;
    l->serving = true;
    l->engine.keeps_ended = l->cfg->journal_dir[0] != '\0'; /* each segment begins with them */
    l->discover_at = now.mono;
    l->status_at = now.mono;
    live_journal_open(l, now);
    log_info("engine_serving", "detectors=%zu interval_ms=%lld", engine_running(&l->engine),
             (long long)l->cfg->engine_interval_ms);
    return true;
}
