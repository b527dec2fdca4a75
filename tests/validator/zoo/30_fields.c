/* SPDX-License-Identifier: MIT */
/* A real that travels as a whole number. */
#define AT_PATTERN                   \
    ev[0].i = (int64_t)w->bid_sz[i]; \
    ev[0].f = 0;
#include "animal.h"
