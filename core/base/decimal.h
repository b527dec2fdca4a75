/* SPDX-License-Identifier: MIT */
/*
 * Exact decimals: text <-> int64_t in 1e-9 units (the _px of this project). [any] Pure.
 *
 * Doubles go through strtod() and printf(), which write the decimal point of the C locale: our
 * programs never call setlocale(), and workers set no locale before a plugin is loaded.
 */
#ifndef BASE_DECIMAL_H
#define BASE_DECIMAL_H

#include "err.h"

#include <stddef.h>
#include <stdint.h>

#define PX_ONE INT64_C(1000000000)
enum {
    DECIMAL_MAX = 32,      /* bytes for any text written here, with its NUL */
    DECIMAL_TEXT_MAX = 128 /* longest text read here, in bytes */
};

/* Reads all n bytes as [-]digits[.digits][e[+-]digits]. More than nine decimals are rounded half to
 * even. False (err says why) on anything else, on overflow, on n == 0. INT64_MIN never comes out:
 * it means "no price" elsewhere. */
MUST_CHECK bool decimal_parse_px(const char *text, size_t n, int64_t *px_out, struct err *err);

/* Same grammar into a finite double. */
MUST_CHECK bool decimal_parse_double(const char *text, size_t n, double *out, struct err *err);

/* All n bytes as a whole number, optionally signed. */
MUST_CHECK bool decimal_parse_i64(const char *text, size_t n, int64_t *out, struct err *err);

/* Returns the length of the text, as all of these. */
size_t decimal_print_i64(char out[DECIMAL_MAX], int64_t x);

/* Shortest exact text: "61800.2", "450.0" never "450" when min_decimals is 1. Returns its length.
 */
size_t decimal_print_px(char out[DECIMAL_MAX], int64_t px, int min_decimals);

/* Text with exactly `decimals` (0..9) decimals, rounded half away from zero. */
size_t decimal_print_px_fixed(char out[DECIMAL_MAX], int64_t px, int decimals);

/* Shortest text that reads back as the same double, Python's repr: "0.1", "500.0", "1e+16", "inf",
 * "nan". */
size_t decimal_print_repr(char out[DECIMAL_MAX], double x);

/* What printf() makes of "%.{digits}g", 1 to 15 digits. */
size_t decimal_print_digits(char out[DECIMAL_MAX], double x, int digits);

/* Decimals needed to write multiples of the step exactly: 0.01 -> 2, 0.5 -> 1, 5 -> 0. */
int decimal_decimals_of(int64_t step_px);

/* The largest step of which both are multiples; of 0 and x it is |x|. */
static inline int64_t decimal_common_step(int64_t a_px, int64_t b_px)
{
    while (b_px != 0) {
        int64_t rest = a_px % b_px;
        a_px = b_px;
        b_px = rest;
    }
    return a_px < 0 ? -a_px : a_px;
}

#endif
