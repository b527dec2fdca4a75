/* SPDX-License-Identifier: MIT */
#include "sample.h"

#include "clock.h"
#include "collect.h"
#include "orderflow/detector.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void fill_window(struct report *r, const char *name, int64_t lifts)
{
    struct metrics *m = &collect_window(r, name)->m;
    m->quotes = lifts * 10;
    m->coverage = 1;
    m->bid_move_px = CENTS(4);
    m->ask_move_px = CENTS(3);
    m->bid_lifts = lifts;
    m->bid_drops = lifts - 4;
    m->ask_lifts = lifts + 12;
    m->ask_drops = lifts + 11;
    m->net_bid_sz = 1541;
    m->net_ask_sz = 287;
    m->large_bids = 10;
    m->large_asks = 9;
    m->avg_bid_sz = 2137;
    m->avg_ask_sz = 1899;
    m->bid_accel = LABEL_STABLE;
    m->ask_accel = LABEL_INCREASING;
    m->net_ticks = 4;
    m->velocity = 0.07;
    m->ofi = -5000;
    m->ofi_n = -2.5;
    m->bid_add = m->bid_rem = m->ask_add = m->ask_rem = 450;
}

struct stored_pattern *sample_pattern(struct answer *a, const char *kind, int ago_s)
{
    struct stored_pattern *more = realloc(a->patterns, (a->n_patterns + 1) * sizeof *more);
    if (more == NULL) {
        abort();
    }
    a->patterns = more;
    struct stored_pattern *p = &more[a->n_patterns++];
    *p = (struct stored_pattern){ .e = { .state = EPISODE_ACTIVE, .price = OFD_NO_PRICE } };
    (void)snprintf(p->e.id, sizeof p->e.id, "%016zx", a->n_patterns);
    (void)snprintf(p->e.kind, sizeof p->e.kind, "%s", kind);
    (void)snprintf(p->e.detector, sizeof p->e.detector, "%s", kind);
    p->e.last_ns = a->now_ns - ago_s * NS_PER_S;
    p->e.onset_ns = p->e.last_ns - 5 * NS_PER_S;
    p->e.peak_ns = p->e.confirmed_ns = p->e.onset_ns;
    return p;
}

void sample_episode(const struct answer *a, struct buf *out)
{
    static char key[] = "price_level", none[] = "";
    struct declaration decl = {
        .id = "absorption",
        .fields = { { .type = OFD_PRICE, .key = key, .unit = none, .help = none } },
        .n_fields = 1,
    };
    struct episode e = { .id = "00000000000000a1",
                         .detector = "absorption",
                         .kind = "absorption",
                         .side = OFD_ASK,
                         .dir = -1,
                         .price = CENTS(44969),
                         .state = EPISODE_ACTIVE,
                         .peak_value = 1,
                         .last_ns = a->now_ns - 9 * NS_PER_S,
                         .n_ev = 1,
                         .ev = { { .field = 0, .i = CENTS(44969) } } };
    e.onset_ns = e.confirmed_ns = e.peak_ns = e.last_ns - 5 * NS_PER_S;
    report_put_episode(&e, &decl, out);
}

void sample_field(struct stored_pattern *p, const char *name, const char *text, bool number)
{
    struct stored_field *f = &p->fields[p->n_fields++];
    (void)snprintf(f->name, sizeof f->name, "%s", name);
    (void)snprintf(f->text, sizeof f->text, "%s", text);
    f->number = number;
}

struct level *sample_level(struct answer *a, int side, int64_t px, double strength)
{
    struct level *l = &a->report.levels[side][a->report.n_levels[side]++];
    *l = (struct level){ .px = px,
                         .touches = 3,
                         .held = 2,
                         .total_sz = 9000,
                         .avg_sz = 3000,
                         .last_ns = a->now_ns - 4 * NS_PER_S,
                         .strength = strength };
    return l;
}

void sample_detector(struct answer *a, const char *id, const char *state, const char *reason)
{
    struct answer_detector *more = realloc(a->detectors, (a->n_detectors + 1) * sizeof *more);
    if (more == NULL) {
        abort();
    }
    a->detectors = more;
    struct answer_detector *d = &more[a->n_detectors++];
    *d = (struct answer_detector){ 0 };
    (void)snprintf(d->id, sizeof d->id, "%s", id);
    (void)snprintf(d->state, sizeof d->state, "%s", state);
    (void)snprintf(d->reason, sizeof d->reason, "%s", reason);
}

struct answer sample_answer_at(int64_t now_ns)
{
    struct answer a = { .ticker = "SPY",
                        .now_ns = now_ns,
                        .history_ns = 300 * NS_PER_S,
                        .patterns_max = ANSWER_ALL_PATTERNS,
                        .found = true,
                        .history_quotes = 3000,
                        .config_path = "/etc/orderflow.ini",
                        .config_hash = "00000000000000aa",
                        .own_config_hash = "00000000000000aa" };
    struct report *r = &a.report;
    report_init(r);
    r->tick_ns = now_ns / NS_PER_S * NS_PER_S;
    r->px_tick = CENTS(1);
    r->quality.gap_limit_ns = 5 * NS_PER_S;
    fill_window(r, "10s", 5);
    fill_window(r, "1min", 85);
    fill_window(r, "5min", 373);
    collect_window(r, "5min")->m.jump = (struct size_jump){ .ts_ns = now_ns - 51 * NS_PER_S,
                                                            .px = CENTS(44955),
                                                            .size = 20305,
                                                            .side = OFD_ASK,
                                                            .direction = 1 };
    r->behaviors.bid_stacking.value = ANSWER_NO;
    r->behaviors.ask_pulling.value = ANSWER_NO;
    r->behaviors.spread_tightening =
        (struct behavior){ .value = ANSWER_YES, .since_ns = now_ns - 12 * NS_PER_S };
    r->behaviors.momentum_building.value = ANSWER_NO;
    a.newest = (struct quote){ .ts_ns = now_ns - 168 * NS_PER_MS,
                               .bid_px = CENTS(44966),
                               .ask_px = CENTS(44967),
                               .bid_sz = 2494,
                               .ask_sz = 718 };
    struct stored_pattern *p = sample_pattern(&a, "absorption", 9);
    p->e.side = OFD_ASK;
    p->e.price = CENTS(44969);
    sample_field(p, "strength", "moderate", false);
    sample_field(p, "price_level", "449.69", true);
    sample_field(p, "volume", "88367", true);
    (void)snprintf(p->description, sizeof p->description, "Ask absorption at 449.69");
    sample_detector(&a, "absorption", "ready", "");
    return a;
}

struct answer sample_answer(void)
{
    return sample_answer_at(SAMPLE_NOW_NS);
}

void sample_score(struct answer *a, const char *kind, const char *side, double lift)
{
    struct score *s = &a->report.scores[a->report.n_scores++];
    *s = (struct score){
        .n = 388, .latency_s = 10, .horizon_s = 60, .lift = lift, .lo = -0.021, .hi = 0.068
    };
    (void)snprintf(s->detector, sizeof s->detector, "%s", kind);
    (void)snprintf(s->kind, sizeof s->kind, "%s", kind);
    (void)snprintf(s->side, sizeof s->side, "%s", side);
    (void)snprintf(s->verdict, sizeof s->verdict, "NO EDGE");
}
