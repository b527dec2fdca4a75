/* SPDX-License-Identifier: MIT */
/* Does Redis answer readily, so that a read that brings nothing says that there is nothing? Pure.
 * [engine] */
#ifndef MAIN_PACE_H
#define MAIN_PACE_H

#include "clock.h"

struct pace {                       /* { 0 }: it has answered readily ever since */
    struct mono ready_at;           /* since when it does */
    struct mono slow_from, slow_at; /* of the last stretch of slow answers, its first and last */
    bool slow;                      /* there was one */
};

/* The slowest answer since the last call took slowest_ms. A slow one (more than a quarter of
 * idle_ms) is a stall: p->ready_at is now. With less than calm_ms between them slow answers are one
 * stretch, and after 2 idle_ms of it they are how this Redis is: ready_at stays. */
void pace_note(struct pace *p, int64_t slowest_ms, int64_t idle_ms, int64_t calm_ms,
               struct mono now);
/* It did not answer at all. */
void pace_lost(struct pace *p, struct mono now);

#endif
