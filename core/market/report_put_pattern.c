/* SPDX-License-Identifier: MIT */
/* An episode as a stored pattern. */
#include "orderflow/detector.h"
#include "report_text.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { US_NS = 1000 };

static const struct declared *field_of(const struct declaration *decl, const struct evidence *ev)
{
    if (ev->field >= decl->n_fields) {
        return NULL;
    }
    const struct declared *d = &decl->fields[ev->field];
    bool known_word = ev->i >= 0 && ev->i < (int64_t)d->n_choices;
    return d->type == OFD_CHOICE && !known_word ? NULL : d;
}

static bool said_before(const struct episode *e, uint32_t i)
{
    for (uint32_t k = 0; k < i; k++) {
        if (e->ev[k].field == e->ev[i].field) {
            return true;
        }
    }
    return false;
}

static void put_evidence(struct buf *out, const struct declared *d, const struct evidence *ev)
{
    char name[DETECTOR_ID_MAX + 1];
    size_t n = strnlen(d->key, DETECTOR_ID_MAX - 1);
    memcpy(name, d->key, n);
    name[n] = '_';
    n += pattern_member_is_fixed(d->key);
    switch (d->type) {
    case OFD_INT:
        put_int_n(out, name, n, ev->i);
        break;
    case OFD_REAL:
        if (isfinite(ev->f)) {
            put_number_n(out, name, n, ev->f);
        }
        break;
    case OFD_PRICE:
        put_px_n(out, name, n, ev->i);
        break;
    case OFD_CHOICE:
        put_text_n(out, name, n, d->choices[ev->i]);
        break;
    default:
        break;
    }
}

static void put_quality(struct buf *out, uint32_t bits)
{
    char text[256];
    size_t n = 0;
    text[0] = '\0';
#define QUALITY(member, name, bit, degrades, help)                                        \
    if ((bits & UINT32_C(1) << (bit)) != 0) {                                             \
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%s", n > 0 ? " " : "", name); \
    }
#include "quality.def"
#undef QUALITY
    put_word(out, "quality", text);
}

/* Milliseconds in a JSON number are good for a microsecond. */
static void put_exact_times(struct buf *out, const struct episode *e)
{
    if (e->onset_ns % US_NS == 0 && e->confirmed_ns % US_NS == 0 && e->peak_ns % US_NS == 0 &&
        e->last_ns % US_NS == 0 && e->end_ns % US_NS == 0) {
        return;
    }
    put_key(out, "ns");
    buf_printf(out, "\"%" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 "\"", e->onset_ns,
               e->confirmed_ns, e->peak_ns, e->last_ns, e->end_ns);
}

/* ---- description: "Bid absorption at 450.01: strength=moderate, avg_size=8836.7" ---- */

/* For people: three decimals are enough, small numbers keep three digits. */
static void short_number(char out[DECIMAL_MAX], double x)
{
    if (fabs(x) >= 0.001 && fabs(x) < 1e15) {
        double rounded = round(x * 1000) / 1000;
        (void)text_number(out, rounded);
    } else {
        (void)snprintf(out, DECIMAL_MAX, "%.3g", x);
    }
}

static const char *short_value(char text[DECIMAL_MAX], const struct declared *d,
                               const struct evidence *ev)
{
    switch (d->type) {
    case OFD_INT:
        (void)decimal_print_i64(text, ev->i);
        return text;
    case OFD_REAL:
        short_number(text, ev->f);
        return text;
    case OFD_PRICE:
        (void)decimal_print_px(text, ev->i, 2);
        return text;
    case OFD_CHOICE:
        return d->choices[ev->i];
    default:
        return "";
    }
}

struct line {
    char *text; /* DESCRIPTION_MAX bytes, no NUL yet */
    size_t n;
};

static void append(struct line *l, const char *text, size_t n)
{
    memcpy(l->text + l->n, text, n);
    l->n += n;
}

static void put_title(struct line *l, const struct episode *e)
{
    const char *side = side_name(e->side);
    append(l, side, strlen(side));
    append(l, " ", side[0] != '\0');
    append(l, e->kind, strnlen(e->kind, sizeof e->kind));
    for (size_t i = 0; i < l->n; i++) {
        l->text[i] = l->text[i] == '_' ? ' ' : l->text[i];
    }
    if (e->price != OFD_NO_PRICE) {
        char price[DECIMAL_MAX];
        append(l, " at ", 4);
        append(l, price, decimal_print_px(price, e->price, 2));
    }
    l->text[0] = (char)toupper((unsigned char)l->text[0]);
}

static void describe(char out[DESCRIPTION_MAX], const struct episode *e,
                     const struct declaration *decl)
{
    struct line l = { .text = out };
    const char *separator = ": ";
    put_title(&l, e);
    for (uint32_t i = 0; i < e->n_ev; i++) {
        const struct declared *d = field_of(decl, &e->ev[i]);
        char number[DECIMAL_MAX];
        if (d == NULL || said_before(e, i) || (d->type == OFD_PRICE && e->ev[i].i == e->price)) {
            continue;
        }
        const char *value = short_value(number, d, &e->ev[i]);
        size_t key_n = strlen(d->key), value_n = strlen(value);
        if (l.n + 2 + key_n + 1 + value_n < DESCRIPTION_MAX) {
            append(&l, separator, 2);
            append(&l, d->key, key_n);
            append(&l, "=", 1);
            append(&l, value, value_n);
            separator = ", ";
        }
    }
    l.text[l.n] = '\0';
}

void report_put_episode(const struct episode *e, const struct declaration *decl, struct buf *out)
{
    char text[DESCRIPTION_MAX];
    buf_putc(out, '{');
    put_text(out, "id", e->id);
    put_text(out, "type", e->kind);
    put_text(out, "detector", e->detector);
    if (e->side != OFD_NO_SIDE) {
        put_word(out, "side", side_name(e->side));
    }
    for (uint32_t i = 0; i < e->n_ev; i++) {
        const struct declared *d = field_of(decl, &e->ev[i]);
        if (d != NULL && !said_before(e, i)) {
            put_evidence(out, d, &e->ev[i]);
        }
    }
    if (e->price != OFD_NO_PRICE) {
        (void)decimal_print_px(text, e->price, 1);
        put_word(out, "level_px", text);
    }
    put_int(out, "dir", e->dir);
    put_word(out, "state", episode_state_name(e->state));
    put_number(out, "value", e->peak_value);
    put_ms(out, "timestamp", e->last_ns);
    put_ms(out, "onset_ms", e->onset_ns);
    put_ms(out, "confirmed_ms", e->confirmed_ns);
    put_ms(out, "peak_ms", e->peak_ns);
    if (e->state == EPISODE_ENDED) {
        put_ms(out, "end_ms", e->end_ns);
        put_word(out, "end_reason", end_reason_name(e->end_reason));
    }
    put_exact_times(out, e);
    put_quality(out, e->quality);
    describe(text, e, decl);
    put_text(out, "description", text);
    buf_putc(out, '}');
}
