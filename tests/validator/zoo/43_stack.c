/* SPDX-License-Identifier: MIT */
/* A large array on the stack. */
#define AT_DETECT                                      \
    volatile char scratch[300 << 10];                  \
    for (size_t k = 0; k < sizeof scratch; k += 512) { \
        scratch[k] = 1;                                \
    }
#include "animal.h"
