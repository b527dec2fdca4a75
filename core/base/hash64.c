/* SPDX-License-Identifier: MIT */
#include "hash64.h"

#include <string.h>

static uint64_t mix(uint64_t h, uint64_t part)
{
    h = (h ^ part) * UINT64_C(0x9E3779B97F4A7C15);
    return h ^ h >> 29;
}

uint64_t hash64(const char *bytes, size_t n)
{
    uint64_t h = UINT64_C(0x243F6A8885A308D3) ^ n, part;
    size_t at = 0;
    for (; n - at >= sizeof part; at += sizeof part) {
        memcpy(&part, bytes + at, sizeof part);
        h = mix(h, part);
    }
    if (at < n) {
        part = 0;
        memcpy(&part, bytes + at, n - at);
        h = mix(h, part);
    }
    return h * UINT64_C(0xBF58476D1CE4E5B9);
}
