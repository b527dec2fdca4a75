/* SPDX-License-Identifier: MIT */
/* The loop: hold the lease, read, take boundaries, judge, write, wait. */
#include "live.h"

#include "clock.h"
#include "live_journal.h"
#include "log.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

enum {
    STANDBY_MS = 500,
    STATUS_MS = 1000,
    START_MS = 50,
    REFUSED_MS = 50, /* Redis is there and refuses something: tried again, and not all the time */
    CYCLE_MIN_MS = 10,
    CYCLE_MAX_MS = 250
};

int64_t live_cycle_ms(const struct settings *cfg)
{
    int64_t ms = cfg->engine_interval_ms / 4;
    return ms < CYCLE_MIN_MS ? CYCLE_MIN_MS : ms > CYCLE_MAX_MS ? CYCLE_MAX_MS : ms;
}

static bool is_due(struct mono at, struct now now)
{
    return mono_ms_until(now.mono, at) <= 0;
}

/* Status and detectors, once a second: with results, if there are to be any about then. */
static bool report_status(struct live *l, struct now now, bool *reports_out, struct err *err)
{
    *reports_out =
        mono_ms_until(now.mono, l->status_at) <= (l->took ? STATUS_MS / 4 : -STATUS_MS / 4);
    if (!*reports_out) {
        return true;
    }
    l->status_at = mono_after_ms(now.mono, STATUS_MS);
    bool ok = live_status(l, now, err);
    phases_lap(&l->phases, PHASE_OTHER);
    return ok;
}

static bool cycle(struct live *l, struct now now, bool *more_out, struct err *err)
{
    bool reports = false;
    enum flush *flush = &l->portions.flush;
    l->took = false;
    live_portions_begin(l);
    bool landed = live_land(l, err);
    if (*flush == FLUSH_NOT_OURS || (!landed && !redis_connected(l->redis))) {
        return landed;
    }
    if (live_may_discover(l, now.mono)) {
        if (!live_discover(l, now, err)) {
            return false;
        }
        l->discover_at = mono_after_ms(now.mono, l->cfg->feed_discover_ms);
    }
    (void)live_event_listen(l, now);
    live_journal_turn(l, now);
    phases_lap(&l->phases, PHASE_OTHER);
    if (!live_read(l, now, more_out, err) || !live_portions_judge(l, err) ||
        !report_status(l, now, &reports, err) || !live_write(l, err) || !live_ask(l, now, err) ||
        !engine_refresh(&l->engine, err)) {
        return false;
    }
    if (l->took) {
        phases_turn(&l->phases, mono_ms_until(now.mono, clock_mono()), l->cfg->engine_interval_ms);
    }
    if (*flush == FLUSH_OK && reports && l->firehose.on) {
        *flush = live_firehose_store(l, err) ? sink_flush(l->sink, err) : FLUSH_FAILED;
    }
    return *flush != FLUSH_FAILED;
}

/* One turn while serving; returns how long to wait before the next. */
static int64_t turn(struct live *l, struct now now)
{
    struct err err = { 0 };
    bool more = false;
    l->cycles++;
    if (is_due(l->lease_at, now)) {
        enum lease lease = live_hold(l, now);
        if (lease == LEASE_OTHER) {
            live_stand_down(l);
            return STANDBY_MS;
        }
    }
    bool ok = cycle(l, now, &more, &err);
    if (!ok) {
        (void)sink_settle(l->sink, NULL);
        pace_lost(&l->pace, clock_mono());
    }
    live_note_redis(l, ok, &err);
    if (l->portions.flush == FLUSH_NOT_OURS && live_hold(l, now) == LEASE_OTHER) {
        live_stand_down(l);
        return STANDBY_MS;
    }
    if (!ok) {
        int64_t results_ms = redis_backoff_ms(l->redis), feed_ms = redis_backoff_ms(l->feed);
        int64_t backoff = results_ms > feed_ms ? results_ms : feed_ms;
        return backoff == 0 ? REFUSED_MS : backoff > CYCLE_MAX_MS ? CYCLE_MAX_MS : backoff;
    }
    return more ? 0 : live_pause_ms(l, clock_mono());
}

static bool parent_gone(int parent_fd)
{
    struct pollfd p = { .fd = parent_fd, .events = POLLIN };
    return parent_fd >= 0 && poll(&p, 1, 0) > 0;
}

/* Signals the caller sets once are taken once. */
static bool taken(volatile sig_atomic_t *signal)
{
    bool set = *signal != 0;
    *signal = 0;
    return set;
}

int live_run(struct settings *cfg, const struct paths *paths, int parent_fd,
             struct live_signals *signals)
{
    struct err err = { 0 };
    struct redis_config rc;
    struct now now = clock_now();
    struct sink_config sc = live_sink_config(cfg, now, "");
    struct live l = {
        .cfg = cfg, .own = cfg, .paths = paths, .redis_up = true, .started_ns = now.wall_ns
    };
    keys_from(cfg, &l.keys);
    dir_watch_open(&l.reload.watch);
    if (redis_config_from(cfg, &rc, &err)) {
        redis_print_url(&rc, l.url, sizeof l.url);
        live_event_begin(&l, &rc);
        l.redis = redis_create(&rc);
        l.feed = redis_create(&rc);
        l.sink = l.redis == NULL || l.feed == NULL ? NULL : sink_create(&sc, l.redis);
        (void)(l.sink != NULL || err_set(&err, ERR_MEMORY, "out of memory"));
    }
    live_firehose_begin(&l);
    bool ok = l.sink != NULL;
    while (ok && !signals->stop && !parent_gone(parent_fd)) {
        now = clock_now();
        int64_t wait_ms = STANDBY_MS;
        ok = live_reload(&l, now, taken(&signals->reload), &err);
        if (!ok) {
            break;
        }
        if (l.serving) {
            wait_ms = turn(&l, now);
        } else if (l.starting) {
            live_keep_lease(&l);
            ok = live_start_serving(&l, now, &err);
            wait_ms = l.serving ? 0 : START_MS;
        } else if (live_hold(&l, now) == LEASE_MINE) {
            ok = live_start(&l, &err);
            wait_ms = 0;
        }
        live_wait(&l, wait_ms, signals);
    }
    if (!ok) {
        log_error("engine_stopped", "%s", err.text);
    }
    live_stand_down(&l);
    sink_release(l.sink);
    sink_destroy(l.sink);
    live_firehose_fini(&l);
    redis_destroy(l.redis);
    redis_destroy(l.feed);
    dir_watch_close(&l.reload.watch);
    return ok ? 0 : 1;
}
