/* SPDX-License-Identifier: MIT */
#include "view.h"

#include "clock.h"
#include "decimal.h"
#include "orderflow/detector.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct report_window *view_window(const struct answer *a, int64_t seconds)
{
    for (int i = 0; i < a->report.n_windows; i++) {
        const struct report_window *w = &a->report.windows[i];
        if (w->m.seconds == seconds && w->m.quotes > 0) {
            return w;
        }
    }
    return NULL;
}

bool view_mid(const struct answer *a, int64_t *px_out)
{
    const struct quote *q = &a->newest;
    if (q->bid_px <= 0 || q->ask_px < q->bid_px) {
        return false;
    }
    *px_out = q->bid_px + (q->ask_px - q->bid_px) / 2;
    return true;
}

int64_t view_quote_age_ms(const struct answer *a)
{
    if (a->newest.ts_ns == 0) {
        return -1;
    }
    int64_t age_ns = a->now_ns - a->newest.ts_ns;
    return age_ns > 0 ? age_ns / NS_PER_MS : 0;
}

int view_decimals(const struct answer *a)
{
    return a->report.px_tick > 0 ? decimal_decimals_of(a->report.px_tick) : 1;
}

const char *view_behavior(const struct answer *a, const struct behavior *b)
{
    if (b->value == ANSWER_UNKNOWN || strcmp(answer_state(a), "OK") != 0) {
        return "UNKNOWN";
    }
    return b->value == ANSWER_YES ? "YES" : "NO";
}

enum pressure_state view_pressure(const struct answer *a)
{
    return strcmp(answer_state(a), "OK") == 0 ? a->report.pressure.state : PRESSURE_UNKNOWN;
}

enum pressure_state view_pressure_previous(const struct answer *a)
{
    const struct pressure *p = &a->report.pressure;
    return view_pressure(a) == PRESSURE_UNKNOWN ? p->known : pressure_previous(p);
}

const char *view_quality(const struct answer *a)
{
    return a->report.quality.degraded ? "DEGRADED" : "OK";
}

void view_causes(uint32_t bits, char out[VIEW_CAUSES_MAX])
{
    size_t len = 0;
    out[0] = '\0';
#define QUALITY(member, name, bit, degrades, help)                                            \
    if ((bits & (UINT32_C(1) << (bit))) != 0 && len < VIEW_CAUSES_MAX) {                      \
        int n = snprintf(out + len, VIEW_CAUSES_MAX - len, "%s%s", len > 0 ? " " : "", name); \
        len += n > 0 ? (size_t)n : 0;                                                         \
    }
#include "quality.def"
#undef QUALITY
}

static int64_t distance_px(const struct level *l, int64_t from_px)
{
    return l->px > from_px ? l->px - from_px : from_px - l->px;
}

static const char *role_of(const struct level *l, int list, int side, int64_t touch_px)
{
    if (l->status == LEVEL_BROKEN || (l->status == LEVEL_OPEN && list != side)) {
        return NULL;
    }
    if (side == OFD_BID ? l->px > touch_px : l->px < touch_px) {
        return NULL;
    }
    if (l->px == touch_px) {
        return "at";
    }
    if (l->status == LEVEL_FLIPPED) {
        return "flipped";
    }
    return side == OFD_BID ? "support" : "resistance";
}

/* Keeps the two nearest in out[0..1] and the strongest of the others in out[2]. */
static void offer(struct level_view out[VIEW_LEVELS_MAX], struct level_view v, int64_t touch_px)
{
    for (int i = 0; i < 2 && v.l != NULL; i++) {
        if (out[i].l == NULL || distance_px(v.l, touch_px) < distance_px(out[i].l, touch_px)) {
            struct level_view displaced = out[i];
            out[i] = v;
            v = displaced;
        }
    }
    if (v.l != NULL && (out[2].l == NULL || v.l->strength > out[2].l->strength)) {
        out[2] = v;
    }
}

int view_levels(const struct answer *a, int side, struct level_view out[VIEW_LEVELS_MAX])
{
    int64_t touch_px = side == OFD_BID ? a->newest.bid_px : a->newest.ask_px;
    struct level_view best[VIEW_LEVELS_MAX] = { 0 };
    for (int list = OFD_BID; touch_px > 0 && list <= OFD_ASK; list++) {
        for (int i = 0; i < a->report.n_levels[list - OFD_BID]; i++) {
            const struct level *l = &a->report.levels[list - OFD_BID][i];
            const char *role = role_of(l, list, side, touch_px);
            if (role != NULL && l->last_ns >= a->now_ns - a->history_ns) {
                offer(best, (struct level_view){ .l = l, .role = role }, touch_px);
            }
        }
    }
    int n = 0;
    for (int i = 0; i < VIEW_LEVELS_MAX; i++) {
        bool strongest = i < 2 || (best[2].l != NULL && best[2].l->strength > best[0].l->strength &&
                                   best[2].l->strength > best[1].l->strength);
        if (best[i].l != NULL && strongest) {
            out[n++] = best[i];
        }
    }
    return n;
}

const struct size_jump *view_jump(const struct answer *a)
{
    const struct report_window *w = view_window(a, 300);
    if (w == NULL || w->m.jump.ts_ns == 0 || w->m.jump.ts_ns < a->now_ns - a->history_ns) {
        return NULL;
    }
    return &w->m.jump;
}

const char *view_jump_direction(const struct size_jump *j)
{
    return j->direction > 0 ? "lift" : j->direction < 0 ? "hit" : "unchanged";
}

/* ---- which patterns are shown ---- */

struct ranked {
    int64_t last_ns;
    size_t index;
    size_t rank; /* how many newer ones of its kind there are; 0 while it is active */
};

static int newest_first(const void *left, const void *right)
{
    const struct ranked *a = left, *b = right;
    if (a->last_ns != b->last_ns) {
        return a->last_ns < b->last_ns ? 1 : -1;
    }
    return (a->index > b->index) - (a->index < b->index);
}

static int by_rank(const void *left, const void *right)
{
    const struct ranked *a = left, *b = right;
    return a->rank != b->rank ? (a->rank > b->rank ? 1 : -1) : newest_first(left, right);
}

static bool same_kind(const struct episode *a, const struct episode *b)
{
    return strcmp(a->kind, b->kind) == 0 && a->side == b->side &&
           (a->side != OFD_NO_SIDE || a->dir == b->dir);
}

enum { KINDS_SHOWN_MAX = 64 };

/* r[0..n) are newest first. Kinds beyond the first 64 share one count. */
static void rank(const struct answer *a, struct ranked *r, size_t n)
{
    const struct episode *kinds[KINDS_SHOWN_MAX];
    size_t counts[KINDS_SHOWN_MAX + 1] = { 0 }, n_kinds = 0;
    for (size_t i = 0; i < n; i++) {
        const struct episode *e = &a->patterns[r[i].index].e;
        size_t k = 0;
        while (k < n_kinds && !same_kind(kinds[k], e)) {
            k++;
        }
        if (k == n_kinds && n_kinds < KINDS_SHOWN_MAX) {
            kinds[n_kinds++] = e;
        }
        size_t newer = counts[k]++;
        r[i].rank = e->state == EPISODE_ACTIVE ? 0 : newer;
    }
}

size_t view_patterns(const struct answer *a, size_t *out, size_t max, size_t *total_out)
{
    struct ranked *r = malloc((a->n_patterns + 1) * sizeof *r);
    size_t n = 0;
    *total_out = 0;
    if (r == NULL) {
        return 0;
    }
    for (size_t i = 0; i < a->n_patterns; i++) {
        const struct episode *e = &a->patterns[i].e;
        if (e->last_ns >= a->now_ns - a->history_ns && e->state != EPISODE_CANDIDATE) {
            r[n++] = (struct ranked){ .last_ns = e->last_ns, .index = i };
        }
    }
    *total_out = n + a->patterns_more;
    qsort(r, n, sizeof *r, newest_first);
    if (n > max) {
        rank(a, r, n);
        qsort(r, n, sizeof *r, by_rank);
        n = max;
        qsort(r, n, sizeof *r, newest_first);
    }
    for (size_t i = 0; i < n; i++) {
        out[i] = r[i].index;
    }
    free(r);
    return n;
}

bool view_has_field(const struct stored_pattern *s, const char *name)
{
    for (int i = 0; i < s->n_fields; i++) {
        if (strcmp(s->fields[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

bool view_other_config(const struct answer *a)
{
    return a->own_config_hash[0] != '\0' && a->config_hash[0] != '\0' &&
           strcmp(a->own_config_hash, a->config_hash) != 0;
}

bool view_detector_works(const struct answer_detector *d)
{
    return strcmp(d->state, "ready") == 0 || strcmp(d->state, "busy") == 0;
}

bool view_detector_missing(const struct answer_detector *d)
{
    return !view_detector_works(d) && strcmp(d->state, "disabled") != 0;
}

const struct score *view_score(const struct answer *a, const struct stored_pattern *s)
{
    return score_find(a->report.scores, a->report.n_scores, s->e.detector, s->e.kind, s->e.side,
                      s->e.dir);
}

void view_lift(const struct score *s, char lift[24], char interval[24])
{
    (void)snprintf(lift, 24, "%+.1fpp", s->lift * 100);
    interval[0] = '\0';
    if (isfinite(s->lo) && isfinite(s->hi)) {
        (void)snprintf(interval, 24, "%+.1f,%+.1f", s->lo * 100, s->hi * 100);
    }
}

void view_hist(const struct score *s, char out[VIEW_HIST_MAX])
{
    char lift[24], interval[24];
    if (s == NULL) {
        (void)snprintf(out, VIEW_HIST_MAX, "uncalibrated");
        return;
    }
    view_lift(s, lift, interval);
    (void)snprintf(out, VIEW_HIST_MAX, "n=%" PRId64 " %" PRId64 "s %s%s%s%s %s", s->n, s->horizon_s,
                   lift, interval[0] != '\0' ? "[" : "", interval, interval[0] != '\0' ? "]" : "",
                   s->verdict);
}
