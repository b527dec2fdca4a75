/* SPDX-License-Identifier: MIT */
/* Eight bytes of a text at a time. [any] Pure. */
#ifndef BASE_WORD_H
#define BASE_WORD_H

#include <stddef.h>
#include <stdint.h>

/* The same byte eight times. */
#define WORD_OF(x) (UINT64_C(0x0101010101010101) * (x))

/* The first byte is the lowest on every machine; compilers make one load of it. */
static inline uint64_t word_load(const char *bytes)
{
    const unsigned char *p = (const unsigned char *)bytes;
    return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 |
           (uint64_t)p[4] << 32 | (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 |
           (uint64_t)p[7] << 56;
}

/* Which byte holds the lowest of the high bits that are set; there is one. */
static inline size_t word_first(uint64_t high_bits)
{
    uint64_t lowest = (high_bits & (0 - high_bits)) >> 7;
    return (size_t)(lowest * UINT64_C(0x0001020304050607) >> 56);
}

#endif
