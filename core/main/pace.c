/* SPDX-License-Identifier: MIT */
#include "pace.h"

enum { SLOW_SHARE = 4, STRETCH_IDLES = 2 };

void pace_note(struct pace *p, int64_t slowest_ms, int64_t idle_ms, int64_t calm_ms,
               struct mono now)
{
    if (slowest_ms <= idle_ms / SLOW_SHARE) {
        return;
    }
    if (!p->slow || mono_ms_until(p->slow_at, now) - slowest_ms >= calm_ms) {
        p->slow_from = now;
    }
    p->slow = true;
    p->slow_at = now;
    if (mono_ms_until(p->slow_from, now) <= STRETCH_IDLES * idle_ms) {
        p->ready_at = now;
    }
}

void pace_lost(struct pace *p, struct mono now)
{
    p->ready_at = now;
}
