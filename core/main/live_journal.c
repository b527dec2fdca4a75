/* SPDX-License-Identifier: MIT */
#include "live_journal.h"

#include "log.h"
#include "orderflow/detector.h"

#include <string.h>

enum { TEXT_MAX_BYTES = 4 << 20 };

/* ---- it comes and goes ---------------------------------------------------------------------- */

void live_journal_open(struct live *l, struct now now)
{
    char dir[4200];
    struct err err = { 0 };
    if (l->cfg->journal_dir[0] == '\0') {
        return;
    }
    if (!settings_resolve(l->cfg, l->cfg->journal_dir, dir, sizeof dir, &err)) {
        log_error("journal", "%s", err.text);
        return;
    }
    struct journal_config jc = { .dir = dir, .max_bytes = l->cfg->journal_max_mb << 20 };
    l->journal = journal_create(&jc);
    if (l->journal == NULL) {
        log_error("journal", "out of memory");
    }
    l->engine.env.journal = l->journal;
    live_journal_turn(l, now);
}

void live_journal_close(struct live *l, struct now now)
{
    if (l->journal != NULL) {
        struct record end = { .type = RECORD_END, .ns = now.wall_ns };
        journal_put(l->journal, &end);
        journal_close(l->journal);
        l->journal = NULL;
        l->engine.env.journal = NULL;
    }
}

/* Each failure once. */
static void say_failure(struct live *l)
{
    bool ok = strcmp(journal_state(l->journal), "ok") == 0;
    if (!ok && !l->journal_failed) {
        log_error("journal", "%s; tried again every 5 s", journal_state(l->journal));
    }
    l->journal_failed = !ok;
}

void live_journal_turn(struct live *l, struct now now)
{
    if (l->journal == NULL || !journal_wants_segment(l->journal, now)) {
        return;
    }
    if (!journal_begin(l->journal, now)) {
        say_failure(l);
        return;
    }
    live_journal_settings(l, now.wall_ns);
    for (size_t k = 0; k < l->engine.n_tickers; k++) {
        live_journal_standing(l, l->engine.tickers[k]);
    }
    if (!journal_begun(l->journal, now)) {
        log_warn("journal_small", "[journal] max_mb: the rows that each segment begins with take a "
                                  "quarter of it or more; little of the past will be kept");
    }
    say_failure(l);
}

void live_journal_flush(struct live *l, struct now now)
{
    if (l->journal != NULL) {
        journal_flush(l->journal, now);
        say_failure(l);
    }
}

void live_journal_report(struct live *l, const struct ticker *t, const struct report *r)
{
    if (l->journal != NULL) {
        struct record record = { .type = RECORD_REPORT,
                                 .ticker = t->id,
                                 .report = { .wall_ns = clock_now().wall_ns,
                                             .tick_ns = r->tick_ns,
                                             .feed_lag_ms = r->feed_lag_ms,
                                             .late = r->quality.late,
                                             .future = r->quality.future,
                                             .malformed = r->quality.malformed,
                                             .lost = r->quality.lost,
                                             .warming = r->warming } };
        journal_put(l->journal, &record);
    }
}
