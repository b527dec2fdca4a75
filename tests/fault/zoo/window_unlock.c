/* SPDX-License-Identifier: MIT */
#include "zoo.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static void mischief(const ofd_tick *t)
{
    (void)t;
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t at = (uintptr_t)ofd_window_at(t, 0)->bid_sz & ~(page - 1);
    if (mprotect((void *)at, page, PROT_READ | PROT_WRITE) == 0) {
        double *size = (double *)(uintptr_t)ofd_window_at(t, 0)->bid_sz;
        size[0] = 1e9;
        abort();
    }
}

ZOO_DETECTOR("window_unlock")
