/* SPDX-License-Identifier: MIT */
#include "strikes.h"

#include <stdio.h>
#include <string.h>

static void forget(struct strikes *s, size_t n)
{
    s->n -= n;
    memmove(s->items, s->items + n, s->n * sizeof s->items[0]);
}

size_t strikes_add(struct strikes *s, struct now now, int64_t within_ms, const char *text)
{
    size_t old = 0;
    while (old < s->n && mono_ms_until(s->items[old].at, now.mono) > within_ms) {
        old++;
    }
    forget(s, old);
    if (s->n == STRIKES_MAX) {
        forget(s, 1);
    }
    struct strike *strike = &s->items[s->n++];
    *strike = (struct strike){ .at = now.mono, .wall_ns = now.wall_ns };
    (void)snprintf(strike->text, sizeof strike->text, "%s", text);
    return s->n;
}
