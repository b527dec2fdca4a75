/* SPDX-License-Identifier: MIT */
/* Random numbers that anybody can make again: number i of a sequence depends on seed and i alone.
 * [any] Pure.
 *
 * rng_at(seed, i) = mix(seed + (i + 1) * 0x9E3779B97F4A7C15) mod 2^64, mix being the finalizer of
 * SplitMix64: x ^= x >> 30; x *= 0xBF58476D1CE4E5B9; x ^= x >> 27; x *= 0x94D049BB133111EB;
 * x ^= x >> 31. So it is SplitMix64, and any part of it can be computed alone. */
#ifndef EVAL_RNG_H
#define EVAL_RNG_H

#include "random.h"

static inline uint64_t rng_at(uint64_t seed, uint64_t i)
{
    return random_mix(seed + (i + 1) * RANDOM_STEP);
}

/* 0 .. n-1 for n <= 2^32: the upper 32 bits times n, divided by 2^32. */
static inline uint32_t rng_below(uint64_t seed, uint64_t i, uint64_t n)
{
    return (uint32_t)(((rng_at(seed, i) >> 32) * n) >> 32);
}

/* The seed of a sequence of its own: FNV-1a of the label, mixed with the seed. */
uint64_t rng_seed(uint64_t seed, const char *label);

#endif
