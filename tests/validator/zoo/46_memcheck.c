/* SPDX-License-Identifier: MIT */
/* Decides by a byte that was never written. */
#define AT_CREATE                              \
    volatile char *scratch = malloc(16);       \
    if (scratch != NULL && scratch[3] == 77) { \
        a->sink = 1;                           \
    }                                          \
    free((void *)(uintptr_t)scratch);
#include "animal.h"
