/* SPDX-License-Identifier: MIT */
#include "rng.h"

uint64_t rng_seed(uint64_t seed, const char *label)
{
    uint64_t h = UINT64_C(0xCBF29CE484222325);
    for (; *label != '\0'; label++) {
        h = (h ^ (unsigned char)*label) * UINT64_C(0x100000001B3);
    }
    return random_mix(seed ^ h);
}
