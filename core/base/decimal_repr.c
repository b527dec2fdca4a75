/* SPDX-License-Identifier: MIT */
/* The shortest text that reads back as the same double. */
#include "decimal.h"
#include "decimal_digits.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* digits x 10^exponent: a decimal without zeros at its end. */
struct shortest {
    uint64_t digits;
    int exponent;
};

static struct shortest without_zeros(uint64_t digits, int exponent)
{
    while (digits % 10 == 0) {
        digits /= 10;
        exponent++;
    }
    return (struct shortest){ .digits = digits, .exponent = exponent };
}

/* Few decimals, as prices and sizes have: a whole number of at most 15 digits divided by a power of
 * ten is rounded once, as reading its text is, so one that gives x is its text; and of at most 15
 * digits only one decimal does. */
static bool few_decimals(double x, struct shortest *out)
{
    enum { DECIMALS = 6 };
    const double unit = 1e6;
    if (!(x * unit < 1e15)) {
        return false;
    }
    int64_t scaled = (int64_t)(x * unit + .5);
    if (scaled == 0 || (double)scaled / unit != x) {
        return false;
    }
    *out = without_zeros((uint64_t)scaled, -DECIMALS);
    return true;
}

/* ---- the shortest of those that round to x, by R. Giulietti's Schubfach ---- */

struct wide {
    uint64_t high, low;
};

/* 10^n, moved up until its first bit is the highest of 128: exact as far as this goes. */
static const struct wide powers[] = {
    { UINT64_C(0x8000000000000000), 0 },
    { UINT64_C(0xa000000000000000), 0 },
    { UINT64_C(0xc800000000000000), 0 },
    { UINT64_C(0xfa00000000000000), 0 },
    { UINT64_C(0x9c40000000000000), 0 },
    { UINT64_C(0xc350000000000000), 0 },
    { UINT64_C(0xf424000000000000), 0 },
    { UINT64_C(0x9896800000000000), 0 },
    { UINT64_C(0xbebc200000000000), 0 },
    { UINT64_C(0xee6b280000000000), 0 },
    { UINT64_C(0x9502f90000000000), 0 },
    { UINT64_C(0xba43b74000000000), 0 },
    { UINT64_C(0xe8d4a51000000000), 0 },
    { UINT64_C(0x9184e72a00000000), 0 },
    { UINT64_C(0xb5e620f480000000), 0 },
    { UINT64_C(0xe35fa931a0000000), 0 },
    { UINT64_C(0x8e1bc9bf04000000), 0 },
    { UINT64_C(0xb1a2bc2ec5000000), 0 },
    { UINT64_C(0xde0b6b3a76400000), 0 },
    { UINT64_C(0x8ac7230489e80000), 0 },
    { UINT64_C(0xad78ebc5ac620000), 0 },
    { UINT64_C(0xd8d726b7177a8000), 0 },
    { UINT64_C(0x878678326eac9000), 0 },
    { UINT64_C(0xa968163f0a57b400), 0 },
    { UINT64_C(0xd3c21bcecceda100), 0 },
    { UINT64_C(0x84595161401484a0), 0 },
    { UINT64_C(0xa56fa5b99019a5c8), 0 },
    { UINT64_C(0xcecb8f27f4200f3a), 0 },
    { UINT64_C(0x813f3978f8940984), UINT64_C(0x4000000000000000) },
    { UINT64_C(0xa18f07d736b90be5), UINT64_C(0x5000000000000000) },
    { UINT64_C(0xc9f2c9cd04674ede), UINT64_C(0xa400000000000000) },
    { UINT64_C(0xfc6f7c4045812296), UINT64_C(0x4d00000000000000) },
    { UINT64_C(0x9dc5ada82b70b59d), UINT64_C(0xf020000000000000) },
    { UINT64_C(0xc5371912364ce305), UINT64_C(0x6c28000000000000) },
    { UINT64_C(0xf684df56c3e01bc6), UINT64_C(0xc732000000000000) },
    { UINT64_C(0x9a130b963a6c115c), UINT64_C(0x3c7f400000000000) },
    { UINT64_C(0xc097ce7bc90715b3), UINT64_C(0x4b9f100000000000) },
    { UINT64_C(0xf0bdc21abb48db20), UINT64_C(0x1e86d40000000000) },
    { UINT64_C(0x96769950b50d88f4), UINT64_C(0x1314448000000000) },
};

static struct wide times(uint64_t a, uint64_t b)
{
#ifdef __SIZEOF_INT128__
    __extension__ unsigned __int128 product = (unsigned __int128)a * b;
    return (struct wide){ .high = (uint64_t)(product >> 64), .low = (uint64_t)product };
#else
    uint64_t al = a & UINT32_MAX, ah = a >> 32, bl = b & UINT32_MAX, bh = b >> 32;
    uint64_t low = al * bl, one = ah * bl + (low >> 32), two = al * bh + (one & UINT32_MAX);
    return (struct wide){ .high = ah * bh + (one >> 32) + (two >> 32),
                          .low = two << 32 | (low & UINT32_MAX) };
#endif
}

/* x times a power, of 192 bits the highest 64; the last one is set if any below are. */
static uint64_t times_power(struct wide power, uint64_t x)
{
    struct wide by_low = times(power.low, x), by_high = times(power.high, x);
    uint64_t rest = by_high.low + by_low.high;
    return (by_high.high + (rest < by_low.high)) | (rest > 1);
}

static int floor_shift(int x, int bits)
{
    return x >= 0 ? x >> bits : -((-x - 1) >> bits) - 1;
}

/* x = c 2^q. In quarters of 10^k, where k is the largest for which some multiple of 10^k must lie
 * among those that round to x: is there one of 10^(k+1), too, or which of 10^k is nearest? */
static bool schubfach(uint64_t c, int q, bool near_below, struct shortest *out)
{
    int k = floor_shift(q * 1262611 - (near_below ? 524031 : 0), 22); /* q log10(2) or of 3/4 2^q */
    if (k > 0 || -k >= (int)(sizeof powers / sizeof powers[0])) {
        return false;
    }
    int h = q + (-k * 1741647 >> 19) + 1; /* -k log2(10) */
    struct wide power = powers[-k];
    uint64_t open = c % 2; /* an odd one does not get the middle between it and its neighbours */
    uint64_t low = times_power(power, (4 * c - 2 + near_below) << h) + open;
    uint64_t at = times_power(power, 4 * c << h);
    uint64_t high = times_power(power, (4 * c + 2) << h) - open;
    uint64_t s = at / 4, tens = s / 10;
    bool down_in = low <= 40 * tens, up_in = 40 * tens + 40 <= high;
    if (s >= 10 && down_in != up_in) {
        *out = without_zeros(tens + up_in, k + 1);
        return true;
    }
    down_in = low <= 4 * s;
    up_in = 4 * s + 4 <= high;
    bool up = down_in != up_in ? up_in : at > 4 * s + 2 || (at == 4 * s + 2 && s % 2 != 0);
    *out = without_zeros(s + up, k);
    return true;
}

static bool by_schubfach(double x, struct shortest *out)
{
    enum { MANTISSA = DBL_MANT_DIG - 1, BIAS = 1023 + MANTISSA };
    uint64_t bits, hidden = UINT64_C(1) << MANTISSA;
    memcpy(&bits, &x, sizeof bits);
    uint64_t mantissa = bits & (hidden - 1);
    int exponent = (int)(bits >> MANTISSA);
    return exponent != 0 && schubfach(mantissa | hidden, exponent - BIAS, mantissa == 0, out);
}

/* ---- any other: try ---- */

static bool reads_back(uint64_t digits, int exponent, double x)
{
    char text[48];
    (void)snprintf(text, sizeof text, "%llue%d", (unsigned long long)digits, exponent);
    return strtod(text, NULL) == x;
}

/* Below a power of two doubles lie half as far apart as above it, so there the nearest decimal may
 * miss where the next larger one still hits. */
static struct shortest by_search(double x)
{
    for (int n = x < DBL_MIN ? 1 : DBL_DIG;; n++) {
        char text[40], digits[24] = "";
        (void)snprintf(text, sizeof text, "%.*e", n - 1, x);
        digits[0] = text[0];
        if (n > 1) {
            memcpy(digits + 1, text + 2, (size_t)n - 1);
        }
        uint64_t nearest = strtoull(digits, NULL, 10);
        int exponent = (int)strtol(strchr(text, 'e') + 1, NULL, 10) - (n - 1);
        if (n == DBL_DECIMAL_DIG || reads_back(nearest, exponent, x)) {
            return without_zeros(nearest, exponent);
        }
        if (reads_back(nearest + 1, exponent, x)) {
            return without_zeros(nearest + 1, exponent);
        }
    }
}

/* ---- text ---- */

enum { TEXT_BYTES = 2 * DECIMAL_MAX };

/* d.ddde+XX. Returns its end, as all of these. */
static char *put_scientific(char *out, const char *digits, size_t n, int exponent)
{
    *out++ = digits[0];
    if (n > 1) {
        *out++ = '.';
        memcpy(out, digits + 1, n - 1);
        out += n - 1;
    }
    *out++ = 'e';
    *out++ = exponent < 0 ? '-' : '+';
    uint32_t size = (uint32_t)abs(exponent);
    if (size >= 100) {
        *out++ = (char)('0' + size / 100);
    }
    digits_put_2(out, size % 100);
    return out + 2;
}

/* digits: 16 more bytes may be read, and out written, than there are. whole: before the point. */
static char *put_plain(char *out, const char *digits, size_t n, int whole)
{
    if (whole <= 0) {
        memcpy(out, "0.000000", 8);
        out += 2 - whole;
        memcpy(out, digits, DIGITS_MAX);
        return out + n;
    }
    memcpy(out, digits, DIGITS_MAX);
    if ((size_t)whole >= n) {
        memset(out + n, '0', (size_t)whole - n);
        memcpy(out + whole, ".0", 2);
        return out + whole + 2;
    }
    out[whole] = '.';
    memcpy(out + whole + 1, digits + whole, DIGITS_MAX);
    return out + n + 1;
}

static size_t print_special(char out[DECIMAL_MAX], double x)
{
    const char *sign = signbit(x) && !isnan(x) ? "-" : "";
    const char *text = isnan(x) ? "nan" : isinf(x) ? "inf" : "0.0";
    return (size_t)snprintf(out, DECIMAL_MAX, "%s%s", sign, text);
}

size_t decimal_print_repr(char out[DECIMAL_MAX], double x)
{
    struct shortest s;
    double size = fabs(x);
    if (!isfinite(x) || x == 0.0) {
        return print_special(out, x);
    }
    if (!few_decimals(size, &s) && !by_schubfach(size, &s)) {
        s = by_search(size);
    }
    char digits[3 * DIGITS_MAX] = "", text[TEXT_BYTES] = "-", *end = digits + DIGITS_MAX;
    char *first = digits_put_before(end, s.digits), *at = text + (x < 0);
    size_t n = (size_t)(end - first);
    int whole = (int)n + s.exponent;
    bool scientific = whole < -3 || whole > 16;
    at = scientific ? put_scientific(at, first, n, whole - 1) : put_plain(at, first, n, whole);
    *at = '\0';
    memcpy(out, text, DECIMAL_MAX);
    return (size_t)(at - text);
}
