/* SPDX-License-Identifier: MIT */
/* Patterns as stored, known detector or not, and the answers that are errors. */
#include "clock.h"
#include "decimal.h"
#include "orderflow/detector.h"
#include "pen.h"
#include "view.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Stored names come from Redis: only what XML takes as a name becomes an element. */
static bool element_name(const char *name)
{
    bool ok = name[0] != '\0' && (is_letter(name[0]) || name[0] == '_');
    for (const char *c = name; ok && *c != '\0'; c++) {
        ok = is_letter(*c) || (*c >= '0' && *c <= '9') || *c == '_' || *c == '.' || *c == '-';
    }
    return ok;
}

static void put_field(const struct pen *p, const char *name, const char *text)
{
    bool plain = element_name(name);
    buf_puts(p->out, "      <");
    buf_puts(p->out, plain ? name : "field");
    if (!plain) {
        pen_attr(p, "name", name);
    }
    buf_putc(p->out, '>');
    buf_xml(p->out, text);
    buf_puts(p->out, "</");
    buf_puts(p->out, plain ? name : "field");
    buf_puts(p->out, ">\n");
}

static bool is_price(const struct stored_field *f, int64_t *px_out)
{
    return f->number && (strcmp(f->name, "price") == 0 || strcmp(f->name, "price_level") == 0) &&
           decimal_parse_px(f->text, strlen(f->text), px_out, NULL);
}

/* Of other numbers the longer ones are ratios or means. */
static void put_stored(const struct pen *p, const struct stored_field *f)
{
    const char *point = f->number ? strchr(f->text, '.') : NULL;
    double x;
    int64_t px;
    if (is_price(f, &px)) {
        char text[DECIMAL_MAX];
        (void)decimal_print_px(text, px, p->decimals);
        put_field(p, f->name, text);
    } else if (point != NULL && strlen(point) > 10 &&
               decimal_parse_double(f->text, strlen(f->text), &x, NULL)) {
        struct buf text;
        buf_init(&text, 64);
        pen_real(&(struct pen){ .out = &text }, x);
        put_field(p, f->name, text.data);
        buf_fini(&text);
    } else {
        put_field(p, f->name, f->text);
    }
}

/* What such patterns were worth in the past. */
static void put_history(const struct pen *p, const struct score *s)
{
    char lift[24], interval[24];
    if (s == NULL) {
        pen_attr(p, "hist", "uncalibrated");
        return;
    }
    view_lift(s, lift, interval);
    pen_attr(p, "hist", s->verdict);
    buf_printf(p->out, " hist_n=\"%" PRId64 "\" hist_horizon=\"%" PRId64 "s\"", s->n, s->horizon_s);
    buf_printf(p->out, " hist_latency=\"%" PRId64 "s\"", s->latency_s);
    pen_attr(p, "hist_lift", lift);
    if (interval[0] != '\0') {
        pen_attr(p, "hist_ci", interval);
    }
}

static void put_pattern(const struct pen *p, const struct stored_pattern *s)
{
    const struct episode *e = &s->e;
    char causes[VIEW_CAUSES_MAX];
    buf_puts(p->out, "    <pattern");
    pen_attr(p, "id", e->id);
    pen_attr(p, "state", episode_state_name(e->state));
    pen_attr_time(p, "since", e->onset_ns);
    if (e->dir != 0) {
        buf_printf(p->out, " dir=\"%+d\"", (int)e->dir);
    }
    if (e->state == EPISODE_ENDED) {
        pen_attr(p, "end_reason", end_reason_name(e->end_reason));
    }
    view_causes(e->quality, causes);
    if (causes[0] != '\0') {
        pen_attr(p, "quality", causes);
    }
    put_history(p, view_score(p->a, s));
    buf_puts(p->out, ">\n");
    put_field(p, "type", e->kind);
    if (e->side != OFD_NO_SIDE && !view_has_field(s, "side")) {
        put_field(p, "side", e->side == OFD_BID ? "bid" : "ask");
    }
    for (int i = 0; i < s->n_fields; i++) {
        put_stored(p, &s->fields[i]);
    }
    if (e->price != OFD_NO_PRICE && !view_has_field(s, "price_level") &&
        !view_has_field(s, "price")) {
        char text[DECIMAL_MAX];
        (void)decimal_print_px(text, e->price, p->decimals);
        put_field(p, "price_level", text);
    }
    if (s->description[0] != '\0') {
        put_field(p, "description", s->description);
    }
    int64_t ago_ns = p->a->now_ns - e->last_ns;
    pen_child_int(p, "detected_seconds_ago", ago_ns > 0 ? ago_ns / NS_PER_S : 0);
    buf_puts(p->out, "    </pattern>\n");
}

void pen_patterns(const struct pen *p)
{
    const struct answer *a = p->a;
    size_t shown[ANSWER_PATTERNS_MAX], total,
        n = view_patterns(a, shown, ANSWER_PATTERNS_MAX, &total);
    buf_printf(p->out, "  <detected_patterns count=\"%zu\" window=\"%" PRId64 "s\"", total,
               a->history_ns / NS_PER_S);
    if (n < total) {
        buf_printf(p->out, " shown=\"%zu\"", n);
    }
    buf_puts(p->out, ">\n");
    for (size_t i = 0; i < n; i++) {
        put_pattern(p, &a->patterns[shown[i]]);
    }
    for (size_t i = 0; i < a->n_detectors; i++) {
        const struct answer_detector *d = &a->detectors[i];
        if (view_detector_missing(d)) {
            buf_puts(p->out, "    <unavailable");
            pen_attr(p, "detector", d->id);
            pen_attr(p, "reason", d->reason[0] != '\0' ? d->reason : d->state);
            buf_puts(p->out, " />\n");
        }
    }
    buf_puts(p->out, "  </detected_patterns>\n");
}

void answer_error_xml(const char *ticker, int64_t now_ns, const char *message,
                      const char (*suggestions)[TICKER_MAX], int n, struct buf *out)
{
    struct pen p = { .out = out };
    buf_puts(out, "<order_flow_data");
    pen_attr(&p, "ticker", ticker);
    pen_attr_time(&p, "timestamp", now_ns);
    buf_puts(out, " error=\"true\">\n  <error_message>");
    buf_xml(out, message);
    buf_puts(out, "</error_message>\n");
    if (n > 0) {
        buf_puts(out, "  <suggestions>");
        for (int i = 0; i < n; i++) {
            buf_puts(out, i > 0 ? " " : "");
            buf_xml(out, suggestions[i]);
        }
        buf_puts(out, "</suggestions>\n");
    }
    buf_puts(out, "</order_flow_data>\n");
}

void answer_unknown_xml(const struct answer *a, struct buf *out)
{
    char message[200];
    (void)snprintf(message, sizeof message, "No recent quote data available for ticker \"%s\"%s",
                   a->ticker, a->n_suggestions > 0 ? "; tickers with quotes are suggested" : "");
    answer_error_xml(a->ticker, a->now_ns, message, a->suggestions, a->n_suggestions, out);
}
