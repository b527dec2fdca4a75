/* SPDX-License-Identifier: MIT */
/* What a ticker has to say at its last boundary, patterns apart. */
#include "clock.h"
#include "orderflow/detector.h"
#include "ticker.h"

#include <stdio.h>
#include <string.h>

static void add_window(const struct ticker *t, const struct rows *rows, const char *name,
                       int64_t seconds, struct report *out)
{
    struct report_window *w = &out->windows[out->n_windows++];
    size_t n = strnlen(name, sizeof w->name - 1);
    memcpy(w->name, name, n);
    w->name[n] = '\0';
    for (int i = 0; i < 3; i++) {
        if (t->standard_ns == t->taken_ns && t->standard[i].seconds == seconds) {
            w->m = t->standard[i];
            return;
        }
    }
    meter_read(t->meter, rows, t->taken_ns, seconds, t->tick.px, &w->m);
}

static void add_windows(const struct ticker_env *env, const struct ticker *t,
                        const struct rows *rows, struct report *out)
{
    add_window(t, rows, "10s", 10, out);
    add_window(t, rows, "1min", 60, out);
    add_window(t, rows, "5min", 300, out);
    for (size_t i = 0; i < env->cfg->n_window_s && out->n_windows < REPORT_WINDOWS_MAX; i++) {
        char name[WINDOW_NAME_MAX];
        (void)snprintf(name, sizeof name, "%ds", (int)env->cfg->window_s[i]);
        add_window(t, rows, name, env->cfg->window_s[i], out);
    }
}

static struct feed_mark mark_now(const struct ticker_env *env, const struct ticker *t)
{
    const struct stream_counts *c = stream_counts(t->stream);
    struct feed_mark m = {
        .ns = t->taken_ns, .late = (int64_t)c->late, .future = (int64_t)c->future, .lost = env->lost
    };
    for (int i = 0; i < MALFORMED_KINDS; i++) {
        m.malformed += (int64_t)c->malformed[i];
    }
    return m;
}

/* What the feed saw and the rows cannot tell, over the last one to two longest windows. */
static void add_feed_quality(const struct ticker_env *env, struct ticker *t, struct quality *q)
{
    struct feed_mark now = mark_now(env, t);
    if (now.ns - t->marks[1].ns >= env->longest_window_ns) {
        t->marks[0] = t->marks[1];
        t->marks[1] = now;
    }
    q->late = now.late - t->marks[0].late;
    q->lost = now.lost - t->marks[0].lost;
    q->future = now.future - t->marks[0].future;
    q->malformed = now.malformed - t->marks[0].malformed;
    quality_set_bits(q);
}

static bool is_degraded(const struct ticker *t, const struct rows *r)
{
    return t->standard_ns == t->taken_ns ? t->degraded || quality_lost(&t->window, t->taken_ns)
                                         : quality_degraded(r, &t->window, t->taken_ns);
}

/* As of a boundary: in event mode there are newer rows. */
static struct quote newest_quote(const struct rows *r, int64_t at_ns)
{
    size_t n = r->n == 0 || r->ts_ns[r->n - 1] <= at_ns ? r->n : rows_after(r, at_ns);
    if (n == 0) {
        return (struct quote){ 0 };
    }
    size_t i = n - 1;
    return (struct quote){ .ts_ns = r->ts_ns[i],
                           .bid_px = r->bid_px[i],
                           .ask_px = r->ask_px[i],
                           .bid_sz = r->bid_sz[i],
                           .ask_sz = r->ask_sz[i],
                           .flags = r->flags[i] };
}

/* Puts an active episode where it belongs: the newest first, the oldest fall off. */
static void add_active(struct report *out, const struct episode *e)
{
    int at = out->n_active;
    while (at > 0 && out->active[at - 1].onset_ns < e->onset_ns) {
        at--;
    }
    if (at == REPORT_ACTIVE_MAX) {
        return;
    }
    int kept = out->n_active < REPORT_ACTIVE_MAX ? out->n_active : REPORT_ACTIVE_MAX - 1;
    memmove(&out->active[at + 1], &out->active[at], (size_t)(kept - at) * sizeof out->active[0]);
    struct active_pattern *a = &out->active[at];
    *a = (struct active_pattern){
        .side = e->side, .dir = e->dir, .onset_ns = e->onset_ns, .price = e->price
    };
    memcpy(a->id, e->id, sizeof a->id);
    memcpy(a->kind, e->kind, sizeof a->kind);
    out->n_active = kept + 1;
}

static void add_all_active(const struct ticker *t, struct report *out)
{
    for (size_t i = 0; i < t->n_judging; i++) {
        const struct episode *newest[REPORT_ACTIVE_MAX];
        const struct tracker *tracker = t->judging[i].tracker;
        size_t n = tracker == NULL ? 0 : tracker_active(tracker, newest, REPORT_ACTIVE_MAX);
        out->active_total += (int64_t)n;
        for (size_t k = 0; k < n && k < REPORT_ACTIVE_MAX; k++) {
            add_active(out, newest[k]);
        }
    }
}

void ticker_report(const struct ticker_env *env, struct ticker *t, struct report *out)
{
    struct rows rows = window_rows(&t->window);
    report_clear(out);
    out->tick_ns = t->taken_ns;
    out->px_tick = t->tick.px;
    out->px_steps = t->tick.steps;
    out->quote = newest_quote(&rows, t->taken_ns);
    out->behaviors = t->behaviors;
    out->pressure = t->pressure;
    memcpy(out->ticker, t->name, sizeof out->ticker);
    memcpy(out->size_unit, t->size_unit, sizeof out->size_unit);
    memcpy(out->thr, t->thr, sizeof out->thr);
    out->stale = out->quote.ts_ns == 0 || t->taken_ns - out->quote.ts_ns > t->gap_limit_ns;
    quality_read(&rows, &t->window, t->taken_ns, env->longest_window_ns / NS_PER_S, &out->quality);
    out->quality.degraded = is_degraded(t, &rows);
    out->quality.median_gap_ns = t->median_gap_ns;
    out->quality.gap_limit_ns = t->gap_limit_ns;
    add_feed_quality(env, t, &out->quality);
    add_windows(env, t, &rows, out);
    add_all_active(t, out);
    level_book_read_both(t->levels, t->taken_ns, out->levels, out->n_levels);
}
