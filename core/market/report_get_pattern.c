/* SPDX-License-Identifier: MIT */
/* An episode from a stored pattern. */
#include "orderflow/detector.h"
#include "report_parsed.h"
#include "report_text.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static bool is(const char *name, const char *wanted)
{
    return strcmp(name, wanted) == 0;
}

static void get_key(struct parsed *p, const char *name, const char *chars, char *out, size_t cap)
{
    const char *text = parsed_text(p, name);
    size_t n = strlen(text);
    if (n == 0 || n >= cap || strspn(text, chars) != n) {
        parsed_fail(p, name, "is not as the engine writes it");
        return;
    }
    memcpy(out, text, n + 1);
}

static int32_t get_side(struct parsed *p)
{
    const char *text = parsed_has(p, "side") ? parsed_text(p, "side") : "";
    if (is(text, "bid") || is(text, "ask")) {
        return is(text, "bid") ? OFD_BID : OFD_ASK;
    }
    if (text[0] != '\0') {
        parsed_fail(p, "side", "is neither bid nor ask");
    }
    return OFD_NO_SIDE;
}

static enum end_reason get_reason(struct parsed *p)
{
    const char *text = parsed_text(p, "end_reason");
    for (enum end_reason r = END_FADED; r <= END_REMOVED; r++) {
        if (is(text, end_reason_name(r))) {
            return r;
        }
    }
    parsed_fail(p, "end_reason", "is unknown");
    return END_NONE;
}

static void get_end(struct parsed *p, struct episode *e)
{
    const char *state = parsed_text(p, "state");
    if (is(state, episode_state_name(EPISODE_ACTIVE))) {
        e->state = EPISODE_ACTIVE;
    } else if (is(state, episode_state_name(EPISODE_ENDED))) {
        e->state = EPISODE_ENDED;
        e->end_ns = parsed_ms(p, "end_ms");
        e->end_reason = get_reason(p);
    } else {
        parsed_fail(p, "state", "is neither active nor ended");
    }
}

static void get_exact_times(struct parsed *p, struct episode *e)
{
    int64_t *const times[] = { &e->onset_ns, &e->confirmed_ns, &e->peak_ns, &e->last_ns,
                               &e->end_ns };
    const char *text = parsed_text(p, "ns");
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        size_t n = strcspn(text, " ");
        if (!decimal_parse_i64(text, n, times[i], NULL)) {
            parsed_fail(p, "ns", "is not five numbers");
            return;
        }
        text += n + (text[n] == ' ');
    }
}

static void get_times(struct parsed *p, struct episode *e)
{
    e->last_ns = parsed_ms(p, "timestamp");
    e->onset_ns = parsed_ms(p, "onset_ms");
    e->confirmed_ns = parsed_ms(p, "confirmed_ms");
    e->peak_ns = parsed_ms(p, "peak_ms");
    get_end(p, e);
    if (parsed_has(p, "ns")) {
        get_exact_times(p, e);
    }
    bool in_order = e->onset_ns > 0 && e->onset_ns <= e->confirmed_ns &&
                    e->onset_ns <= e->peak_ns && e->peak_ns <= e->last_ns;
    bool ends_last = e->state == EPISODE_ENDED
                         ? e->end_ns >= e->last_ns && e->end_ns >= e->confirmed_ns
                         : e->end_ns == 0;
    if (!in_order || !ends_last) {
        parsed_fail(p, "times", "are out of order");
    }
}

/* Names that this engine does not know are from a newer one. */
static uint32_t get_quality(struct parsed *p)
{
    uint32_t bits = 0;
    const char *text = parsed_has(p, "quality") ? parsed_text(p, "quality") : "";
    while (*text != '\0') {
        size_t n = strcspn(text, " ");
#define QUALITY(member, name, bit, degrades, help)          \
    if (n == strlen(name) && strncmp(text, name, n) == 0) { \
        bits |= UINT32_C(1) << (bit);                       \
    }
#include "quality.def"
#undef QUALITY
        text += n + (text[n] == ' ');
    }
    return bits;
}

/* ---- declared fields ---- */

static bool has_field(const struct stored_pattern *p, const char *name)
{
    for (int i = 0; i < p->n_fields; i++) {
        if (is(p->fields[i].name, name)) {
            return true;
        }
    }
    return false;
}

static bool field_text(struct stored_field *f, const struct parsed_value *v)
{
    char digits[DECIMAL_MAX];
    const char *text = v->text;
    size_t n = v->n;
    f->number = v->kind == PARSED_NUMBER;
    if (f->number && !parsed_is_shortest(v)) {
        n = text_number(digits, v->number);
        text = digits;
    }
    if ((!f->number && v->kind != PARSED_TEXT) || n >= sizeof f->text) {
        return false;
    }
    memcpy(f->text, text, n);
    f->text[n] = '\0';
    return !f->number || isfinite(v->number) != 0;
}

static void get_fields(struct stored_pattern *out, const struct parsed *p)
{
    for (struct parsed_member m = { .next = 0 };
         out->n_fields < EVIDENCE_MAX && parsed_next(p, &m);) {
        struct stored_field *f = &out->fields[out->n_fields];
        if (m.name_n == 0 || m.name_n >= sizeof f->name) {
            continue;
        }
        memcpy(f->name, m.name, m.name_n);
        f->name[m.name_n] = '\0';
        if (!pattern_member_is_fixed(f->name) && !has_field(out, f->name)) {
            struct parsed_value value = parsed_member_value(&m);
            out->n_fields += field_text(f, &value);
        }
    }
}

bool report_get_pattern(struct stored_pattern *out, const char *json, size_t n, struct err *err)
{
    static const char key_chars[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
    struct parsed p;
    struct episode *e = &out->e;
    *out = (struct stored_pattern){ .n_fields = 0 };
    parsed_open(&p, json, n, err);
    get_key(&p, "id", "0123456789abcdef", e->id, sizeof e->id);
    get_key(&p, "type", key_chars, e->kind, sizeof e->kind);
    get_key(&p, "detector", key_chars, e->detector, sizeof e->detector);
    e->side = get_side(&p);
    e->dir = parsed_has(&p, "dir") ? (int32_t)parsed_int(&p, "dir", -1, 1) : 0;
    e->price = parsed_has(&p, "level_px") ? parsed_px(&p, "level_px") : OFD_NO_PRICE;
    e->peak_value = parsed_number(&p, "value", -DBL_MAX, DBL_MAX);
    get_times(&p, e);
    e->quality = get_quality(&p);
    if (parsed_has(&p, "description")) {
        (void)snprintf(out->description, sizeof out->description, "%s",
                       parsed_text(&p, "description"));
    }
    if (!p.failed) {
        get_fields(out, &p);
    }
    if (!parsed_close(&p)) {
        return err_wrap(err, "pattern");
    }
    return true;
}

/* ---- back to evidence ---- */

static bool is_stored_name(const char *stored, const char *key)
{
    size_t n = strlen(key);
    return strncmp(stored, key, n) == 0 && is(stored + n, pattern_member_is_fixed(key) ? "_" : "");
}

static bool find_choice(const struct declared *d, const char *text, int64_t *i_out)
{
    for (uint32_t i = 0; i < d->n_choices; i++) {
        if (is(d->choices[i], text)) {
            *i_out = i;
            return true;
        }
    }
    return false;
}

static bool bind_field(const struct stored_field *f, const struct declared *d, struct evidence *ev)
{
    size_t n = strlen(f->text);
    switch (d->type) {
    case OFD_INT:
        return decimal_parse_i64(f->text, n, &ev->i, NULL);
    case OFD_REAL:
        return decimal_parse_double(f->text, n, &ev->f, NULL);
    case OFD_PRICE:
        return decimal_parse_px(f->text, n, &ev->i, NULL);
    case OFD_CHOICE:
        return find_choice(d, f->text, &ev->i);
    default:
        return false;
    }
}

void stored_pattern_bind(struct stored_pattern *p, const struct declaration *decl)
{
    p->e.n_ev = 0;
    for (int i = 0; i < p->n_fields; i++) {
        for (uint32_t k = 0; k < decl->n_fields; k++) {
            struct evidence ev = { .field = k };
            if (is_stored_name(p->fields[i].name, decl->fields[k].key) &&
                bind_field(&p->fields[i], &decl->fields[k], &ev)) {
                p->e.ev[p->e.n_ev++] = ev;
            }
        }
    }
}
