/* SPDX-License-Identifier: MIT */
#include "decimal.h"

#include <float.h>
#include <math.h>
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

/* Up to 15 digits, and a point among them: both the digits and the power of ten are exact in a
 * double, so their quotient is the nearest one. */
static bool is_short(const char *text, size_t n, double *out)
{
    static const double tens[DBL_DIG] = { 1,   1e1, 1e2,  1e3,  1e4,  1e5,  1e6, 1e7,
                                          1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14 };
    size_t first = n > 0 && text[0] == '-' ? 1 : 0, point = n;
    int64_t x = 0;
    if (n == first || n - first > DBL_DIG || !is_digit(text[first]) || !is_digit(text[n - 1])) {
        return false;
    }
    for (size_t i = first; i < n; i++) {
        if (is_digit(text[i])) {
            x = x * 10 + (text[i] - '0');
        } else if (text[i] == '.' && point == n) {
            point = i;
        } else {
            return false;
        }
    }
    double size = point == n ? (double)x : (double)x / tens[n - point - 1];
    *out = first == 1 ? -size : size;
    return true;
}

bool decimal_parse_double(const char *text, size_t n, double *out, struct err *err)
{
    struct parts p;
    if (is_short(text, n, out)) {
        return true;
    }
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
