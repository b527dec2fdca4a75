/* SPDX-License-Identifier: MIT */
#include "episode_id.h"

#include "orderflow/detector.h"

/* FNV-1a, and the finalizer of splitmix64: FNV alone leaves the last bytes in the low bits. */
static uint64_t add_byte(uint64_t h, unsigned char byte)
{
    return (h ^ byte) * UINT64_C(0x100000001b3);
}

static uint64_t add_text(uint64_t h, const char *text)
{
    for (; *text != '\0'; text++) {
        h = add_byte(h, (unsigned char)*text);
    }
    return add_byte(h, 0);
}

static uint64_t add_number(uint64_t h, uint64_t x)
{
    for (int shift = 0; shift < 64; shift += 8) {
        h = add_byte(h, (unsigned char)(x >> shift & 0xff));
    }
    return h;
}

static uint64_t mix(uint64_t h)
{
    h = (h ^ h >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    h = (h ^ h >> 27) * UINT64_C(0x94d049bb133111eb);
    return h ^ h >> 31;
}

void episode_id(const struct episode *e, const char *ticker, char out[EPISODE_ID_MAX])
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    h = add_text(h, ticker);
    h = add_text(h, e->detector);
    h = add_text(h, e->kind);
    h = add_number(h, (uint64_t)(int64_t)e->side);
    h = add_number(h, (uint64_t)(int64_t)(e->side == OFD_NO_SIDE ? e->dir : 0));
    h = add_number(h, (uint64_t)e->price);
    h = add_number(h, (uint64_t)e->onset_ns);
    h = mix(h);
    for (int i = 0; i < EPISODE_ID_MAX - 1; i++) {
        out[i] = "0123456789abcdef"[h >> (60 - 4 * i) & 15];
    }
    out[EPISODE_ID_MAX - 1] = '\0';
}
