/* SPDX-License-Identifier: MIT */
/* A changed settings file: applied whole between two ticks, or refused whole. */
#include "cli.h"
#include "clock.h"
#include "live.h"
#include "live_journal.h"
#include "log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    SETTLE_MS = 100,
    LOOK_ANYWAY_MS = 4000 /* where the system says when it has changed */
};

/* Detector sections are live, too. All else is kept until a restart, and named. */
static const char *const LIVE[] = { "engine.interval_ms",
                                    "engine.idle_ms",
                                    "engine.backfill_s",
                                    "engine.warmup_ms",
                                    "feed.tickers",
                                    "feed.discover_ms",
                                    "feed.max_tickers",
                                    "pressure.ofi_min",
                                    "pressure.hold_ms",
                                    "plugins.order",
                                    "plugins.thresholds",
                                    "plugins.budget_ms",
                                    "results.ttl_10s_s",
                                    "results.ttl_1min_s",
                                    "results.ttl_5min_s",
                                    "results.ttl_state_s",
                                    "results.ttl_levels_s",
                                    "results.ttl_patterns_s",
                                    "results.ttl_quotes_s",
                                    "results.scores",
                                    "log.level",
                                    NULL };

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* It has changed since it was last read, and has come to rest. A file that is away for a moment is
 * being replaced. */
static bool has_changed(struct live_reload *r, const char *path, struct now now)
{
    struct stat st = { 0 };
    if (!dir_watch_drain(&r->watch) && !r->pending && mono_ms_until(now.mono, r->look_at) > 0) {
        return false;
    }
    bool told = dir_watch_set(&r->watch, path);
    r->look_at = mono_after_ms(now.mono, told ? LOOK_ANYWAY_MS : 0);
    if (stat(path, &st) != 0 && errno == ENOENT) {
        return false;
    }
    if (!r->known || !same_file(&st, &r->seen)) {
        r->pending = r->known;
        r->known = true;
        r->seen = st;
        r->since = now.mono;
    }
    if (!r->pending || mono_ms_until(r->since, now.mono) < SETTLE_MS) {
        return false;
    }
    r->pending = false;
    return true;
}

static void refuse(struct live *l, const char *why)
{
    (void)snprintf(l->reload.refused, sizeof l->reload.refused, "%s", why);
    log_error("config_refused", "file=%s hint=\"the settings in force are kept\" detail=\"%s\"",
              l->cfg->path, why);
}

static bool load(struct live *l, struct settings *next, struct settings_errors *errors)
{
    struct err err = { 0 };
    if (!settings_load(next, l->cfg->path, errors)) {
        for (int i = 1; i < errors->n; i++) {
            log_error("config", "%s", errors->text[i]);
        }
        refuse(l, errors->text[0]);
        return false;
    }
    bool ok = program_take_redis_url(next, &err) &&
              (!l->serving || engine_check_sections(&l->engine, next, errors, &err));
    if (!ok) {
        refuse(l, err.text);
        settings_fini(next);
    }
    return ok;
}

static void tell_sink(struct live *l)
{
    struct now started = { .wall_ns = l->started_ns };
    struct sink_config sc = live_sink_config(l->cfg, started, l->reload.refused);
    sink_set_ttls(l->sink, &sc);
    sink_set_lease_text(l->sink, sc.lease_text);
    l->lease_at = (struct mono){ 0 }; /* to be written now */
}

static void tell_sources(struct live *l, struct now now)
{
    for (size_t i = 0; i < l->n_sources; i++) {
        struct live_source *s = &l->sources[i];
        bool off = !zset_wants(l->cfg->feed_tickers, s->zset.ticker);
        if (off != s->off) {
            log_info(off ? "ticker_left_out" : "ticker_taken_again", "ticker=%s", s->zset.ticker);
        }
        s->off = off;
    }
    l->discover_at = now.mono;
}

static bool apply(struct live *l, struct settings *next, struct now now, struct err *err)
{
    enum log_level level = LOG_INFO;
    struct buf kept;
    buf_init(&kept, sizeof l->reload.kept - 1);
    settings_keep(next, l->own, LIVE, &kept);
    struct settings old = *l->own;
    *l->own = *next;
    (void)snprintf(l->reload.kept, sizeof l->reload.kept, "%s", kept.data != NULL ? kept.data : "");
    buf_fini(&kept);
    l->reload.refused[0] = '\0';
    l->reload.n++;
    if (log_level_parse(l->cfg->log_level, &level)) {
        log_setup("orderflow-engine", level,
                  strcmp(l->cfg->log_format, "json") == 0 ? LOG_JSON : LOG_TEXT);
    }
    log_info("config_reloaded", "file=%s hash=%016llx needs_restart=\"%s\"", l->cfg->path,
             (unsigned long long)l->cfg->hash, l->reload.kept);
    bool ok = !l->serving || engine_resettle(&l->engine, &old, err);
    tell_sources(l, now);
    live_journal_settings(l, now.wall_ns);
    settings_fini(&old);
    return ok;
}

bool live_reload(struct live *l, struct now now, bool asked, struct err *err)
{
    if (l->cfg->path[0] == '\0' || l->starting ||
        (!has_changed(&l->reload, l->cfg->path, now) && !asked)) {
        return true;
    }
    struct settings *next = calloc(1, sizeof *next);
    struct settings_errors *errors = calloc(1, sizeof *errors);
    bool ok = true;
    if (next == NULL || errors == NULL) {
        refuse(l, "out of memory");
    } else if (load(l, next, errors)) {
        ok = apply(l, next, now, err);
    }
    tell_sink(l);
    l->lease_at = now.mono; /* the lease says so at once */
    free(next);
    free(errors);
    return ok;
}
