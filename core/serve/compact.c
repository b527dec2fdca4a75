/* SPDX-License-Identifier: MIT */
/* The answer in few tokens: what decides, signs instead of words, nothing twice; and the same with
 * more of it. Beside the state nothing that is not current is shown. */
#include "clock.h"
#include "decimal.h"
#include "orderflow/detector.h"
#include "pen.h"
#include "view.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Bytes: about 2.5 to a token, so that 450 and 1,200 tokens hold. */
enum { COMPACT_BYTES = 1040, FULL_BYTES = 2850, EPISODES_MAX = 12, RECENT_S = 60, ID_SHOWN = 8 };

struct limits {
    bool full;
    size_t bytes;
    size_t episodes;
    int levels; /* per side */
    int fields; /* of an episode's evidence */
};

static const struct limits compact = {
    .bytes = COMPACT_BYTES, .episodes = 5, .levels = 1, .fields = 4
};
static const struct limits full = {
    .full = true, .bytes = FULL_BYTES, .episodes = EPISODES_MAX, .levels = 3, .fields = EVIDENCE_MAX
};

static bool is_ok(const struct answer *a)
{
    return strcmp(answer_state(a), "OK") == 0;
}

/* ---- numbers ---- */

static void put_short(const struct pen *p, const char *name, double x, int digits, bool sign)
{
    if (isfinite(x)) {
        buf_printf(p->out, " %s=\"%s%.*g\"", name, sign && x > 0 ? "+" : "",
                   fabs(x) >= 100 ? 6 : digits, fabs(x) >= 100 ? round(x) : x);
    }
}

static void put_count(const struct pen *p, const char *name, int64_t n)
{
    buf_printf(p->out, " %s=\"%" PRId64 "\"", name, n);
}

static int64_t seconds_since(const struct pen *p, int64_t ns)
{
    int64_t age_ns = p->a->now_ns - ns;
    return age_ns > 0 ? age_ns / NS_PER_S : 0;
}

/* ---- parts ---- */

/* episodes: how many are shown. */
static void put_root(const struct pen *p, const struct limits *l, size_t episodes, size_t left_out)
{
    const struct answer *a = p->a;
    char causes[VIEW_CAUSES_MAX];
    int64_t age_ms = view_quote_age_ms(a);
    buf_puts(p->out, "<order_flow_data");
    pen_attr(p, "ticker", a->ticker);
    pen_attr_time(p, "asof", a->report.tick_ns != 0 ? a->report.tick_ns : a->now_ns);
    pen_attr(p, "state", answer_state(a));
    if (age_ms >= 0) {
        put_count(p, "quote_age_ms", age_ms);
    }
    if (a->report.tick_ns != 0) {
        pen_attr(p, "quality", view_quality(a));
    }
    view_causes(a->report.quality.bits, causes);
    if (causes[0] != '\0' && (l->full || a->report.quality.degraded)) {
        pen_attr(p, "causes", causes);
    }
    if (a->report.px_tick > 0) {
        pen_attr_px(p, "tick", a->report.px_tick);
    }
    if (a->report.thr[0] != '\0') {
        pen_attr(p, "thr", a->report.thr);
    }
    if (view_other_config(a)) {
        pen_attr(p, "other_config", a->config_hash);
    }
    if (a->note[0] != '\0') {
        pen_attr(p, "note", a->note);
    }
    if (episodes > 0 && a->report.n_scores == 0) {
        pen_attr(p, "hist", "uncalibrated");
    }
    if (left_out > 0) {
        buf_printf(p->out, " truncated=\"%zu ep\"", left_out);
    }
    buf_puts(p->out, ">\n");
}

static void put_touch(const struct pen *p, const char *name, int64_t px, double sz)
{
    if (px > 0) {
        char text[DECIMAL_MAX];
        (void)decimal_print_px(text, px, p->decimals);
        buf_printf(p->out, " %s=\"%sx%.10g\"", name, text, sz);
    }
}

static void put_quote(const struct pen *p)
{
    const struct quote *q = &p->a->newest;
    int64_t mid_px;
    if (q->ts_ns == 0) {
        return;
    }
    buf_puts(p->out, "<q");
    put_touch(p, "b", q->bid_px, q->bid_sz);
    put_touch(p, "a", q->ask_px, q->ask_sz);
    if (view_mid(p->a, &mid_px) && p->a->report.px_tick > 0 && q->bid_sz + q->ask_sz > 0) {
        double half = (double)(q->ask_px - q->bid_px) / 2 / (double)p->a->report.px_tick;
        put_short(p, "micro_t", half * (q->bid_sz - q->ask_sz) / (q->bid_sz + q->ask_sz), 2, true);
    }
    buf_puts(p->out, "/>\n");
}

static void put_pressure(const struct pen *p)
{
    const struct pressure *pressure = &p->a->report.pressure;
    enum pressure_state state = view_pressure(p->a);
    buf_puts(p->out, "<pressure");
    pen_attr(p, "state", pressure_state_name(state));
    if (state != PRESSURE_UNKNOWN) {
        char signs[PRESSURE_WINDOWS + 1];
        pressure_signs(pressure, signs);
        put_count(p, "since_s", seconds_since(p, pressure->since_ns));
        pen_attr(p, "agree", signs);
    }
    if (view_pressure_previous(p->a) != PRESSURE_UNKNOWN) {
        pen_attr(p, "prev", pressure_state_name(view_pressure_previous(p->a)));
    }
    put_count(p, "flips_30m", pressure_flips(pressure, p->a->now_ns));
    buf_puts(p->out, "/>\n");
}

static void put_window_rest(const struct pen *p, const struct metrics *m)
{
    put_count(p, "ask_lifts", m->ask_lifts);
    put_count(p, "ask_drops", m->ask_drops);
    put_short(p, "bid_avg", m->avg_bid_sz, 6, false);
    put_short(p, "ask_avg", m->avg_ask_sz, 6, false);
    put_short(p, "bid_chg", m->net_bid_sz, 6, true);
    put_short(p, "ask_chg", m->net_ask_sz, 6, true);
    put_short(p, "spread_t", m->tw_spread_ticks, 3, false);
    put_short(p, "rate", m->update_rate, 3, false);
}

static void put_window(const struct pen *p, const struct limits *l, const struct metrics *m)
{
    buf_printf(p->out, "<w s=\"%" PRId64 "\"", m->seconds);
    put_short(p, "cov", floor(m->coverage * 100) / 100, 2, false);
    if (m->quotes > 0) {
        put_count(p, "bid_lifts", m->bid_lifts);
        put_count(p, "bid_drops", m->bid_drops);
        buf_printf(p->out, " net_t=\"%+" PRId64 "\"", m->net_ticks);
        put_short(p, "p", m->move_p, 1, false);
        put_short(p, "ofi_n", m->ofi_n, 2, true);
        put_short(p, "qi", m->tw_qi, 2, true);
        if (l->full) {
            put_window_rest(p, m);
        }
    }
    buf_puts(p->out, "/>\n");
}

static void put_windows(const struct pen *p, const struct limits *l)
{
    for (int i = 0; i < p->a->report.n_windows && (l->full || i < PRESSURE_WINDOWS); i++) {
        put_window(p, l, &p->a->report.windows[i].m);
    }
}

/* Those with this answer, separated by commas; a direction that is not in the name as its sign. */
static void put_behavior_list(const struct pen *p, const char *attr, const char *wanted,
                              bool always)
{
    const struct behaviors *all = &p->a->report.behaviors;
    int n = 0;
    struct buf list;
    buf_init(&list, 1024);
#define BEHAVIOR(member, name, suggests)                                                           \
    if (strcmp(view_behavior(p->a, &all->member), wanted) == 0) {                                  \
        int own = (suggests) == 0 && strcmp(wanted, "YES") == 0 ? all->member.dir : 0;             \
        buf_printf(&list, "%s%s%s", n++ > 0 ? "," : "", name, own > 0 ? "+" : own < 0 ? "-" : ""); \
    }
#include "behaviors.def"
#undef BEHAVIOR
    if (n > 0 || always) {
        pen_attr(p, attr, n > 0 ? list.data : "");
    }
    buf_fini(&list);
}

static void put_behaviors(const struct pen *p)
{
    buf_puts(p->out, "<behaviors");
    put_behavior_list(p, "yes", "YES", true);
    put_behavior_list(p, "unknown", "UNKNOWN", false);
    buf_puts(p->out, "/>\n");
}

/* ---- episodes ---- */

static bool is_said_elsewhere(const char *name)
{
    static const char *const names[] = { "price_level", "price", "side", "direction" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static void put_evidence(const struct pen *p, const struct limits *l,
                         const struct stored_pattern *s)
{
    int n = 0;
    struct buf ev;
    buf_init(&ev, 2048);
    for (int i = 0; i < s->n_fields && n < l->fields; i++) {
        const struct stored_field *f = &s->fields[i];
        double x;
        if (is_said_elsewhere(f->name)) {
            continue;
        }
        buf_printf(&ev, "%s%s=", n++ > 0 ? " " : "", f->name);
        if (f->number && decimal_parse_double(f->text, strlen(f->text), &x, NULL)) {
            buf_printf(&ev, "%.*g", fabs(x) >= 1000 ? 9 : 3, fabs(x) >= 1000 ? round(x) : x);
        } else {
            buf_puts(&ev, f->text);
        }
    }
    if (n > 0) {
        pen_attr(p, "ev", ev.data);
    }
    buf_fini(&ev);
}

/* What such patterns were worth in the past. Where nothing has a score the root says so. */
static void put_history(const struct pen *p, const struct stored_pattern *pattern)
{
    char hist[VIEW_HIST_MAX];
    if (p->a->report.n_scores > 0) {
        view_hist(view_score(p->a, pattern), hist);
        pen_attr(p, "hist", hist);
    }
}

static void put_episode(const struct pen *p, const struct limits *l, const struct stored_pattern *s)
{
    const struct episode *e = &s->e;
    char causes[VIEW_CAUSES_MAX];
    bool active = e->state == EPISODE_ACTIVE;
    buf_printf(p->out, "<ep id=\"%.*s\"", ID_SHOWN, e->id);
    pen_attr(p, "type", e->kind);
    if (e->side != OFD_NO_SIDE) {
        pen_attr(p, "side", e->side == OFD_BID ? "bid" : "ask");
    }
    buf_printf(p->out, " dir=\"%s\"", e->dir > 0 ? "+" : e->dir < 0 ? "-" : "0");
    pen_attr(p, "state", active ? "ACTIVE" : "ENDED");
    put_count(p, active ? "age_s" : "ago_s", seconds_since(p, active ? e->onset_ns : e->last_ns));
    if (e->price != OFD_NO_PRICE) {
        pen_attr_px(p, "px", e->price);
    }
    if (l->full && !active) {
        put_count(p, "lasted_ms", (e->last_ns - e->onset_ns) / NS_PER_MS);
        pen_attr(p, "end", end_reason_name(e->end_reason));
    }
    put_evidence(p, l, s);
    put_history(p, s);
    view_causes(e->quality, causes);
    if (l->full && causes[0] != '\0') {
        pen_attr(p, "quality", causes);
    }
    buf_puts(p->out, "/>\n");
}

/* Active ones, then those that have just ended, each the newest first. */
static size_t choose(const struct pen *p, const struct limits *l, size_t out[EPISODES_MAX],
                     size_t *total_out)
{
    size_t shown[ANSWER_CANDIDATES_MAX], total, n = 0;
    size_t found = view_patterns(p->a, shown, ANSWER_CANDIDATES_MAX, &total);
    int64_t recent_ns = l->full ? p->a->history_ns : RECENT_S * NS_PER_S;
    *total_out = 0;
    for (int ended = 0; ended <= 1; ended++) {
        for (size_t i = 0; i < found; i++) {
            const struct episode *e = &p->a->patterns[shown[i]].e;
            bool fits = ended == 0
                            ? e->state == EPISODE_ACTIVE
                            : e->state == EPISODE_ENDED && e->last_ns >= p->a->now_ns - recent_ns;
            *total_out += fits;
            if (fits && n < l->episodes) {
                out[n++] = shown[i];
            }
        }
    }
    return n;
}

/* ---- levels, detectors ---- */

static void put_level(const struct pen *p, const struct limits *l, int side,
                      const struct level_view *v)
{
    int64_t mid_px;
    buf_puts(p->out, "<lvl");
    pen_attr_px(p, side == OFD_BID ? "s" : "r", v->l->px);
    if (view_mid(p->a, &mid_px) && p->a->report.px_tick > 0) {
        int64_t ticks = (v->l->px - mid_px) / p->a->report.px_tick;
        buf_printf(p->out, " d_t=\"%+" PRId64 "\"", ticks);
    }
    put_count(p, "touches", v->l->touches);
    put_count(p, "held", v->l->held);
    if (v->l->broke > 0) {
        put_count(p, "broke", v->l->broke);
    }
    if (l->full) {
        pen_attr(p, "role", v->role);
        put_short(p, "strength", v->l->strength, 2, false);
        put_count(p, "seen_s", seconds_since(p, v->l->last_ns));
    }
    buf_puts(p->out, "/>\n");
}

static void put_levels(const struct pen *p, const struct limits *l)
{
    struct level_view levels[VIEW_LEVELS_MAX];
    for (int side = OFD_BID; side <= OFD_ASK; side++) {
        int n = view_levels(p->a, side, levels);
        for (int i = 0; i < n && i < l->levels; i++) {
            put_level(p, l, side, &levels[i]);
        }
    }
}

static void put_unavailable(const struct pen *p)
{
    int n = 0;
    for (size_t i = 0; p->a->patterns_max > 0 && i < p->a->n_detectors; i++) {
        const struct answer_detector *d = &p->a->detectors[i];
        if (view_detector_missing(d)) {
            buf_puts(p->out, n++ == 0 ? "<unavailable detectors=\"" : ",");
            buf_xml(p->out, d->id);
        }
    }
    buf_puts(p->out, n > 0 ? "\"/>\n" : "");
}

/* ---- the whole ---- */

static void draw(const struct pen *p, const struct limits *l)
{
    size_t eps[EPISODES_MAX], total = 0, n = 0;
    bool current = is_ok(p->a);
    if (current && p->a->patterns_max > 0) {
        n = choose(p, l, eps, &total);
    }
    put_root(p, l, n, total - n);
    put_quote(p);
    put_pressure(p);
    if (current) {
        put_windows(p, l);
        put_behaviors(p);
        for (size_t i = 0; i < n; i++) {
            put_episode(p, l, &p->a->patterns[eps[i]]);
        }
        put_levels(p, l);
    }
    put_unavailable(p);
    buf_puts(p->out, "</order_flow_data>\n");
}

/* Less and less of it until it fits. */
static void draw_within(const struct answer *a, struct limits l, struct buf *out)
{
    struct pen p = { .a = a, .out = out, .decimals = view_decimals(a) };
    size_t before = out->len;
    draw(&p, &l);
    while (out->len - before > l.bytes && !out->failed && (l.episodes > 0 || l.levels > 0)) {
        l.episodes -= l.episodes > 0;
        l.levels -= l.episodes == 0;
        out->len = before;
        draw(&p, &l);
    }
}

void answer_compact(const struct answer *a, struct buf *out)
{
    draw_within(a, compact, out);
}

void answer_full(const struct answer *a, struct buf *out)
{
    draw_within(a, full, out);
}
