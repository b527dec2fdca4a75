/* SPDX-License-Identifier: MIT */
/* Corrects the data it is shown. */
#define AT_DETECT                                               \
    if (w->n > 0) {                                             \
        volatile double *size = (double *)(uintptr_t)w->bid_sz; \
        size[0] = size[0] < 0 ? 0 : size[0];                    \
        size[0] += 0;                                           \
    }
#include "animal.h"
