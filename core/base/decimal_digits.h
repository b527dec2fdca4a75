/* SPDX-License-Identifier: MIT */
/* Digits of whole numbers, for those who print numbers. [any] Pure. */
#ifndef BASE_DECIMAL_DIGITS_H
#define BASE_DECIMAL_DIGITS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { DIGITS_MAX = 20 }; /* of any uint64_t */

static inline void digits_put_2(char *out, uint32_t x)
{
    static const char pairs[] = "0001020304050607080910111213141516171819"
                                "2021222324252627282930313233343536373839"
                                "4041424344454647484950515253545556575859"
                                "6061626364656667686970717273747576777879"
                                "8081828384858687888990919293949596979899";
    memcpy(out, pairs + 2 * (size_t)x, 2);
}

/* Exactly eight digits of x < 10^8. */
static inline void digits_put_8(char *out, uint32_t x)
{
    uint32_t high = x / 10000, low = x % 10000;
    digits_put_2(out, high / 100);
    digits_put_2(out + 2, high % 100);
    digits_put_2(out + 4, low / 100);
    digits_put_2(out + 6, low % 100);
}

/* How many digits x has; 0 has one. */
static inline size_t digits_count(uint64_t x)
{
    size_t n = 1;
    if (x >= UINT64_C(10000000000000000)) {
        x /= UINT64_C(10000000000000000);
        n += 16;
    }
    if (x >= 100000000) {
        x /= 100000000;
        n += 8;
    }
    if (x >= 10000) {
        x /= 10000;
        n += 4;
    }
    if (x >= 100) {
        x /= 100;
        n += 2;
    }
    return n + (x >= 10);
}

/* x without zeros in front, ending before end (DIGITS_MAX bytes lie before it); nothing for 0.
 * Returns where it begins. */
static inline char *digits_put_before(char *end, uint64_t x)
{
    while (x >= 100000000) {
        end -= 8;
        digits_put_8(end, (uint32_t)(x % 100000000));
        x /= 100000000;
    }
    uint32_t rest = (uint32_t)x;
    while (rest >= 10) {
        end -= 2;
        digits_put_2(end, rest % 100);
        rest /= 100;
    }
    if (rest > 0) {
        *--end = (char)('0' + rest);
    }
    return end;
}

#endif
