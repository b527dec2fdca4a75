/* SPDX-License-Identifier: MIT */
#include "clock.h"
#include "hash64.h"
#include "json_scan.h"
#include "row_fast.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum field {
    FIELD_TICKER,
    FIELD_TIMESTAMP,
    FIELD_BID_PRICE,
    FIELD_BID_SIZE,
    FIELD_ASK_PRICE,
    FIELD_ASK_SIZE,
    FIELD_SEQ,
    FIELDS
};

static const char *const field_names[FIELDS] = {
    [FIELD_TICKER] = "ticker",     [FIELD_TIMESTAMP] = "timestamp", [FIELD_BID_PRICE] = "bid_price",
    [FIELD_BID_SIZE] = "bid_size", [FIELD_ASK_PRICE] = "ask_price", [FIELD_ASK_SIZE] = "ask_size",
    [FIELD_SEQ] = "seq",
};

enum { NAME_MAX_BYTES = 16, NUMBER_MAX_BYTES = 64 };
#define SCORE_TOLERANCE_MS 1.0

uint64_t row_hash(const char *member, size_t n)
{
    return hash64(member, n);
}

static enum field field_of(struct text raw_name)
{
    char store[NAME_MAX_BYTES];
    const char *name = raw_name.p;
    size_t n = raw_name.n;
    int f = 0;
    if (memchr(name, '\\', n) != NULL) {
        n = json_decode(raw_name, store, sizeof store);
        name = store;
    }
    while (f < FIELDS && (n != strlen(field_names[f]) || memcmp(name, field_names[f], n) != 0)) {
        f++;
    }
    return (enum field)f;
}

static bool not_json(const struct json_scan *s, const char *text, struct fault *f)
{
    return fault_set(f, MALFORMED_NOT_JSON, "no JSON at byte %zu", (size_t)(s->p - text) + 1);
}

/* Reads the members of the object; the first duplicate is noted, not yet an error: what follows may
 * be no JSON at all. */
static bool scan_members(struct json_scan *s, struct json_value fields[FIELDS],
                         enum field *duplicate_out)
{
    struct text name;
    struct json_value value;
    if (json_char(s, '}')) {
        return true;
    }
    do {
        if (!json_string(s, &name) || !json_char(s, ':') || !json_value(s, &value)) {
            return false;
        }
        enum field f = field_of(name);
        if (f < FIELDS) {
            *duplicate_out = fields[f].kind != JSON_ABSENT ? f : *duplicate_out;
            fields[f] = value;
        }
    } while (json_char(s, ','));
    return json_char(s, '}');
}

static bool scan_object(struct text text, struct json_value fields[FIELDS], struct fault *f)
{
    struct json_scan s = { .p = text.p, .end = text.p + text.n };
    struct json_value other;
    enum field duplicate = FIELDS;
    bool object = json_char(&s, '{');
    bool ok = object ? scan_members(&s, fields, &duplicate) : json_value(&s, &other);
    if (!ok || !json_at_end(&s)) {
        return not_json(&s, text.p, f);
    }
    if (!object) {
        return fault_set(f, MALFORMED_NOT_OBJECT, "JSON, but no object");
    }
    if (duplicate < FIELDS) {
        return fault_set(f, MALFORMED_DUPLICATE_FIELD, "%s stands there twice",
                         field_names[duplicate]);
    }
    return true;
}

static bool check_ticker(const struct json_value *v, const char *ticker, struct fault *f)
{
    char name[TICKER_MAX], shown[SHOWN_MAX];
    size_t n = v->kind == JSON_STRING ? json_decode(v->raw, name, sizeof name) : 0;
    if (n != strlen(ticker) || n > sizeof name || memcmp(name, ticker, n) != 0) {
        return fault_set(f, MALFORMED_TICKER_MISMATCH, "ticker: '%s' under the key of %s",
                         text_shown(v->raw, shown), ticker);
    }
    return true;
}

/* The text of a number or numeric string; empty for null. */
static bool number_text(const char *name, const struct json_value *v, char store[NUMBER_MAX_BYTES],
                        struct text *out, struct fault *f)
{
    char shown[SHOWN_MAX];
    *out = v->raw;
    if (v->kind == JSON_NULL) {
        out->n = 0;
    } else if (v->kind == JSON_STRING) {
        *out = (struct text){ .p = store, .n = json_decode(v->raw, store, NUMBER_MAX_BYTES) };
    }
    if (v->kind == JSON_OTHER || (v->kind == JSON_STRING && out->n == 0) ||
        (v->kind == JSON_STRING && out->n > NUMBER_MAX_BYTES)) {
        return fault_set(f, MALFORMED_BAD_NUMBER, "%s: '%s' is no number", name,
                         text_shown(v->raw, shown));
    }
    return true;
}

static bool read_px(const struct json_value fields[FIELDS], enum field field, int64_t *px_out,
                    struct fault *f)
{
    char store[NUMBER_MAX_BYTES];
    struct text t;
    return number_text(field_names[field], &fields[field], store, &t, f) &&
           value_px(field_names[field], t, px_out, f);
}

static bool read_sz(const struct json_value fields[FIELDS], enum field field, double *sz_out,
                    struct fault *f)
{
    char store[NUMBER_MAX_BYTES];
    struct text t;
    return number_text(field_names[field], &fields[field], store, &t, f) &&
           value_sz(field_names[field], t, sz_out, f);
}

static bool read_ts(const struct json_value *v, double score_ms, int64_t *ts_ns_out,
                    struct fault *f)
{
    char store[NUMBER_MAX_BYTES], shown[SHOWN_MAX];
    struct text t;
    if (!number_text("timestamp", v, store, &t, f) || !value_ts(t, ts_ns_out, f)) {
        f->why = MALFORMED_BAD_TIMESTAMP;
        return false;
    }
    int64_t whole_ms = *ts_ns_out / NS_PER_MS; /* exact as a double, unlike the ns */
    double apart_ms = fabs((double)whole_ms - score_ms + (double)(*ts_ns_out % NS_PER_MS) / 1e6);
    if (apart_ms > SCORE_TOLERANCE_MS) {
        return fault_set(f, MALFORMED_SCORE_MISMATCH, "timestamp: %s under the score %.3f",
                         text_shown(t, shown), score_ms);
    }
    return true;
}

static bool read_seq(const struct json_value *v, struct row *out, struct fault *f)
{
    char store[NUMBER_MAX_BYTES];
    struct text t;
    if (v->kind == JSON_ABSENT || v->kind == JSON_NULL) {
        return true;
    }
    out->has_seq = true;
    return number_text("seq", v, store, &t, f) && value_seq(t, &out->seq, f);
}

static bool read_row(struct text text, double score_ms, const char *ticker, struct row *out,
                     struct fault *f)
{
    struct json_value fields[FIELDS] = { { .kind = JSON_ABSENT } };
    if (text.n > ROW_MEMBER_MAX) {
        return fault_set(f, MALFORMED_TOO_LONG, "%zu bytes are more than %d", text.n,
                         ROW_MEMBER_MAX);
    }
    if (!scan_object(text, fields, f)) {
        return false;
    }
    for (int i = 0; i < FIELD_SEQ; i++) {
        if (fields[i].kind == JSON_ABSENT) {
            return fault_set(f, MALFORMED_MISSING_FIELD, "%s is missing", field_names[i]);
        }
    }
    return check_ticker(&fields[FIELD_TICKER], ticker, f) &&
           read_ts(&fields[FIELD_TIMESTAMP], score_ms, &out->q.ts_ns, f) &&
           read_px(fields, FIELD_BID_PRICE, &out->q.bid_px, f) &&
           read_sz(fields, FIELD_BID_SIZE, &out->q.bid_sz, f) &&
           read_px(fields, FIELD_ASK_PRICE, &out->q.ask_px, f) &&
           read_sz(fields, FIELD_ASK_SIZE, &out->q.ask_sz, f) &&
           read_seq(&fields[FIELD_SEQ], out, f);
}

bool row_from_any_json(const char *text, size_t n, double score_ms, const char *ticker,
                       struct row *out, enum malformed *why_out, struct err *err)
{
    struct fault f = { .why = MALFORMED_NONE };
    *out = (struct row){ .member = text, .member_n = n };
    if (!read_row((struct text){ .p = text, .n = n }, score_ms, ticker, out, &f)) {
        *why_out = f.why;
        if (err != NULL) {
            *err = f.err;
        }
        return false;
    }
    quote_clear_absent(&out->q);
    out->hash = row_hash(text, n);
    *why_out = MALFORMED_NONE;
    return true;
}

bool row_from_member(const char *text, size_t n, uint64_t hash, double score_ms, const char *ticker,
                     struct row *out, enum malformed *why_out, struct err *err)
{
    *out = (struct row){ .member = text, .member_n = n };
    if (!row_fast(text, n, score_ms, ticker, out)) {
        return row_from_any_json(text, n, score_ms, ticker, out, why_out, err);
    }
    out->hash = hash;
    *why_out = MALFORMED_NONE;
    return true;
}

bool row_from_json(const char *text, size_t n, double score_ms, const char *ticker, struct row *out,
                   enum malformed *why_out, struct err *err)
{
    return row_from_member(text, n, row_hash(text, n), score_ms, ticker, out, why_out, err);
}

void row_to_json(const struct row *row, const char *ticker, struct buf *out)
{
    struct quote_text t;
    quote_print(&row->q, &t);
    buf_puts(out, "{\"ticker\": ");
    buf_json(out, ticker, strlen(ticker));
    const struct {
        const char *name, *value;
    } members[] = {
        { ", \"timestamp\": ", t.timestamp }, { ", \"bid_price\": ", t.bid_price },
        { ", \"bid_size\": ", t.bid_size },   { ", \"ask_price\": ", t.ask_price },
        { ", \"ask_size\": ", t.ask_size },   { ", \"mid_price\": ", t.mid_price },
        { ", \"spread\": ", t.spread },
    };
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        buf_puts(out, members[i].name);
        buf_puts(out, members[i].value);
    }
    if (row->has_seq) {
        buf_printf(out, ", \"seq\": %" PRIu64, row->seq);
    }
    buf_putc(out, '}');
}
