/* SPDX-License-Identifier: MIT */
/* Keeps a column for the next call. */
#define MEMBERS const double *before;
#define AT_DETECT               \
    if (a->before != NULL) {    \
        a->sink = a->before[0]; \
    }                           \
    a->before = w->n > 0 ? w->bid_sz : NULL;
#include "animal.h"
