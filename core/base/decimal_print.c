/* SPDX-License-Identifier: MIT */
/* Numbers to text. */
#include "decimal.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PX_DIGITS = 9 };

static uint64_t magnitude(int64_t x)
{
    return x < 0 ? 0 - (uint64_t)x : (uint64_t)x;
}

static const uint64_t powers_of_ten[] = {
    1,
    10,
    100,
    1000,
    10000,
    100000,
    1000000,
    10000000,
    100000000,
    1000000000,
    10000000000,
    100000000000,
    1000000000000,
    10000000000000,
    100000000000000,
    1000000000000000,
    10000000000000000,
    100000000000000000,
};

static const char digit_pairs[] = "0001020304050607080910111213141516171819"
                                  "2021222324252627282930313233343536373839"
                                  "4041424344454647484950515253545556575859"
                                  "6061626364656667686970717273747576777879"
                                  "8081828384858687888990919293949596979899";

/* x with at least `width` digits, zeros in front, no NUL. Returns their number. */
static size_t put_digits(char *out, uint64_t x, int width)
{
    char text[24];
    size_t at = sizeof text, least = sizeof text - (size_t)width;
    while (x >= 100) {
        at -= 2;
        memcpy(text + at, digit_pairs + 2 * (x % 100), 2);
        x /= 100;
    }
    if (x >= 10) {
        at -= 2;
        memcpy(text + at, digit_pairs + 2 * x, 2);
    } else if (x > 0) {
        text[--at] = (char)('0' + x);
    }
    while (at > least) {
        text[--at] = '0';
    }
    memcpy(out, text + at, sizeof text - at);
    return sizeof text - at;
}

static size_t put_sign(char *out, bool negative)
{
    out[0] = '-';
    return negative ? 1 : 0;
}

size_t decimal_print_i64(char out[DECIMAL_MAX], int64_t x)
{
    size_t n = put_sign(out, x < 0);
    n += put_digits(out + n, magnitude(x), 1);
    out[n] = '\0';
    return n;
}

size_t decimal_print_px(char out[DECIMAL_MAX], int64_t px, int min_decimals)
{
    uint64_t abs_px = magnitude(px);
    size_t n = put_sign(out, px < 0);
    n += put_digits(out + n, abs_px / (uint64_t)PX_ONE, 1);
    out[n++] = '.';
    size_t least = n + (size_t)(min_decimals < PX_DIGITS ? min_decimals : PX_DIGITS);
    n += put_digits(out + n, abs_px % (uint64_t)PX_ONE, PX_DIGITS);
    while (n > least && out[n - 1] == '0') {
        n--;
    }
    if (out[n - 1] == '.') {
        n--;
    }
    out[n] = '\0';
    return n;
}

size_t decimal_print_px_fixed(char out[DECIMAL_MAX], int64_t px, int decimals)
{
    CHECK(decimals >= 0 && decimals <= PX_DIGITS);
    uint64_t unit = powers_of_ten[PX_DIGITS - decimals];
    uint64_t scaled = (magnitude(px) + unit / 2) / unit;
    uint64_t per_one = (uint64_t)PX_ONE / unit;
    size_t n = put_sign(out, px < 0 && scaled > 0);
    n += put_digits(out + n, scaled / per_one, 1);
    if (decimals > 0) {
        out[n++] = '.';
        n += put_digits(out + n, scaled % per_one, decimals);
    }
    out[n] = '\0';
    return n;
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

static struct significant search_shortest(double x)
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

/* The decimal value / 10^decimals, trailing zeros dropped. value > 0. */
static struct significant significant_of(uint64_t value, int decimals)
{
    struct significant s = { .n = 0 };
    while (value % 10 == 0) {
        value /= 10;
        decimals--;
    }
    s.n = (int)put_digits(s.digits, value, 1);
    s.exponent = s.n - 1 - decimals;
    return s;
}

/* Few decimals, as prices and sizes have: a whole number of at most 15 digits divided by a power of
 * ten is rounded once, as reading its text is, so one that gives x is its text. */
static bool few_decimals(double x, struct significant *out)
{
    enum { DECIMALS = 6 };
    for (int k = DECIMALS; k >= 0; k--) {
        double unit = (double)powers_of_ten[k], scaled = nearbyint(x * unit);
        if (scaled < 1e15) {
            if (!(scaled > 0) || scaled / unit != x) {
                return false; /* nor do fewer decimals give it */
            }
            *out = significant_of((uint64_t)scaled, k);
            return true;
        }
    }
    return false;
}

#ifdef __SIZEOF_INT128__
__extension__ typedef unsigned __int128 wide;

/* x = m 2^-shift, scaled by 10^decimals to 17 digits: every text that reads back as x is a whole
 * number between (2m - 1) and (2m + 1), times 10^decimals 2^-(shift + 1). The one with most zeros
 * at its end is the shortest; of several the nearest to x. */
static bool within_128_bits(double x, struct significant *out)
{
    int exponent, digits = DBL_DECIMAL_DIG;
    uint64_t m = (uint64_t)ldexp(frexp(x, &exponent), DBL_MANT_DIG);
    int shift = DBL_MANT_DIG - exponent, decimals = digits - 1 - (int)floor(log10(x));
    if (m == UINT64_C(1) << (DBL_MANT_DIG - 1) || shift < 0 || shift > 72 || decimals < 0 ||
        decimals > 21) {
        return false; /* a power of two: its neighbours are not equally far */
    }
    wide ten = powers_of_ten[decimals > 17 ? 17 : decimals];
    ten *= powers_of_ten[decimals > 17 ? decimals - 17 : 0];
    wide low = (2 * (wide)m - 1) * ten, high = (2 * (wide)m + 1) * ten, mid = 2 * (wide)m * ten;
    int bits = shift + 1;
    wide below = ((wide)1 << bits) - 1;
    bool closed = m % 2 == 0; /* halfway texts read back as the even neighbour */
    uint64_t first = (uint64_t)(low >> bits) + ((low & below) != 0 || !closed);
    uint64_t last = (uint64_t)(high >> bits) - ((high & below) == 0 && !closed);
    uint64_t unit = 1;
    if (last < first) {
        return false;
    }
    while (last / (unit * 10) * (unit * 10) >= first) {
        unit *= 10;
    }
    uint64_t whole = (uint64_t)(mid >> bits), rest = whole % unit;
    bool more = (mid & below) != 0;
    uint64_t nearest = whole - rest;
    if (unit == 1) {
        wide half = (wide)1 << (bits - 1);
        bool up = (mid & below) > half || ((mid & below) == half && whole % 2 != 0);
        nearest = whole + up;
    } else if (rest * 2 > unit || (rest * 2 == unit && (more || (whole / unit) % 2 != 0))) {
        nearest += unit;
    }
    if (nearest < first || nearest > last) {
        return false;
    }
    *out = significant_of(nearest, decimals);
    return true;
}
#else
static bool within_128_bits(double x, struct significant *out)
{
    (void)x;
    (void)out;
    return false;
}
#endif

static struct significant shortest(double x)
{
    struct significant s;
    if (few_decimals(x, &s) || within_128_bits(x, &s)) {
        return s;
    }
    s = search_shortest(x);
    while (s.n > 1 && s.digits[s.n - 1] == '0') {
        s.n--;
    }
    return s;
}

static size_t put_zeros(char *out, int n)
{
    memset(out, '0', (size_t)n);
    return (size_t)n;
}

/* d.ddde+XX */
static size_t put_scientific(char *out, const struct significant *s)
{
    size_t n = 0;
    out[n++] = s->digits[0];
    if (s->n > 1) {
        out[n++] = '.';
        memcpy(out + n, s->digits + 1, (size_t)s->n - 1);
        n += (size_t)s->n - 1;
    }
    out[n++] = 'e';
    out[n++] = s->exponent < 0 ? '-' : '+';
    return n + put_digits(out + n, magnitude(s->exponent), 2);
}

static size_t put_plain(char *out, const struct significant *s)
{
    int whole = s->exponent + 1; /* digits before the point */
    size_t n = 0;
    if (whole <= 0) {
        out[0] = '0';
        out[1] = '.';
        n = 2 + put_zeros(out + 2, -whole);
        memcpy(out + n, s->digits, (size_t)s->n);
        return n + (size_t)s->n;
    }
    int given = s->n < whole ? s->n : whole;
    memcpy(out, s->digits, (size_t)given);
    n = (size_t)given + put_zeros(out + given, whole - given);
    out[n++] = '.';
    if (s->n <= whole) {
        out[n++] = '0';
    } else {
        memcpy(out + n, s->digits + whole, (size_t)(s->n - whole));
        n += (size_t)(s->n - whole);
    }
    return n;
}

size_t decimal_print_repr(char out[DECIMAL_MAX], double x)
{
    if (!isfinite(x) || x == 0.0) {
        const char *sign = signbit(x) && !isnan(x) ? "-" : "";
        const char *text = isnan(x) ? "nan" : isinf(x) ? "inf" : "0.0";
        return (size_t)snprintf(out, DECIMAL_MAX, "%s%s", sign, text);
    }
    struct significant s = shortest(fabs(x));
    size_t n = put_sign(out, x < 0);
    bool scientific = s.exponent < -4 || s.exponent >= 16;
    n += scientific ? put_scientific(out + n, &s) : put_plain(out + n, &s);
    out[n] = '\0';
    return n;
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
