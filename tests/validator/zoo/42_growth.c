/* SPDX-License-Identifier: MIT */
/* Forgets a block at each tick, once it has warmed up. */
#define AT_DETECT                         \
    if (t->seq > 20) {                    \
        void *volatile lost = malloc(40); \
        (void)lost;                       \
    }
#include "animal.h"
