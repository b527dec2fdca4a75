/* SPDX-License-Identifier: MIT */
/* The memory that one call of detect() is shown. [orderflow-check] */
#ifndef CHECK_RIG_VIEW_H
#define CHECK_RIG_VIEW_H

#include "rig.h"

/* Tick and windows of one call. */
struct shown {
    ofd_tick tick;
    ofd_window windows[RIG_WINDOWS_MAX];
    const ofd_tick *at; /* the tick to pass: this one, or a copy in guarded memory */
    size_t first_region;
};

void shown_open(struct shown *s, const struct rig *r, const struct reel *t, size_t n,
                size_t first_new, int64_t now_ns, uint32_t flags);
void shown_close(struct shown *s, const struct rig *r); /* memory that is to go, goes */

/* A copy of bytes in pages of their own, with a name for faults. NULL: no memory. */
void *page_copy(struct probe *p, const char *name, const void *bytes, size_t n);
void pages_set(struct probe *p, size_t first_region, enum region_state state);

#endif
