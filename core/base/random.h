/* SPDX-License-Identifier: MIT */
/* SplitMix64: whole numbers that are the same on every machine. [any] Pure. */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stdint.h>

#define RANDOM_STEP UINT64_C(0x9e3779b97f4a7c15)

/* Its finalizer. */
static inline uint64_t random_mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* The next of a sequence. Any value is a seed. */
static inline uint64_t random_next(uint64_t *state)
{
    *state += RANDOM_STEP;
    return random_mix(*state);
}

/* lo .. hi, both included; hi - lo < 2^31. */
static inline int64_t random_range(uint64_t *state, int64_t lo, int64_t hi)
{
    return lo + (int64_t)(((random_next(state) >> 32) * (uint64_t)(hi - lo + 1)) >> 32);
}

#endif
