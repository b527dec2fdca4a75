/* SPDX-License-Identifier: MIT */
/* The size before is kept for all instances together. */
#include <stdint.h>

static struct {
    uint64_t stop;
    double before;
} last;
#define AT_DETECT                                                         \
    if (last.stop != w->first_seq + w->first_new) {                       \
        last.before = w->first_new > 0 ? w->bid_sz[w->first_new - 1] : 0; \
    }                                                                     \
    last.stop = w->first_seq + w->n;
#define AT_ROW               \
    a->before = last.before; \
    last.before = w->bid_sz[i];
#define MEMBERS double before;
#define AT_PATTERN p.value += a->before > 5000 ? 1 : 0;
#include "animal.h"
