/* SPDX-License-Identifier: MIT */
/* Doubles rounded as printf() rounds them, in a tenth of its time. */
#include "decimal.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Up to so many digits a scaled value is right to far less than the distance kept from a half. */
enum { QUICK_DIGITS = 6, INTEGER_DIGITS = 15 };
#define HALF_MARGIN 1e-6

static const double tens[INTEGER_DIGITS + 1] = { 1,   1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15 };

static bool is_whole(double x)
{
    return !(x < trunc(x)) && !(x > trunc(x));
}

/* digits: those of a whole number that has `decimals` behind its point; zeros at the end go. */
static size_t put_point(char *out, bool negative, int64_t digits, int decimals)
{
    char text[DECIMAL_MAX];
    for (; decimals > 0 && digits % 10 == 0; decimals--) {
        digits /= 10;
    }
    size_t n = decimal_print_i64(text, digits), at = 0, zeros = 0;
    if (n <= (size_t)decimals) {
        zeros = (size_t)decimals - n + 1;
    }
    out[at] = '-';
    at += negative;
    memset(out + at, '0', zeros);
    memcpy(out + at + zeros, text, n);
    n += zeros;
    if (decimals > 0) {
        size_t whole = n - (size_t)decimals;
        memmove(out + at + whole + 1, out + at + whole, (size_t)decimals);
        out[at + whole] = '.';
        n++;
    }
    out[at + n] = '\0';
    return at + n;
}

/* 0: it is left to printf(). */
static size_t print_quickly(char *out, double x, int digits)
{
    double size = fabs(x);
    int whole = 0, zeros = 0; /* digits before the point, zeros right behind it */
    if (!(size >= 1e-4 && size < tens[digits])) {
        return 0;
    }
    while (size >= tens[whole]) {
        whole++;
    }
    while (whole == 0 && size * tens[zeros + 1] < 1) {
        zeros++;
    }
    int decimals = digits - whole + zeros;
    double scaled = size * tens[decimals], rounded = floor(scaled + 0.5);
    if (fabs(scaled - floor(scaled) - 0.5) < HALF_MARGIN || rounded >= tens[digits] ||
        rounded < tens[digits - 1]) {
        return 0;
    }
    return put_point(out, x < 0, (int64_t)rounded, decimals);
}

size_t decimal_print_digits(char out[DECIMAL_MAX], double x, int digits)
{
    size_t n = 0;
    if (is_whole(x) && fabs(x) < tens[digits] && (fabs(x) > 0 || !signbit(x))) {
        return decimal_print_i64(out, (int64_t)x);
    }
    if (digits <= QUICK_DIGITS) {
        n = print_quickly(out, x, digits);
    }
    return n > 0 ? n : (size_t)snprintf(out, DECIMAL_MAX, "%.*g", digits, x);
}
