/* SPDX-License-Identifier: MIT */
/* Says which memory will be read soon, so that it need not be waited for then: the state of many
 * tickers is in no cache. A hint: it changes nothing, and any address will do. [any] Pure.
 *
 * What lies behind a pointer can be asked for only when the pointer has come. So X_expect(x, step)
 * is called for steps 1, 2, 3, with something else done in between; each step reads only what those
 * before it have asked for. */
#ifndef BASE_PREFETCH_H
#define BASE_PREFETCH_H

#include <stddef.h>

enum { CACHE_LINE = 64, EXPECT_STEPS = 3 };

static inline void prefetch(const void *at)
{
#if defined(__GNUC__) || defined(__clang__)
    __builtin_prefetch(at);
    __asm__ __volatile__("" : : "r"(at)); /* or gcc leaves out calls of what does nothing else */
#else
    (void)at;
#endif
}

/* All lines of it, if it begins with one. */
static inline void prefetch_bytes(const void *at, size_t bytes)
{
    for (size_t i = 0; i < bytes; i += CACHE_LINE) {
        prefetch((const char *)at + i);
    }
}

#endif
