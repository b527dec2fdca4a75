/* SPDX-License-Identifier: MIT */
#include "heap.h"

#include <stdlib.h>

#ifdef __GLIBC__
#include <malloc.h>

enum { LARGE_BYTES = 256 << 10 };

void heap_setup(void)
{
    (void)mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
    (void)mallopt(M_TRIM_THRESHOLD, 2 * LARGE_BYTES);
}

void heap_trim(void)
{
    (void)malloc_trim(0);
}
#else
void heap_setup(void)
{
}

void heap_trim(void)
{
}
#endif
