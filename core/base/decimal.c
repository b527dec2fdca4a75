/* SPDX-License-Identifier: MIT */
#include "decimal.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PX_DIGITS = 9, EXPONENT_MAX = 9999, SHOWN_MAX = 40 };

/* A number taken apart: its digits without the point, and where the point stands. */
struct parts {
    bool negative;
    char digits[DECIMAL_TEXT_MAX];
    int n;
    int point; /* value = 0.digits * 10^point */
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool bad_number(struct err *err, const char *what, const char *text, size_t n)
{
    char shown[SHOWN_MAX + 1];
    size_t len = n < SHOWN_MAX ? n : SHOWN_MAX;
    for (size_t i = 0; i < len; i++) {
        shown[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
    }
    shown[len] = '\0';
    return err_set(err, ERR_INVALID, "'%s%s' %s", shown, n > len ? "..." : "", what);
}

static size_t take_digits(struct parts *p, const char *text, size_t n)
{
    size_t i = 0;
    for (; i < n && is_digit(text[i]); i++) {
        p->digits[p->n++] = text[i];
    }
    return i;
}

/* The exponent behind 'e'; false unless all n bytes are one. Clamped: its size is beyond any use.
 */
static bool take_exponent(const char *text, size_t n, int *out)
{
    size_t i = n > 0 && (text[0] == '-' || text[0] == '+') ? 1 : 0;
    if (i == n) {
        return false;
    }
    int e = 0;
    for (size_t at = i; at < n; at++) {
        if (!is_digit(text[at])) {
            return false;
        }
        e = e * 10 + (text[at] - '0');
        e = e > EXPONENT_MAX ? EXPONENT_MAX : e;
    }
    *out = text[0] == '-' ? -e : e;
    return true;
}

static bool split(const char *text, size_t n, struct parts *out)
{
    if (n > DECIMAL_TEXT_MAX) {
        return false;
    }
    struct parts p = { .negative = n > 0 && text[0] == '-' };
    size_t i = p.negative ? 1 : 0;
    size_t whole = take_digits(&p, text + i, n - i);
    if (whole == 0) {
        return false;
    }
    p.point = p.n;
    i += whole;
    if (i < n && text[i] == '.') {
        size_t fraction = take_digits(&p, text + i + 1, n - i - 1);
        if (fraction == 0) {
            return false;
        }
        i += 1 + fraction;
    }
    int exponent = 0;
    if (i < n) {
        if ((text[i] | 0x20) != 'e' || !take_exponent(text + i + 1, n - i - 1, &exponent)) {
            return false;
        }
    }
    p.point += exponent;
    *out = p;
    return true;
}

/* What the digits from `from` on do to the last one kept: half to even. */
static bool rounds_up(const struct parts *p, int from, bool odd)
{
    if (from < 0 || from >= p->n || p->digits[from] < '5') {
        return false;
    }
    for (int i = from + 1; i < p->n; i++) {
        if (p->digits[i] != '0') {
            return true;
        }
    }
    return p->digits[from] > '5' || odd;
}

bool decimal_parse_px(const char *text, size_t n, int64_t *px_out, struct err *err)
{
    struct parts p;
    if (!split(text, n, &p)) {
        return bad_number(err, "is not a decimal number", text, n);
    }
    int keep = p.point + PX_DIGITS; /* digits that stand for whole px units */
    int64_t px = 0;
    for (int i = 0; i < keep; i++) {
        int digit = i < p.n ? p.digits[i] - '0' : 0;
        if (px > (INT64_MAX - digit) / 10) {
            return bad_number(err, "is too large", text, n);
        }
        px = px * 10 + digit;
        if (px == 0 && i >= p.n) {
            break;
        }
    }
    if (rounds_up(&p, keep, px % 2 != 0)) {
        if (px == INT64_MAX) {
            return bad_number(err, "is too large", text, n);
        }
        px++;
    }
    *px_out = p.negative ? -px : px;
    return true;
}

bool decimal_parse_double(const char *text, size_t n, double *out, struct err *err)
{
    struct parts p;
    if (!split(text, n, &p)) {
        return bad_number(err, "is not a decimal number", text, n);
    }
    char copy[DECIMAL_TEXT_MAX + 1];
    memcpy(copy, text, n);
    copy[n] = '\0';
    double x = strtod(copy, NULL);
    if (!isfinite(x)) {
        return bad_number(err, "is too large", text, n);
    }
    *out = x;
    return true;
}

bool decimal_parse_i64(const char *text, size_t n, int64_t *out, struct err *err)
{
    bool negative = n > 0 && text[0] == '-';
    size_t first = negative || (n > 0 && text[0] == '+') ? 1 : 0;
    if (first == n) {
        return bad_number(err, "is not a whole number", text, n);
    }
    int64_t x = 0; /* kept negative: its range is the larger one */
    for (size_t i = first; i < n; i++) {
        if (!is_digit(text[i])) {
            return bad_number(err, "is not a whole number", text, n);
        }
        int digit = text[i] - '0';
        if (x < (INT64_MIN + digit) / 10) {
            return bad_number(err, "is too large", text, n);
        }
        x = x * 10 - digit;
    }
    if (!negative && x == INT64_MIN) {
        return bad_number(err, "is too large", text, n);
    }
    *out = negative ? x : -x;
    return true;
}

static uint64_t magnitude(int64_t x)
{
    return x < 0 ? 0 - (uint64_t)x : (uint64_t)x;
}

size_t decimal_print_px(char out[DECIMAL_MAX], int64_t px, int min_decimals)
{
    uint64_t abs_px = magnitude(px);
    int n = snprintf(out, DECIMAL_MAX, "%s%" PRIu64 ".%09" PRIu64, px < 0 ? "-" : "",
                     abs_px / (uint64_t)PX_ONE, abs_px % (uint64_t)PX_ONE);
    int least = n - PX_DIGITS + (min_decimals < PX_DIGITS ? min_decimals : PX_DIGITS);
    while (n > least && out[n - 1] == '0') {
        n--;
    }
    if (out[n - 1] == '.') {
        n--;
    }
    out[n] = '\0';
    return (size_t)n;
}

size_t decimal_print_px_fixed(char out[DECIMAL_MAX], int64_t px, int decimals)
{
    CHECK(decimals >= 0 && decimals <= PX_DIGITS);
    uint64_t unit = 1;
    for (int i = decimals; i < PX_DIGITS; i++) {
        unit *= 10;
    }
    uint64_t scaled = (magnitude(px) + unit / 2) / unit;
    uint64_t per_one = (uint64_t)PX_ONE / unit;
    const char *sign = px < 0 && scaled > 0 ? "-" : "";
    int n = decimals == 0 ? snprintf(out, DECIMAL_MAX, "%s%" PRIu64, sign, scaled)
                          : snprintf(out, DECIMAL_MAX, "%s%" PRIu64 ".%0*" PRIu64, sign,
                                     scaled / per_one, decimals, scaled % per_one);
    return (size_t)n;
}

/* Significant digits of x > 0 as text, and the power of ten of the first. */
struct significant {
    char digits[24];
    int n, exponent;
};

static bool reads_back(const struct significant *s, double x)
{
    char text[48];
    (void)snprintf(text, sizeof text, "%.*s.%se%d", 1, s->digits, s->digits + 1, s->exponent);
    return strtod(text, NULL) == x;
}

static struct significant print_significant(double x, int n)
{
    char text[40];
    (void)snprintf(text, sizeof text, "%.*e", n - 1, x);
    struct significant s = { .n = n, .exponent = (int)strtol(strchr(text, 'e') + 1, NULL, 10) };
    s.digits[0] = text[0];
    if (n > 1) {
        memcpy(s.digits + 1, text + 2, (size_t)n - 1);
    }
    return s;
}

/* The next larger decimal of as many digits. Below a power of two doubles lie half as far apart as
 * above it, so there the nearest decimal may miss where this one still hits. */
static void step_up(struct significant *s)
{
    int i = s->n - 1;
    while (i > 0 && s->digits[i] == '9') {
        s->digits[i--] = '0';
    }
    if (s->digits[i] != '9') {
        s->digits[i]++;
    }
}

static struct significant shortest(double x)
{
    for (int n = x < DBL_MIN ? 1 : DBL_DIG; n < DBL_DECIMAL_DIG; n++) {
        struct significant s = print_significant(x, n);
        if (reads_back(&s, x)) {
            return s;
        }
        step_up(&s);
        if (reads_back(&s, x)) {
            return s;
        }
    }
    return print_significant(x, DBL_DECIMAL_DIG);
}

size_t decimal_print_repr(char out[DECIMAL_MAX], double x)
{
    if (!isfinite(x) || x == 0.0) {
        const char *sign = signbit(x) && !isnan(x) ? "-" : "";
        const char *text = isnan(x) ? "nan" : isinf(x) ? "inf" : "0.0";
        return (size_t)snprintf(out, DECIMAL_MAX, "%s%s", sign, text);
    }
    struct significant s = shortest(fabs(x));
    while (s.n > 1 && s.digits[s.n - 1] == '0') {
        s.digits[--s.n] = '\0';
    }
    const char *sign = x < 0 ? "-" : "";
    int e = s.exponent, n;
    if (e < -4 || e >= 16) {
        n = snprintf(out, DECIMAL_MAX, "%s%c%s%se%c%02d", sign, s.digits[0], s.n > 1 ? "." : "",
                     s.digits + 1, e < 0 ? '-' : '+', abs(e));
    } else if (e < 0) {
        n = snprintf(out, DECIMAL_MAX, "%s0.%.*s%s", sign, -e - 1, "000", s.digits);
    } else if (s.n <= e + 1) {
        n = snprintf(out, DECIMAL_MAX, "%s%s%.*s.0", sign, s.digits, e + 1 - s.n,
                     "0000000000000000");
    } else {
        n = snprintf(out, DECIMAL_MAX, "%s%.*s.%s", sign, e + 1, s.digits, s.digits + e + 1);
    }
    return (size_t)n;
}

int decimal_decimals_of(int64_t step_px)
{
    uint64_t rest = magnitude(step_px) % (uint64_t)PX_ONE;
    int decimals = rest == 0 ? 0 : PX_DIGITS;
    while (decimals > 0 && rest % 10 == 0) {
        rest /= 10;
        decimals--;
    }
    return decimals;
}
