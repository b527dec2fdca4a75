/* SPDX-License-Identifier: MIT */
/* Rounds a parameter in place. */
#define AT_CREATE                                                \
    volatile double *size = (double *)(uintptr_t)config->params; \
    size[0] += 0;
#include "animal.h"
