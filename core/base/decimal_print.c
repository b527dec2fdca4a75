/* SPDX-License-Identifier: MIT */
/* Numbers to text. */
#include "decimal.h"
#include "decimal_digits.h"

enum { PX_DIGITS = 9 };

static uint64_t magnitude(int64_t x)
{
    return x < 0 ? 0 - (uint64_t)x : (uint64_t)x;
}

static const uint64_t powers_of_ten[] = { 1,      10,      100,      1000,      10000,
                                          100000, 1000000, 10000000, 100000000, 1000000000 };

static size_t put_sign(char *out, bool negative)
{
    out[0] = '-';
    return negative ? 1 : 0;
}

/* x with at least `width` digits (at most 10), zeros in front, no NUL. Returns their number. */
static size_t put_digits(char *out, uint64_t x, int width)
{
    char text[DIGITS_MAX];
    memset(text, '0', sizeof text);
    const char *end = text + sizeof text, *first = digits_put_before(text + sizeof text, x);
    first = end - first < width ? end - width : first;
    memcpy(out, first, (size_t)(end - first));
    return (size_t)(end - first);
}

/* Each digit is written where it stands: to copy what was just written byte by byte takes longer.
 */
size_t decimal_print_i64(char out[DECIMAL_MAX], int64_t x)
{
    size_t n = put_sign(out, x < 0);
    if (x >= 0 && x < 10) {
        out[n++] = (char)('0' + x);
    } else {
        n += digits_count(magnitude(x));
        (void)digits_put_before(out + n, magnitude(x));
    }
    out[n] = '\0';
    return n;
}

size_t decimal_print_px(char out[DECIMAL_MAX], int64_t px, int min_decimals)
{
    const uint64_t thousandth = PX_ONE / 1000;
    uint64_t whole = magnitude(px) / (uint64_t)PX_ONE, rest = magnitude(px) % (uint64_t)PX_ONE;
    size_t n = decimal_print_i64(out + put_sign(out, px < 0), (int64_t)whole) + (px < 0);
    out[n++] = '.';
    size_t least = n + (size_t)(min_decimals < PX_DIGITS ? min_decimals : PX_DIGITS);
    if (rest % thousandth == 0 && min_decimals <= 3) {
        uint32_t thousandths = (uint32_t)(rest / thousandth);
        out[n] = (char)('0' + thousandths / 100);
        digits_put_2(out + n + 1, thousandths % 100);
        n += 3;
    } else {
        digits_put_8(out + n, (uint32_t)(rest / 10));
        out[n + 8] = (char)('0' + rest % 10);
        n += PX_DIGITS;
    }
    while (n > least && out[n - 1] == '0') {
        n--;
    }
    n -= out[n - 1] == '.';
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
