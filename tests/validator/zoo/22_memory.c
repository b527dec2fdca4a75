/* SPDX-License-Identifier: MIT */
/* The second allocation is taken for granted. */
#define MEMBERS volatile char *extra;
#define AT_CREATE           \
    a->extra = malloc(100); \
    a->extra[0] = 1;
#define AT_DESTROY free((void *)(uintptr_t)a->extra);
#include "animal.h"
