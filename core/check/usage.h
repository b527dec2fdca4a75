/* SPDX-License-Identifier: MIT */
/* What this process holds just now. [orderflow-check] 0 where the system does not tell. */
#ifndef CHECK_USAGE_H
#define CHECK_USAGE_H

#include <stddef.h>

struct usage {
    size_t heap_bytes, resident_bytes, descriptors, threads;
};

struct usage usage_now(void);

#endif
