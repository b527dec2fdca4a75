/* SPDX-License-Identifier: MIT */
/* What one build of a detector did that counts towards its quarantine. Pure. [engine] */
#ifndef DETECT_STRIKES_H
#define DETECT_STRIKES_H

#include "clock.h"

#include <stddef.h>
#include <stdint.h>

enum { STRIKES_MAX = 16, STRIKE_TEXT_MAX = 256 };

struct strike {
    struct mono at;
    int64_t wall_ns; /* for people */
    char text[STRIKE_TEXT_MAX];
};

/* {0} is none. The oldest first; when full the oldest goes. */
struct strikes {
    struct strike items[STRIKES_MAX];
    size_t n;
};

/* Forgets those older than within_ms, adds one, and returns how many there are now. */
size_t strikes_add(struct strikes *s, struct now now, int64_t within_ms, const char *text);

#endif
