/* SPDX-License-Identifier: MIT */
#include "hash64.h"

#include <string.h>

uint64_t hash64(const char *bytes, size_t n)
{
    uint64_t h = UINT64_C(0x243F6A8885A308D3) ^ n;
    for (size_t at = 0; at < n; at += sizeof h) {
        uint64_t part = 0;
        memcpy(&part, bytes + at, n - at < sizeof part ? n - at : sizeof part);
        h = (h ^ part) * UINT64_C(0x9E3779B97F4A7C15);
        h ^= h >> 29;
    }
    return h * UINT64_C(0xBF58476D1CE4E5B9);
}
