/* SPDX-License-Identifier: MIT */
/* The same answer as JSON, under the field names that Redis has. */
#include "answer.h"
#include "clock.h"
#include "decimal.h"
#include "json.h"
#include "orderflow/detector.h"
#include "view.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct object {
    struct buf *out;
    int n;
};

static void key(struct object *o, const char *name)
{
    buf_puts(o->out, o->n++ > 0 ? "," : "");
    buf_json(o->out, name, strlen(name));
    buf_putc(o->out, ':');
}

static void put_text(struct object *o, const char *name, const char *text)
{
    key(o, name);
    buf_json(o->out, text, strlen(text));
}

static void put_int(struct object *o, const char *name, int64_t x)
{
    key(o, name);
    buf_printf(o->out, "%" PRId64, x);
}

static void put_px(struct object *o, const char *name, int64_t px)
{
    char text[DECIMAL_MAX];
    (void)decimal_print_px(text, px, 0);
    key(o, name);
    buf_puts(o->out, text);
}

/* A hash field: what is JSON stays JSON (numbers, last_sweep, behaviors), the rest is text. */
static void put_stored(void *ctx, const char *name, const char *text, size_t n)
{
    struct object *o = ctx;
    struct json j = { .max_values = 1024 };
    key(o, name);
    if (json_parse(&j, text, n) == JSON_FINE) {
        buf_add(o->out, text, n);
    } else {
        buf_json(o->out, text, n);
    }
    json_fini(&j);
}

static void put_quote(struct object *root, const struct answer *a)
{
    const struct quote *q = &a->newest;
    struct object o = { .out = root->out };
    key(root, "quote");
    buf_putc(o.out, '{');
    if (q->ts_ns != 0) {
        put_int(&o, "timestamp", q->ts_ns / NS_PER_MS);
        put_int(&o, "age_ms", view_quote_age_ms(a));
    }
    if (q->bid_px > 0) {
        put_px(&o, "bid_price", q->bid_px);
        key(&o, "bid_size");
        buf_printf(o.out, "%.15g", q->bid_sz);
    }
    if (q->ask_px > 0) {
        put_px(&o, "ask_price", q->ask_px);
        key(&o, "ask_size");
        buf_printf(o.out, "%.15g", q->ask_sz);
    }
    int64_t mid_px;
    if (view_mid(a, &mid_px)) {
        put_px(&o, "mid_price", mid_px);
        put_px(&o, "spread", q->ask_px - q->bid_px);
    }
    buf_putc(o.out, '}');
}

static void put_quality(struct object *root, const struct answer *a)
{
    const struct quality *q = &a->report.quality;
    struct object o = { .out = root->out };
    key(root, "quality");
    buf_putc(o.out, '{');
    if (a->report.tick_ns != 0) {
        put_text(&o, "state", view_quality(a));
    }
#define QUALITY(member, name, bit, degrades, help) \
    if (q->member > 0) {                           \
        put_int(&o, name, q->member);              \
    }
#include "quality.def"
#undef QUALITY
    buf_putc(o.out, '}');
}

/* The flags as the engine stored them are not repeated: answer_state() may have made them UNKNOWN.
 */
static void put_metric(void *ctx, const char *name, const char *text, size_t n)
{
    if (strncmp(name, "behaviors", 9) != 0) {
        put_stored(ctx, name, text, n);
    }
}

static void put_metrics(struct object *root, const struct answer *a)
{
    struct object windows = { .out = root->out };
    key(root, "metrics");
    buf_putc(root->out, '{');
    for (int i = 0; i < a->report.n_windows; i++) {
        struct object fields = { .out = root->out };
        key(&windows, a->report.windows[i].name);
        buf_putc(root->out, '{');
        report_put_metrics(&a->report, i, put_metric, &fields);
        buf_putc(root->out, '}');
    }
    buf_putc(root->out, '}');
}

static void put_behaviors(struct object *root, const struct answer *a)
{
    const struct behaviors *all = &a->report.behaviors;
    struct object o = { .out = root->out };
    key(root, "behaviors");
    buf_putc(o.out, '{');
#define BEHAVIOR(member, name, dir) put_text(&o, name, view_behavior(a, &all->member));
#include "behaviors.def"
#undef BEHAVIOR
    buf_putc(o.out, '}');
}

static void put_pressure(struct object *root, const struct answer *a)
{
    const struct pressure *p = &a->report.pressure;
    enum pressure_state state = view_pressure(a);
    char signs[PRESSURE_WINDOWS + 1];
    struct object o = { .out = root->out };
    key(root, "pressure");
    buf_putc(o.out, '{');
    put_text(&o, "state", pressure_state_name(state));
    if (state != PRESSURE_UNKNOWN) {
        pressure_signs(p, signs);
        put_int(&o, "since_ms", p->since_ns / NS_PER_MS);
        put_int(&o, "agree", pressure_agreement(p));
        put_text(&o, "windows", signs);
    }
    put_text(&o, "previous", pressure_state_name(view_pressure_previous(a)));
    put_int(&o, "flips_30m", pressure_flips(p, a->now_ns));
    buf_putc(o.out, '}');
}

/* Of those that are YES: since when, and what they suggest. */
static void put_behaviors_since(struct object *root, const struct answer *a)
{
    const struct behaviors *all = &a->report.behaviors;
    struct object o = { .out = root->out };
    key(root, "behaviors_since");
    buf_putc(o.out, '{');
#define BEHAVIOR(member, name, up)                                   \
    if (strcmp(view_behavior(a, &all->member), "YES") == 0) {        \
        struct object one = { .out = root->out };                    \
        key(&o, name);                                               \
        buf_putc(one.out, '{');                                      \
        put_int(&one, "since_ms", all->member.since_ns / NS_PER_MS); \
        put_int(&one, "dir", all->member.dir);                       \
        buf_putc(one.out, '}');                                      \
    }
#include "behaviors.def"
#undef BEHAVIOR
    buf_putc(o.out, '}');
}

static void put_levels(struct object *root, const struct answer *a)
{
    static const char *const names[] = { "bid", "ask" };
    struct object sides = { .out = root->out };
    key(root, "levels");
    buf_putc(root->out, '{');
    for (int side = 0; side < 2; side++) {
        struct object o = { .out = root->out };
        key(&sides, names[side]);
        buf_putc(root->out, '[');
        for (int i = 0; i < a->report.n_levels[side]; i++) {
            const struct level *l = &a->report.levels[side][i];
            if (l->last_ns >= a->now_ns - a->history_ns) {
                buf_puts(root->out, o.n++ > 0 ? "," : "");
                report_put_level(l, root->out);
            }
        }
        buf_putc(root->out, ']');
    }
    buf_putc(root->out, '}');
}

/* What such patterns were worth in the past. */
static void put_history(struct object *o, const struct score *s)
{
    if (s == NULL) {
        put_text(o, "hist", "uncalibrated");
        return;
    }
    key(o, "hist");
    scores_put_one(s, o->out);
}

static void put_pattern(struct buf *out, const struct answer *a, const struct stored_pattern *s)
{
    const struct episode *e = &s->e;
    char causes[VIEW_CAUSES_MAX];
    struct object o = { .out = out };
    buf_putc(out, '{');
    put_text(&o, "id", e->id);
    put_text(&o, "type", e->kind);
    put_text(&o, "detector", e->detector);
    put_int(&o, "timestamp", e->last_ns / NS_PER_MS);
    if (s->description[0] != '\0') {
        put_text(&o, "description", s->description);
    }
    put_text(&o, "state", episode_state_name(e->state));
    put_int(&o, "onset_ms", e->onset_ns / NS_PER_MS);
    put_int(&o, "confirmed_ms", e->confirmed_ns / NS_PER_MS);
    put_int(&o, "peak_ms", e->peak_ns / NS_PER_MS);
    if (e->state == EPISODE_ENDED) {
        put_int(&o, "end_ms", e->end_ns / NS_PER_MS);
        put_text(&o, "end_reason", end_reason_name(e->end_reason));
    }
    put_int(&o, "dir", e->dir);
    view_causes(e->quality, causes);
    put_text(&o, "quality", causes);
    if (e->side != OFD_NO_SIDE && !view_has_field(s, "side")) {
        put_text(&o, "side", e->side == OFD_BID ? "bid" : "ask");
    }
    if (e->price != OFD_NO_PRICE) {
        put_px(&o, "level_px", e->price);
    }
    for (int i = 0; i < s->n_fields; i++) {
        const struct stored_field *f = &s->fields[i];
        if (f->number) {
            put_stored(&o, f->name, f->text, strlen(f->text));
        } else {
            put_text(&o, f->name, f->text);
        }
    }
    put_history(&o, view_score(a, s));
    buf_putc(out, '}');
}

static void put_patterns(struct object *root, const struct answer *a)
{
    size_t *shown = malloc((a->n_patterns + 1) * sizeof *shown);
    size_t total = 0, n = shown == NULL ? 0 : view_patterns(a, shown, a->n_patterns, &total);
    root->out->failed = root->out->failed || shown == NULL;
    key(root, "patterns_total");
    buf_printf(root->out, "%zu", total);
    key(root, "patterns");
    buf_putc(root->out, '[');
    for (size_t i = 0; i < n; i++) {
        buf_puts(root->out, i > 0 ? "," : "");
        put_pattern(root->out, a, &a->patterns[shown[i]]);
    }
    buf_putc(root->out, ']');
    free(shown);
}

static void put_detectors(struct object *root, const struct answer *a)
{
    key(root, "detectors");
    buf_putc(root->out, '[');
    for (size_t i = 0; i < a->n_detectors; i++) {
        struct object o = { .out = root->out };
        buf_puts(root->out, i > 0 ? ",{" : "{");
        put_text(&o, "id", a->detectors[i].id);
        put_text(&o, "state", a->detectors[i].state);
        if (a->detectors[i].reason[0] != '\0') {
            put_text(&o, "reason", a->detectors[i].reason);
        }
        buf_putc(root->out, '}');
    }
    buf_putc(root->out, ']');
}

static void put_unknown(struct object *root, const struct answer *a)
{
    put_text(root, "error", "No recent quote data available");
    key(root, "suggestions");
    buf_putc(root->out, '[');
    for (int i = 0; i < a->n_suggestions; i++) {
        buf_puts(root->out, i > 0 ? "," : "");
        buf_json(root->out, a->suggestions[i], strlen(a->suggestions[i]));
    }
    buf_puts(root->out, "]}\n");
}

void answer_json(const struct answer *a, struct buf *out)
{
    struct object o = { .out = out };
    buf_putc(out, '{');
    put_text(&o, "ticker", a->ticker);
    put_int(&o, "timestamp_ms", a->now_ns / NS_PER_MS);
    if (!a->found) {
        put_unknown(&o, a);
        return;
    }
    put_text(&o, "state", answer_state(a));
    put_int(&o, "history_s", a->history_ns / NS_PER_S);
    if (a->history_quotes >= 0) {
        put_int(&o, "history_quotes", a->history_quotes);
    }
    if (a->report.tick_ns != 0) {
        put_int(&o, "tick_ms", a->report.tick_ns / NS_PER_MS);
    }
    if (a->report.px_tick > 0) {
        put_px(&o, "tick", a->report.px_tick);
    }
    if (a->report.size_unit[0] != '\0') {
        put_text(&o, "size_unit", a->report.size_unit);
    }
    if (a->report.tick_ns != 0) {
        put_text(&o, "thr", a->report.thr[0] != '\0' ? a->report.thr : "fixed");
    }
    if (a->config_hash[0] != '\0') {
        put_text(&o, "config", a->config_path);
        put_text(&o, "config_hash", a->config_hash);
        if (view_other_config(a)) {
            put_text(&o, "own_config_hash", a->own_config_hash);
        }
    }
    if (a->note[0] != '\0') {
        put_text(&o, "note", a->note);
    }
    put_quote(&o, a);
    put_quality(&o, a);
    put_metrics(&o, a);
    put_behaviors(&o, a);
    put_behaviors_since(&o, a);
    put_pressure(&o, a);
    put_levels(&o, a);
    if (a->patterns_max > 0) {
        put_patterns(&o, a);
    }
    put_detectors(&o, a);
    buf_puts(out, "}\n");
}
