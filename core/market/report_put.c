/* SPDX-License-Identifier: MIT */
/* Metrics, behaviours, levels and state as text. */
#include "report_text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { JSON_BYTES_MAX = 4096 };

struct fields {
    report_field_fn *put;
    void *ctx;
};

static void put_field(const struct fields *f, const char *name, const char *text, size_t n)
{
    f->put(f->ctx, name, text, n);
}

static void put_i64(const struct fields *f, const char *name, int64_t x)
{
    char text[DECIMAL_MAX];
    put_field(f, name, text, decimal_print_i64(text, x));
}

/* A value made in `json`, unless there was no memory for it. */
static void put_json(const struct fields *f, const char *name, const struct buf *json)
{
    if (!json->failed) {
        put_field(f, name, json->data, json->len);
    }
}

/* ---- metrics ---- */

static void put_I(const struct fields *f, const char *name, int64_t x)
{
    put_i64(f, name, x);
}

/* The peer's readers call int() on these two. */
static bool is_cut_to_whole(const char *name)
{
    return strcmp(name, "avg_bid_size") == 0 || strcmp(name, "avg_ask_size") == 0;
}

static void put_D(const struct fields *f, const char *name, double x)
{
    char text[DECIMAL_MAX];
    if (isfinite(x)) {
        put_field(f, name, text, text_number(text, is_cut_to_whole(name) ? trunc(x) : x));
    }
}

static void put_P(const struct fields *f, const char *name, int64_t px)
{
    char text[DECIMAL_MAX];
    if (px != METRIC_PX_NONE) {
        put_field(f, name, text, decimal_print_px(text, px, 1));
    }
}

static void put_L(const struct fields *f, const char *name, enum metric_label l)
{
    bool spread = strcmp(name, "spread_trend") == 0;
    const char *text = spread ? spread_label_name(l) : label_name(l);
    if (text[0] != '\0') {
        put_field(f, name, text, strlen(text));
    }
}

/* The one whole number that can be undefined. */
static bool is_known(const struct metrics *m, const char *name)
{
    return strcmp(name, "net_ticks") != 0 || isfinite(m->velocity);
}

static void put_jump(const struct fields *f, struct buf *json, const struct size_jump *j)
{
    buf_clear(json);
    buf_putc(json, '{');
    put_text(json, "type", "sweep");
    put_text(json, "side", side_name(j->side));
    put_px(json, "price", j->px);
    put_number(json, "size", j->size);
    put_text(json, "direction", j->direction > 0 ? "lift" : j->direction < 0 ? "hit" : "unchanged");
    put_ms(json, "timestamp", j->ts_ns);
    buf_putc(json, '}');
    put_json(f, "last_sweep", json);
}

/* In the peer's order; the others follow in ours. */
static const char *const peers[] = {
    "bid_stacking",      "ask_pulling",       "spread_tightening",
    "momentum_building", "aggressive_buying", "aggressive_selling"
};

static bool is_peers(const char *name)
{
    for (size_t i = 0; i < sizeof peers / sizeof peers[0]; i++) {
        if (strcmp(peers[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static void put_behaviors(const struct fields *f, struct buf *json, struct behaviors b)
{
    buf_clear(json);
    buf_putc(json, '{');
    for (size_t i = 0; i < sizeof peers / sizeof peers[0]; i++) {
        put_text(json, peers[i], answer3_name(behavior_named(&b, peers[i])->value));
    }
#define BEHAVIOR(member, name, dir)                         \
    if (!is_peers(name)) {                                  \
        put_text(json, name, answer3_name(b.member.value)); \
    }
#include "behaviors.def"
#undef BEHAVIOR
    buf_putc(json, '}');
    put_json(f, "behaviors", json);
}

static void put_since(struct buf *json, const char *name, const struct behavior *b)
{
    if (b->since_ns == 0 && b->dir == 0) {
        return;
    }
    put_key(json, name);
    buf_putc(json, '{');
    put_ms(json, "since_ms", b->since_ns);
    put_int(json, "dir", b->dir);
    buf_putc(json, '}');
}

static void put_behaviors_since(const struct fields *f, struct buf *json, const struct behaviors *b)
{
    buf_clear(json);
    buf_putc(json, '{');
#define BEHAVIOR(member, name, dir) put_since(json, name, &b->member);
#include "behaviors.def"
#undef BEHAVIOR
    buf_putc(json, '}');
    put_json(f, "behaviors_since", json);
}

/* Values that have the same text. What is undefined (NaN, too) has none and is put, that is, left
 * out. */
static bool same_I(int64_t a, int64_t b)
{
    return a == b;
}

static bool same_D(double a, double b)
{
    return isfinite(a) && a <= b && a >= b && signbit(a) == signbit(b);
}

static bool same_P(int64_t a, int64_t b)
{
    return a == b && a != METRIC_PX_NONE;
}

static bool same_L(enum metric_label a, enum metric_label b)
{
    return a == b && a != LABEL_NONE;
}

void report_put_metrics(const struct report *r, int window, report_field_fn *put, void *ctx)
{
    report_put_metrics_since(r, NULL, window, put, ctx);
}

void report_put_metrics_since(const struct report *r, const struct metrics *former, int window,
                              report_field_fn *put, void *ctx)
{
    CHECK(window >= 0 && window < r->n_windows);
    const struct report_window *w = &r->windows[window];
    struct fields f = { .put = put, .ctx = ctx };
    struct buf json;
    buf_init(&json, JSON_BYTES_MAX);
#define METRIC(kind, member, name, unit, help)             \
    if (!is_known(&w->m, name)) {                          \
        /* left out */                                     \
    } else if (former != NULL && is_known(former, name) && \
               same_##kind(w->m.member, former->member)) { \
        put_field(&f, name, NULL, 0);                      \
    } else {                                               \
        put_##kind(&f, name, w->m.member);                 \
    }
#include "metrics.def"
#undef METRIC
    if (w->m.jump.ts_ns != 0) {
        put_jump(&f, &json, &w->m.jump);
    }
    if (strcmp(w->name, "10s") == 0) {
        put_behaviors(&f, &json, r->behaviors);
        put_behaviors_since(&f, &json, &r->behaviors);
    }
    buf_fini(&json);
}

/* ---- state ---- */

static void put_quote(const struct fields *f, struct buf *json, const struct quote *q)
{
    buf_clear(json);
    buf_putc(json, '{');
    put_int(json, "ts_ns", q->ts_ns);
    put_px(json, "bid_price", q->bid_px);
    put_number(json, "bid_size", q->bid_sz);
    put_px(json, "ask_price", q->ask_px);
    put_number(json, "ask_size", q->ask_sz);
    put_int(json, "flags", q->flags);
    buf_putc(json, '}');
    put_json(f, "quote", json);
}

static void put_quality(const struct fields *f, struct buf *json, const struct quality *q)
{
    buf_clear(json);
    buf_putc(json, '{');
    put_int(json, "bits", q->bits);
    put_int(json, "degraded", q->degraded);
    put_int(json, "median_gap_ns", q->median_gap_ns);
    put_int(json, "gap_limit_ns", q->gap_limit_ns);
#define QUALITY(member, name, bit, degrades, help) put_int(json, name, q->member);
#include "quality.def"
#undef QUALITY
    buf_putc(json, '}');
    put_json(f, "quality", json);
}

static void put_windows(const struct fields *f, struct buf *json, const struct report *r)
{
    buf_clear(json);
    buf_putc(json, '{');
    for (int i = 0; i < r->n_windows; i++) {
        put_int(json, r->windows[i].name, r->windows[i].m.seconds);
    }
    buf_putc(json, '}');
    put_json(f, "windows", json);
}

/* "0.05@0 0.01@1760000000000000000": step and time of its first row in ns. */
static void put_steps(const struct fields *f, struct buf *text, const struct tick_steps *s)
{
    buf_clear(text);
    for (int i = 0; i < s->n; i++) {
        char px[DECIMAL_MAX];
        (void)decimal_print_px(px, s->step[i].px, 1);
        buf_printf(text, "%s%s@%" PRId64, i > 0 ? " " : "", px, s->step[i].from_ns);
    }
    if (s->n > 1) {
        put_json(f, "px_steps", text);
    }
}

void report_put_state(const struct report *r, report_field_fn *put, void *ctx)
{
    struct fields f = { .put = put, .ctx = ctx };
    char text[DECIMAL_MAX];
    struct buf json;
    buf_init(&json, JSON_BYTES_MAX);
    put_field(&f, "tick_ms", text, text_ms(text, r->tick_ns));
    put_field(&f, "px_tick", text, decimal_print_px(text, r->px_tick, 1));
    put_steps(&f, &json, &r->px_steps);
    put_field(&f, "size_unit", r->size_unit, strlen(r->size_unit));
    put_i64(&f, "warming", r->warming);
    put_i64(&f, "stale", r->stale);
    put_i64(&f, "feed_lag_ms", r->feed_lag_ms);
    put_windows(&f, &json, r);
    put_quality(&f, &json, &r->quality);
    if (r->quote.ts_ns != 0) {
        put_quote(&f, &json, &r->quote);
    }
    if (r->pressure.tick_ns != 0) {
        buf_clear(&json);
        pressure_put(&r->pressure, &json);
        put_json(&f, "pressure", &json);
    }
    buf_clear(&json);
    active_put(r, &json);
    put_json(&f, "active", &json);
    put_i64(&f, "active_total", r->active_total);
    buf_fini(&json);
}

/* ---- levels ---- */

static void put_seconds(struct buf *out, const char *name, int64_t ns)
{
    char text[DECIMAL_MAX];
    (void)decimal_print_px(text, ns, 1); /* nanoseconds are 1e-9 s as prices are 1e-9 units */
    put_key(out, name);
    buf_puts(out, text);
}

void report_put_level(const struct level *l, struct buf *out)
{
    char avg[DECIMAL_MAX];
    (void)decimal_print_repr(avg, l->avg_sz);
    buf_putc(out, '{');
    put_px(out, "price", l->px);
    put_int(out, "appearances", l->touches);
    put_number(out, "total_size", l->total_sz);
    put_key(out, "avg_size");
    buf_puts(out, avg);
    put_seconds(out, "last_seen", l->last_ns);
    put_seconds(out, "first_seen", l->first_ns);
    put_number(out, "max_size", l->max_sz);
    put_number(out, "removed_size", l->removed_sz);
    put_int(out, "held", l->held);
    put_int(out, "broke", l->broke);
    put_int(out, "dwell_ms", l->dwell_ms);
    put_number(out, "strength", l->strength);
    put_text(out, "status", level_status_name(l->status));
    buf_putc(out, '}');
}
