/* SPDX-License-Identifier: MIT */
/* A report's state as text, and what has changed of it. */
#include "hash64.h"
#include "report_fields.h"

#include <inttypes.h>
#include <string.h>

static void put_quote(const struct fields *f, const struct quote *q)
{
    struct buf *json = f->json;
    buf_clear(json);
    buf_putc(json, '{');
    put_int(json, "ts_ns", q->ts_ns);
    put_px(json, "bid_price", q->bid_px);
    put_number(json, "bid_size", q->bid_sz);
    put_px(json, "ask_price", q->ask_px);
    put_number(json, "ask_size", q->ask_sz);
    put_int(json, "flags", q->flags);
    buf_putc(json, '}');
    put_json(f, "quote");
}

static void put_quality(const struct fields *f, const struct quality *q)
{
    struct buf *json = f->json;
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
    put_json(f, "quality");
}

static void put_windows(const struct fields *f, const struct report *r)
{
    struct buf *json = f->json;
    buf_clear(json);
    buf_putc(json, '{');
    for (int i = 0; i < r->n_windows; i++) {
        put_int(json, r->windows[i].name, r->windows[i].m.seconds);
    }
    buf_putc(json, '}');
    put_json(f, "windows");
}

/* "0.05@0 0.01@1760000000000000000": step and time of its first row in ns. */
static void put_steps(const struct fields *f, const struct tick_steps *s)
{
    struct buf *text = f->json;
    buf_clear(text);
    for (int i = 0; i < s->n; i++) {
        char px[DECIMAL_MAX];
        (void)decimal_print_px(px, s->step[i].px, 1);
        buf_printf(text, "%s%s@%" PRId64, i > 0 ? " " : "", px, s->step[i].from_ns);
    }
    if (s->n > 1) {
        put_json(f, "px_steps");
    }
}

/* Of a level only this changes from tick to tick though nobody touches it. */
static void put_strengths(const struct fields *f, const struct report *r)
{
    static const char *const sides[2] = { "bid", "ask" };
    struct buf *json = f->json;
    buf_clear(json);
    buf_putc(json, '{');
    for (int side = 0; side < 2; side++) {
        put_key(json, sides[side]);
        buf_putc(json, '{');
        for (int i = 0; i < r->n_levels[side]; i++) {
            char px[DECIMAL_MAX];
            size_t n = decimal_print_px(px, r->levels[side][i].px, 1);
            put_number_n(json, px, n, r->levels[side][i].strength);
        }
        buf_putc(json, '}');
    }
    buf_putc(json, '}');
    put_json(f, "strengths");
}

enum state_field {
    STATE_TICK_MS,
    STATE_PX_TICK,
    STATE_PX_STEPS,
    STATE_SIZE_UNIT,
    STATE_THR,
    STATE_WARMING,
    STATE_STALE,
    STATE_FEED_LAG,
    STATE_WINDOWS,
    STATE_QUALITY,
    STATE_QUOTE,
    STATE_PRESSURE,
    STATE_ACTIVE,
    STATE_ACTIVE_TOTAL,
    STATE_STRENGTHS,
    STATE_SCORES
};

static void put_state_field(const struct report *r, enum state_field field, const struct fields *f)
{
    struct buf *json = f->json;
    char text[DECIMAL_MAX];
    switch (field) {
    case STATE_TICK_MS:
        put_field(f, "tick_ms", text, text_ms(text, r->tick_ns));
        break;
    case STATE_PX_TICK:
        put_field(f, "px_tick", text, decimal_print_px(text, r->px_tick, 1));
        break;
    case STATE_PX_STEPS:
        put_steps(f, &r->px_steps);
        break;
    case STATE_SIZE_UNIT:
        put_field(f, "size_unit", r->size_unit, strlen(r->size_unit));
        break;
    case STATE_THR:
        put_field(f, "thr", r->thr, strlen(r->thr));
        break;
    case STATE_WARMING:
        put_i64(f, "warming", r->warming);
        break;
    case STATE_STALE:
        put_i64(f, "stale", r->stale);
        break;
    case STATE_FEED_LAG:
        put_i64(f, "feed_lag_ms", r->feed_lag_ms);
        break;
    case STATE_WINDOWS:
        put_windows(f, r);
        break;
    case STATE_QUALITY:
        put_quality(f, &r->quality);
        break;
    case STATE_QUOTE:
        put_quote(f, &r->quote);
        break;
    case STATE_PRESSURE:
        buf_clear(json);
        pressure_put(&r->pressure, json);
        put_json(f, "pressure");
        break;
    case STATE_ACTIVE:
        buf_clear(json);
        active_put(r, json);
        put_json(f, "active");
        break;
    case STATE_ACTIVE_TOTAL:
        put_i64(f, "active_total", r->active_total);
        break;
    case STATE_STRENGTHS:
        put_strengths(f, r);
        break;
    case STATE_SCORES:
        buf_clear(json);
        scores_put(r->scores, r->n_scores, json);
        put_json(f, "scores");
        break;
    }
}

struct field_changes report_put_state_since(const struct report *r,
                                            const struct state_marks *former,
                                            const struct state_marks *now, struct buf *scratch,
                                            report_field_fn *put, void *ctx)
{
    struct fields f = { .put = put, .ctx = ctx, .json = scratch };
    struct field_changes c = { .added = 0 };
    for (int i = 0; i < STATE_FIELDS; i++) {
        if (is_news(&c, now->of[i] != 0, former->of[i] != 0, now->of[i] == former->of[i])) {
            put_state_field(r, (enum state_field)i, &f);
        }
    }
    return c;
}

void report_put_state(const struct report *r, report_field_fn *put, void *ctx)
{
    static const struct state_marks none;
    struct state_marks now;
    struct buf json;
    buf_init(&json, REPORT_SCRATCH_MAX);
    report_mark_state(r, &now);
    (void)report_put_state_since(r, &none, &now, &json, put, ctx);
    buf_fini(&json);
}

/* Never 0. */
static uint64_t mark(const void *bytes, size_t n)
{
    uint64_t h = hash64(bytes, n);
    return h != 0 ? h : 1;
}

static uint64_t mark_i64(int64_t x)
{
    return mark(&x, sizeof x);
}

static uint64_t mark_windows(const struct report *r)
{
    uint64_t h = 1;
    for (int i = 0; i < r->n_windows; i++) {
        const struct report_window *w = &r->windows[i];
        uint64_t parts[3] = { h, mark(w->name, strlen(w->name)), (uint64_t)w->m.seconds };
        h = mark(parts, sizeof parts);
    }
    return h;
}

static uint64_t mark_quality(const struct quality *q)
{
    const int64_t parts[] = {
        q->bits,
        q->degraded,
        q->median_gap_ns,
        q->gap_limit_ns,
#define QUALITY(member, name, bit, degrades, help) q->member,
#include "quality.def"
#undef QUALITY
    };
    return mark(parts, sizeof parts);
}

static uint64_t mark_steps(const struct tick_steps *s)
{
    return s->n > 1 ? mark(s->step, (size_t)s->n * sizeof s->step[0]) : 0;
}

static uint64_t mark_quote(const struct quote *q)
{
    struct {
        int64_t ts_ns, bid_px, ask_px, flags;
        double bid_sz, ask_sz;
    } parts = { q->ts_ns, q->bid_px, q->ask_px, q->flags, q->bid_sz, q->ask_sz };
    return q->ts_ns != 0 ? mark(&parts, sizeof parts) : 0;
}

static uint64_t mark_pressure(const struct pressure *p)
{
    struct {
        int64_t tick_ns, since_ns, pending_ns, flip_minute, state, known, before, pending;
        double ofi_n[PRESSURE_WINDOWS];
    } parts = { p->tick_ns,
                p->since_ns,
                p->pending_ns,
                p->flip_minute,
                p->state,
                p->known,
                p->before,
                p->pending,
                { p->windows[0].ofi_n, p->windows[1].ofi_n, p->windows[2].ofi_n } };
    return p->tick_ns != 0 ? mark(&parts, sizeof parts) : 0;
}

static uint64_t mark_active(const struct report *r)
{
    uint64_t h = 1;
    for (int i = 0; i < r->n_active; i++) {
        const struct active_pattern *a = &r->active[i];
        uint64_t parts[] = { h,
                             mark(a->id, strlen(a->id)),
                             mark(a->kind, strlen(a->kind)),
                             (uint64_t)(int64_t)a->side,
                             (uint64_t)(int64_t)a->dir,
                             (uint64_t)a->onset_ns,
                             (uint64_t)a->price };
        h = mark(parts, sizeof parts);
    }
    return h;
}

/* A scores list is made in one piece and never written into: its bytes are its value. */
static uint64_t mark_scores(const struct report *r)
{
    return r->n_scores > 0 ? mark(r->scores, (size_t)r->n_scores * sizeof r->scores[0]) : 0;
}

static uint64_t mark_strengths(const struct report *r)
{
    struct {
        int64_t px;
        double strength;
    } parts[2 * LEVELS_MAX];
    size_t n = 0;
    for (int side = 0; side < 2; side++) {
        for (int i = 0; i < r->n_levels[side]; i++, n++) {
            parts[n].px = side == 0 ? r->levels[0][i].px : -r->levels[1][i].px;
            parts[n].strength = r->levels[side][i].strength;
        }
    }
    return n > 0 ? mark(parts, n * sizeof parts[0]) : 0;
}

void report_mark_state(const struct report *r, struct state_marks *out)
{
    *out = (struct state_marks){ .of = {
                                     [STATE_TICK_MS] = mark_i64(r->tick_ns),
                                     [STATE_PX_TICK] = mark_i64(r->px_tick),
                                     [STATE_PX_STEPS] = mark_steps(&r->px_steps),
                                     [STATE_SIZE_UNIT] = mark(r->size_unit, strlen(r->size_unit)),
                                     [STATE_THR] = mark(r->thr, strlen(r->thr)),
                                     [STATE_WARMING] = mark_i64(r->warming),
                                     [STATE_STALE] = mark_i64(r->stale),
                                     [STATE_FEED_LAG] = mark_i64(r->feed_lag_ms),
                                     [STATE_WINDOWS] = mark_windows(r),
                                     [STATE_QUALITY] = mark_quality(&r->quality),
                                     [STATE_QUOTE] = mark_quote(&r->quote),
                                     [STATE_PRESSURE] = mark_pressure(&r->pressure),
                                     [STATE_ACTIVE] = mark_active(r),
                                     [STATE_ACTIVE_TOTAL] = mark_i64(r->active_total),
                                     [STATE_STRENGTHS] = mark_strengths(r),
                                     [STATE_SCORES] = mark_scores(r),
                                 } };
}
