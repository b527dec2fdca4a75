/* SPDX-License-Identifier: MIT */
/* It can lay memory of its own over the windows: then it deceives itself alone. */
#define _GNU_SOURCE
#include "zoo.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void mischief(const ofd_tick *t)
{
    (void)t;
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t at = (uintptr_t)ofd_window_at(t, 0)->bid_sz & ~(page - 1);
    void *here = mmap((void *)at, page, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    if (here != MAP_FAILED) {
        memset(here, 0x41, page);
    }
}

ZOO_DETECTOR("window_remap")
