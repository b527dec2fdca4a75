/* SPDX-License-Identifier: MIT */
/* The answer as XML: the peer's elements in the peer's order, ours as attributes and further
 * children. What is absent is left out. */
#include "clock.h"
#include "decimal.h"
#include "orderflow/detector.h"
#include "pen.h"
#include "view.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static void put_config(const struct pen *p)
{
    const struct answer *a = p->a;
    if (a->config_path[0] != '\0') {
        pen_attr(p, "config", a->config_path);
    }
    if (a->config_hash[0] != '\0') {
        pen_attr(p, "config_hash", a->config_hash);
    }
    if (view_other_config(a)) {
        pen_attr(p, "own_config_hash", a->own_config_hash);
    }
    if (a->note[0] != '\0') {
        pen_attr(p, "note", a->note);
    }
}

static void put_root(const struct pen *p)
{
    const struct answer *a = p->a;
    int64_t mid_px, age_ms = view_quote_age_ms(a);
    char causes[VIEW_CAUSES_MAX];
    buf_puts(p->out, "<order_flow_data");
    pen_attr(p, "ticker", a->ticker);
    pen_attr_time(p, "timestamp", a->now_ns);
    if (view_mid(a, &mid_px)) {
        pen_attr_px(p, "current_price", mid_px);
    }
    buf_printf(p->out, " history_window=\"%" PRId64 "s\" state=\"%s\"", a->history_ns / NS_PER_S,
               answer_state(a));
    if (age_ms >= 0) {
        buf_printf(p->out, " quote_age_ms=\"%" PRId64 "\"", age_ms);
    }
    if (a->report.tick_ns != 0) {
        pen_attr_time(p, "asof", a->report.tick_ns);
        pen_attr(p, "quality", view_quality(a));
    }
    view_causes(a->report.quality.bits, causes);
    if (causes[0] != '\0') {
        pen_attr(p, "quality_causes", causes);
    }
    if (a->report.px_tick > 0) {
        pen_attr_px(p, "tick", a->report.px_tick);
    }
    if (a->report.size_unit[0] != '\0') {
        pen_attr(p, "size_unit", a->report.size_unit);
    }
    if (a->report.tick_ns != 0) {
        pen_attr(p, "thr", a->report.thr[0] != '\0' ? a->report.thr : "fixed");
    }
    put_config(p);
    buf_puts(p->out, ">\n");
}

static void put_side(const struct pen *p, const char *name, int64_t px, double sz)
{
    if (px > 0) {
        buf_printf(p->out, "    <%s", name);
        pen_attr_px(p, "price", px);
        pen_attr_size(p, "size", sz);
        buf_puts(p->out, " />\n");
    }
}

static void put_quote(const struct pen *p)
{
    const struct quote *q = &p->a->newest;
    int64_t mid_px;
    buf_puts(p->out, "  <current_quote>\n");
    put_side(p, "bid", q->bid_px, q->bid_sz);
    put_side(p, "ask", q->ask_px, q->ask_sz);
    if (q->bid_px > 0 && q->ask_px > 0 && q->ask_sz > 0) {
        double ratio = q->bid_sz / q->ask_sz;
        buf_printf(p->out,
                   ratio < 0.1 ? "    <bid_ask_ratio>%.3g</bid_ask_ratio>\n"
                               : "    <bid_ask_ratio>%.2f</bid_ask_ratio>\n",
                   ratio);
    }
    if (view_mid(p->a, &mid_px)) {
        int64_t spread_px = q->ask_px - q->bid_px;
        buf_puts(p->out, "    <spread");
        pen_attr_px(p, "value", spread_px);
        pen_attr_real(p, "basis_points", 1e4 * (double)spread_px / (double)mid_px);
        buf_puts(p->out, " />\n");
    }
    buf_puts(p->out, "  </current_quote>\n");
}

static void put_window(const struct pen *p, const struct report_window *w)
{
    const struct metrics *m = &w->m;
    char name[32];
    (void)snprintf(name, sizeof name, m->seconds == 300 ? "last_5min" : "last_%" PRId64 "s",
                   m->seconds);
    buf_printf(p->out, "    <%s", name);
    if (isfinite(m->coverage)) {
        buf_printf(p->out, " coverage=\"%.2f\"", m->coverage);
    }
    pen_attr_int(p, "quotes", m->quotes);
    if (m->quotes == 0) {
        buf_puts(p->out, " />\n");
        return;
    }
    if (isfinite(m->velocity)) {
        buf_printf(p->out, " net_ticks=\"%+" PRId64 "\"", m->net_ticks);
    }
    pen_attr_real(p, "move_p", m->move_p);
    pen_attr_real(p, "ofi", m->ofi);
    pen_attr_real(p, "ofi_n", m->ofi_n);
    pen_attr_real(p, "queue_imbalance", m->tw_qi);
    buf_puts(p->out, ">\n");
    pen_child_px(p, "bid_price_change", m->bid_move_px);
    pen_child_px(p, "ask_price_change", m->ask_move_px);
    pen_child_size(p, "bid_size_change", m->net_bid_sz);
    pen_child_size(p, "ask_size_change", m->net_ask_sz);
    pen_child_int(p, "bid_lifts", m->bid_lifts);
    pen_child_int(p, "bid_drops", m->bid_drops);
    pen_child_int(p, "ask_lifts", m->ask_lifts);
    pen_child_int(p, "ask_drops", m->ask_drops);
    buf_puts(p->out, "    </");
    buf_puts(p->out, name);
    buf_puts(p->out, ">\n");
}

static void put_momentum(const struct pen *p)
{
    buf_puts(p->out, "  <momentum>\n");
    for (int i = 0; i < p->a->report.n_windows; i++) {
        put_window(p, &p->a->report.windows[i]);
    }
    buf_puts(p->out, "  </momentum>\n");
}

static void put_sizes(const struct pen *p)
{
    const struct report_window *w = view_window(p->a, 60);
    if (w == NULL) {
        buf_puts(p->out, "  <size_metrics />\n");
        return;
    }
    buf_puts(p->out, "  <size_metrics window=\"60s\">\n    <large_orders>\n");
    pen_child_int(p, "bids_over_10k", w->m.large_bids);
    pen_child_int(p, "asks_over_10k", w->m.large_asks);
    buf_puts(p->out, "    </large_orders>\n    <average_sizes>\n");
    pen_child_size(p, "bid_avg", w->m.avg_bid_sz);
    pen_child_size(p, "ask_avg", w->m.avg_ask_sz);
    buf_puts(p->out, "    </average_sizes>\n    <acceleration>\n");
    pen_child_label(p, "bid", w->m.bid_accel);
    pen_child_label(p, "ask", w->m.ask_accel);
    buf_puts(p->out, "    </acceleration>\n  </size_metrics>\n");
}

static void put_behavior(const struct pen *p, const char *name, const struct behavior *b)
{
    const char *value = view_behavior(p->a, b);
    buf_printf(p->out, "    <%s", name);
    if (strcmp(value, "YES") == 0) {
        if (b->dir != 0) {
            buf_printf(p->out, " dir=\"%+d\"", b->dir);
        }
        if (b->since_ns != 0) {
            buf_printf(p->out, " since_s=\"%" PRId64 "\"", (p->a->now_ns - b->since_ns) / NS_PER_S);
        }
    }
    buf_printf(p->out, ">%s</%s>\n", value, name);
}

static void put_pressure(const struct pen *p)
{
    const struct pressure *pressure = &p->a->report.pressure;
    enum pressure_state state = view_pressure(p->a);
    char signs[PRESSURE_WINDOWS + 1];
    buf_puts(p->out, "  <pressure");
    pen_attr(p, "state", pressure_state_name(state));
    if (state != PRESSURE_UNKNOWN) {
        pressure_signs(pressure, signs);
        buf_printf(p->out, " since_s=\"%" PRId64 "\" agree=\"%d/%d\" windows=\"%s\"",
                   (p->a->now_ns - pressure->since_ns) / NS_PER_S, pressure_agreement(pressure),
                   PRESSURE_WINDOWS, signs);
    }
    if (view_pressure_previous(p->a) != PRESSURE_UNKNOWN) {
        pen_attr(p, "previous", pressure_state_name(view_pressure_previous(p->a)));
    }
    buf_printf(p->out, " flips_30m=\"%d\" />\n", pressure_flips(pressure, p->a->now_ns));
}

static void put_behaviors(const struct pen *p)
{
    buf_puts(p->out, "  <behaviors>\n");
#define BEHAVIOR(member, name, dir) put_behavior(p, name, &p->a->report.behaviors.member);
#include "behaviors.def"
#undef BEHAVIOR
    buf_puts(p->out, "  </behaviors>\n");
}

static void put_level(const struct pen *p, const char *name, const struct level_view *v)
{
    int64_t mid_px;
    const struct level *l = v->l;
    buf_printf(p->out, "    <%s", name);
    pen_attr_px(p, "price", l->px);
    pen_attr_size(p, "size", l->total_sz);
    pen_attr_int(p, "appearances", l->touches);
    if (view_mid(p->a, &mid_px)) {
        int64_t away_px = l->px > mid_px ? l->px - mid_px : mid_px - l->px;
        buf_printf(p->out, " distance_pct=\"%.3f\"", 100.0 * (double)away_px / (double)mid_px);
    }
    pen_attr(p, "role", v->role);
    pen_attr_real(p, "strength", l->strength);
    pen_attr_int(p, "held", l->held);
    pen_attr_int(p, "broke", l->broke);
    pen_attr_int(p, "last_seen_s", (p->a->now_ns - l->last_ns) / NS_PER_S);
    buf_puts(p->out, " />\n");
}

static void put_levels(const struct pen *p)
{
    struct level_view levels[VIEW_LEVELS_MAX];
    buf_puts(p->out, "  <price_levels>\n");
    for (int side = OFD_BID; side <= OFD_ASK; side++) {
        int n = view_levels(p->a, side, levels);
        for (int i = 0; i < n; i++) {
            put_level(p, side == OFD_BID ? "bid_level" : "ask_level", &levels[i]);
        }
    }
    const struct size_jump *j = view_jump(p->a);
    if (j != NULL) {
        buf_puts(p->out, "    <sweep");
        pen_attr_px(p, "price", j->px);
        buf_printf(p->out,
                   " size=\"%.10g\" direction=\"%s\" seconds_ago=\"%" PRId64 "\" side=\"%s\" />\n",
                   j->size, view_jump_direction(j), (p->a->now_ns - j->ts_ns) / NS_PER_S,
                   j->side == OFD_BID ? "bid" : "ask");
    }
    buf_puts(p->out, "  </price_levels>\n");
}

static void put_velocity(const struct pen *p)
{
    const struct answer *a = p->a;
    const struct report_window *w = view_window(a, 60);
    buf_puts(p->out, "  <velocity>\n");
    if (a->history_quotes >= 0) {
        buf_printf(p->out, "    <quotes_per_second>%.4g</quotes_per_second>\n",
                   (double)a->history_quotes * 1e9 / (double)a->history_ns);
    }
    if (w != NULL && w->m.bid_move_px != METRIC_PX_NONE) {
        char text[DECIMAL_MAX];
        int decimals = p->decimals + 4 < 9 ? p->decimals + 4 : 9;
        (void)decimal_print_px_fixed(text, w->m.bid_move_px / w->m.seconds, decimals);
        buf_printf(p->out, "    <price_velocity>%s</price_velocity>\n", text);
    }
    double moved = w == NULL ? NAN : w->m.bid_add + w->m.bid_rem + w->m.ask_add + w->m.ask_rem;
    if (w != NULL && isfinite(moved)) {
        buf_puts(p->out, "    <size_turnover>");
        pen_real(p, moved / (double)w->m.seconds);
        buf_puts(p->out, "</size_turnover>\n");
    }
    buf_puts(p->out, "  </velocity>\n");
}

void answer_xml(const struct answer *a, struct buf *out)
{
    struct pen p = { .a = a, .out = out, .decimals = view_decimals(a) };
    put_root(&p);
    put_quote(&p);
    put_momentum(&p);
    put_sizes(&p);
    put_behaviors(&p);
    put_levels(&p);
    put_velocity(&p);
    put_pressure(&p);
    if (a->patterns_max > 0) {
        pen_patterns(&p);
    }
    buf_puts(out, "</order_flow_data>\n");
}
