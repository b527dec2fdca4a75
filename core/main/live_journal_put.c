/* SPDX-License-Identifier: MIT */
/* What is known at the beginning of a segment, and of a ticker. */
#include "live_journal.h"

#include "orderflow/detector.h"

#include <string.h>

enum { TEXT_MAX_BYTES = 4 << 20 };

static struct record_text text_of(const char *s)
{
    return (struct record_text){ s, strlen(s) };
}

void live_journal_settings(struct live *l, int64_t wall_ns)
{
    if (l->journal == NULL) {
        return;
    }
    struct buf text, thresholds;
    buf_init(&text, TEXT_MAX_BYTES);
    buf_init(&thresholds, TEXT_MAX_BYTES);
    settings_print_thresholds(l->cfg, &thresholds);
    settings_print_effective(l->cfg, thresholds.len > 0 ? JOURNAL_THRESHOLDS : "", &text);
    struct record r = { .type = RECORD_CONFIG,
                        .config = { .wall_ns = wall_ns,
                                    .hash = l->cfg->hash,
                                    .path = text_of(l->cfg->path),
                                    .dir = text_of(l->cfg->dir),
                                    .text = { text.data, text.len },
                                    .thresholds = { thresholds.data, thresholds.len },
                                    .thresholds_path = text_of(l->cfg->plugins_thresholds) } };
    journal_put(l->journal, &r);
    buf_fini(&text);
    buf_fini(&thresholds);
}

static void put_patterns(struct live *l, const struct ticker *t)
{
    struct buf text;
    buf_init(&text, TEXT_MAX_BYTES);
    for (size_t i = 0; i < t->n_judging; i++) {
        const struct tracker *tracker = t->judging[i].tracker;
        size_t n = tracker == NULL ? 0 : tracker_count(tracker);
        for (size_t k = 0; k < n; k++) {
            buf_clear(&text);
            report_put_episode(tracker_get(tracker, k), &pool_get(l->engine.pool, i)->decl, &text);
            struct record r = { .type = RECORD_PATTERN,
                                .ticker = t->id,
                                .pattern = { text.data, text.len } };
            journal_put(l->journal, &r);
        }
    }
    buf_fini(&text);
}

void live_journal_added(struct live *l, const struct ticker *t, int64_t px_tick,
                        const struct resume *r)
{
    if (l->journal == NULL) {
        return;
    }
    struct record record = { .type = RECORD_TICKER,
                             .ticker = t->id,
                             .added = { .name = text_of(t->name),
                                        .follows = (uint32_t)ticker_count_episodes(t),
                                        .history_ns = r->history_ns,
                                        .has_older = r->has_older,
                                        .px_tick = px_tick,
                                        .judged_ns = r->judged_ns,
                                        .pressure = r->pressure } };
    journal_put(l->journal, &record);
    put_patterns(l, t);
}

/* ---- where a ticker stands ------------------------------------------------------------------ */

static void put_row(struct live *l, const struct ticker *t, const struct rows *rows, size_t i)
{
    struct record r = { .type = RECORD_ROW,
                        .ticker = t->id,
                        .row = { .ts_ns = rows->ts_ns[i],
                                 .bid_px = rows->bid_px[i],
                                 .ask_px = rows->ask_px[i],
                                 .bid_sz = rows->bid_sz[i],
                                 .ask_sz = rows->ask_sz[i],
                                 .flags = rows->flags[i] & OFD_ROW_TIE } };
    journal_put(l->journal, &r);
}

static void put_time(struct live *l, const struct ticker *t, enum record_type type, int64_t ns)
{
    struct record r = { .type = type, .ticker = t->id, .ns = ns };
    journal_put(l->journal, &r);
}

/* By every detector; 0: one has not begun. */
static int64_t judged_ns(const struct ticker *t)
{
    int64_t ns = t->taken_ns;
    for (size_t i = 0; i < t->n_judging; i++) {
        const struct judging *j = &t->judging[i];
        ns = j->tracker != NULL && j->last_ns < ns ? j->last_ns : ns;
    }
    return ns;
}

void live_journal_standing(struct live *l, const struct ticker *t)
{
    struct rows rows = window_rows(&t->window);
    size_t taken = rows_after(&rows, t->taken_ns);
    bool begun = t->taken_ns != 0, cut = begun && taken < rows.n;
    uint32_t rows_follow = begun ? (uint32_t)rows.n + 1 + cut : 0;
    int64_t first_ns = rows.n > 0 ? rows.ts_ns[0] : t->history_ns;
    struct record r = { .type = RECORD_TICKER,
                        .ticker = t->id,
                        .added = { .name = text_of(t->name),
                                   .follows = (uint32_t)ticker_count_episodes(t) + rows_follow,
                                   .goes_on = true,
                                   .history_ns = begun ? first_ns : t->history_ns,
                                   .has_older = begun || t->has_older,
                                   .px_tick = tick_steps_at(&t->tick.steps, first_ns),
                                   .judged_ns = judged_ns(t),
                                   .pressure = t->pressure } };
    journal_put(l->journal, &r);
    put_patterns(l, t);
    for (size_t i = 0; begun && i < taken; i++) {
        put_row(l, t, &rows, i);
    }
    if (begun) {
        put_time(l, t, RECORD_BOUNDARY, t->taken_ns);
    }
    for (size_t i = taken; begun && i < rows.n; i++) {
        put_row(l, t, &rows, i);
    }
    if (cut) {
        put_time(l, t, RECORD_CUT, rows.ts_ns[rows.n - 1]);
    }
}
