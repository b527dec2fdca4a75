/* SPDX-License-Identifier: MIT */
#include "value.h"

#include "clock.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MS_YEAR_2000 INT64_C(946684800000)
#define EXACT_MAX (UINT64_C(1) << 53) /* of whole numbers in a double */
#define MS_YEAR_2100 INT64_C(4102444800000)

enum { MS_DECIMALS = 6 };

const char *malformed_name(enum malformed m)
{
    static const char *const names[MALFORMED_KINDS] = {
        [MALFORMED_NONE] = "none",
#define MALFORMED(name, text) [MALFORMED_##name] = text,
#include "malformed.def"
#undef MALFORMED
    };
    return names[m];
}

bool fault_set(struct fault *f, enum malformed why, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    f->why = why;
    f->err.code = ERR_INVALID;
    (void)vsnprintf(f->err.text, sizeof f->err.text, fmt, ap);
    va_end(ap);
    return false;
}

const char *text_shown(struct text t, char out[SHOWN_MAX])
{
    size_t n = t.n < SHOWN_MAX ? t.n : SHOWN_MAX - 1;
    for (size_t i = 0; i < n; i++) {
        out[i] = t.p[i] >= ' ' && t.p[i] <= '~' ? t.p[i] : '?';
    }
    if (n < t.n) {
        memcpy(out + n - 3, "...", 3);
    }
    out[n] = '\0';
    return out;
}

static size_t digits(struct text t, size_t at)
{
    size_t n = 0;
    while (at + n < t.n && t.p[at + n] >= '0' && t.p[at + n] <= '9') {
        n++;
    }
    return n;
}

/* [-]digits[.digits][e[+-]digits] */
static bool is_number(struct text t)
{
    size_t at = t.n > 0 && t.p[0] == '-' ? 1 : 0;
    size_t n = digits(t, at);
    if (n == 0) {
        return false;
    }
    at += n;
    if (at < t.n && t.p[at] == '.') {
        n = digits(t, at + 1);
        if (n == 0) {
            return false;
        }
        at += 1 + n;
    }
    if (at < t.n && (t.p[at] == 'e' || t.p[at] == 'E')) {
        at++;
        at += at < t.n && (t.p[at] == '+' || t.p[at] == '-') ? 1 : 0;
        n = digits(t, at);
        if (n == 0) {
            return false;
        }
        at += n;
    }
    return at == t.n;
}

/* The usual case: up to 15 digits and nothing else, exact in an int64_t and in a double. */
static bool is_whole(struct text t, int64_t *out)
{
    if (t.n == 0 || t.n > 15 || digits(t, 0) != t.n) {
        return false;
    }
    *out = 0;
    for (size_t i = 0; i < t.n; i++) {
        *out = *out * 10 + (t.p[i] - '0');
    }
    return true;
}

static bool is_zero(struct text t)
{
    for (size_t i = 0; i < t.n && (t.p[i] | 0x20) != 'e'; i++) {
        if (t.p[i] >= '1' && t.p[i] <= '9') {
            return false;
        }
    }
    return true;
}

/* A number, and not below 0. */
static bool check_number(const char *name, struct text t, struct fault *f)
{
    char shown[SHOWN_MAX];
    if (!is_number(t)) {
        return fault_set(f, MALFORMED_BAD_NUMBER, "%s: '%s' is no number", name,
                         text_shown(t, shown));
    }
    if (t.p[0] == '-' && !is_zero(t)) {
        return fault_set(f, MALFORMED_NEGATIVE, "%s: %s is negative", name, text_shown(t, shown));
    }
    return true;
}

/* Up to 9 digits, a point, up to 9 digits: what nearly all prices are. In 1e-9. */
static bool plain_decimal(struct text t, uint64_t *out)
{
    static const uint64_t units[] = { 1000000000, 100000000, 10000000, 1000000, 100000,
                                      10000,      1000,      100,      10,      1 };
    uint64_t whole = 0, part = 0;
    size_t i = 0, n = 0;
    for (; i < t.n && t.p[i] >= '0' && t.p[i] <= '9'; i++) {
        whole = whole * 10 + (uint64_t)(t.p[i] - '0');
    }
    if (i == 0 || i > 9) {
        return false;
    }
    if (i < t.n) {
        if (t.p[i] != '.') {
            return false;
        }
        for (i++; i < t.n && t.p[i] >= '0' && t.p[i] <= '9' && n < 9; i++, n++) {
            part = part * 10 + (uint64_t)(t.p[i] - '0');
        }
        if (n == 0 || i < t.n) {
            return false;
        }
    }
    *out = whole * units[0] + part * units[n];
    return true;
}

bool value_px(const char *name, struct text t, int64_t *px_out, struct fault *f)
{
    char shown[SHOWN_MAX];
    uint64_t plain = 0;
    *px_out = 0;
    if (t.n == 0) {
        return true;
    }
    if (plain_decimal(t, &plain)) {
        *px_out = (int64_t)plain;
        return true;
    }
    if (!check_number(name, t, f)) {
        return false;
    }
    if (!decimal_parse_px(t.p, t.n, px_out, NULL) || (*px_out == 0 && !is_zero(t)) ||
        *px_out > VALUE_PX_MAX) {
        return fault_set(f, MALFORMED_OUT_OF_RANGE, "%s: %s is not between 1e-9 and 4.6e9", name,
                         text_shown(t, shown));
    }
    return true;
}

bool value_sz(const char *name, struct text t, double *sz_out, struct fault *f)
{
    char shown[SHOWN_MAX];
    int64_t whole = 0;
    uint64_t plain = 0;
    *sz_out = 0;
    if (t.n == 0) {
        return true;
    }
    if (is_whole(t, &whole)) {
        *sz_out = (double)whole;
        return true;
    }
    if (plain_decimal(t, &plain) && plain < EXACT_MAX) {
        *sz_out = (double)plain / 1e9; /* both exact: rounded once, as strtod() does */
        return true;
    }
    if (!check_number(name, t, f)) {
        return false;
    }
    if (!decimal_parse_double(t.p, t.n, sz_out, NULL) || *sz_out > VALUE_SZ_MAX) {
        return fault_set(f, MALFORMED_OUT_OF_RANGE, "%s: %s is above 1e15", name,
                         text_shown(t, shown));
    }
    return true;
}

bool value_ms_in_range(int64_t ms)
{
    return ms >= MS_YEAR_2000 && ms < MS_YEAR_2100;
}

/* ms.fraction, exact to the ns: a double of such a number is not. */
static bool exact_ts(struct text t, int64_t *ms_out, int64_t *part_ns_out)
{
    const char *point = t.n > 0 ? memchr(t.p, '.', t.n) : NULL;
    struct text whole = { .p = t.p, .n = point != NULL ? (size_t)(point - t.p) : t.n };
    size_t at = whole.n + 1, n = point != NULL ? digits(t, at) : 0;
    int64_t ns = 0;
    if (!is_whole(whole, ms_out) || (point != NULL && (n == 0 || at + n != t.n))) {
        return false;
    }
    for (size_t i = 0; i < MS_DECIMALS; i++) {
        ns = ns * 10 + (i < n ? t.p[at + i] - '0' : 0);
    }
    *part_ns_out = ns + (n > MS_DECIMALS && t.p[at + MS_DECIMALS] >= '5' ? 1 : 0);
    return true;
}

bool value_ts(struct text ms, int64_t *ts_ns_out, struct fault *f)
{
    char shown[SHOWN_MAX];
    int64_t whole_ms = 0, part_ns = 0;
    double x = 0;
    bool ok = exact_ts(ms, &whole_ms, &part_ns);
    if (!ok && is_number(ms) && decimal_parse_double(ms.p, ms.n, &x, NULL) && fabs(x) < 1e15) {
        whole_ms = (int64_t)floor(x);
        part_ns = (int64_t)((x - floor(x)) * (double)NS_PER_MS + 0.5);
        ok = true;
    }
    if (!ok || !value_ms_in_range(whole_ms)) {
        return fault_set(f, MALFORMED_BAD_TIMESTAMP,
                         "timestamp: '%s' is no time in ms between the years 2000 and 2100",
                         text_shown(ms, shown));
    }
    *ts_ns_out = whole_ms * NS_PER_MS + part_ns;
    return true;
}

bool value_seq(struct text t, uint64_t *seq_out, struct fault *f)
{
    char shown[SHOWN_MAX];
    uint64_t seq = 0;
    if (t.n > 1 && t.p[0] == '-' && is_number(t)) {
        return fault_set(f, MALFORMED_NEGATIVE, "seq: %s is negative", text_shown(t, shown));
    }
    if (t.n == 0 || digits(t, 0) != t.n) {
        return fault_set(f, MALFORMED_BAD_NUMBER, "seq: '%s' is no whole number",
                         text_shown(t, shown));
    }
    for (size_t i = 0; i < t.n; i++) {
        uint64_t digit = (uint64_t)(t.p[i] - '0');
        if (seq > (UINT64_MAX - digit) / 10) {
            return fault_set(f, MALFORMED_OUT_OF_RANGE, "seq: %s is above 2^64",
                             text_shown(t, shown));
        }
        seq = seq * 10 + digit;
    }
    *seq_out = seq;
    return true;
}

void quote_clear_absent(struct quote *q)
{
    if (q->bid_px == 0 || !(q->bid_sz > 0)) {
        q->bid_px = 0;
        q->bid_sz = 0;
    }
    if (q->ask_px == 0 || !(q->ask_sz > 0)) {
        q->ask_px = 0;
        q->ask_sz = 0;
    }
}

static void print_ms(char out[MS_TEXT_MAX], int64_t ts_ns)
{
    if (ts_ns % NS_PER_MS == 0) {
        (void)decimal_print_i64(out, ts_ns / NS_PER_MS);
        return;
    }
    int n =
        snprintf(out, MS_TEXT_MAX, "%" PRId64 ".%06" PRId64, ts_ns / NS_PER_MS, ts_ns % NS_PER_MS);
    while (out[n - 1] == '0') {
        n--;
    }
    out[out[n - 1] == '.' ? n - 1 : n] = '\0';
}

static void print_sz(char out[DECIMAL_MAX], double sz)
{
    if (sz <= VALUE_SZ_MAX && sz == floor(sz)) {
        (void)decimal_print_i64(out, (int64_t)sz);
    } else {
        (void)decimal_print_repr(out, sz);
    }
}

void quote_print(const struct quote *q, struct quote_text *out)
{
    bool both = q->bid_px != 0 && q->ask_px != 0;
    int64_t mid_px = q->bid_px / 2 + q->ask_px / 2 + (q->bid_px % 2 + q->ask_px % 2) / 2;
    print_ms(out->timestamp, q->ts_ns);
    (void)decimal_print_px(out->bid_price, q->bid_px, 1);
    print_sz(out->bid_size, q->bid_sz);
    (void)decimal_print_px(out->ask_price, q->ask_px, 1);
    print_sz(out->ask_size, q->ask_sz);
    (void)decimal_print_px(out->mid_price, both ? mid_px : 0, 1);
    (void)decimal_print_px(out->spread, both ? q->ask_px - q->bid_px : 0, 1);
}
