/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "zoo.h"

#include <stdlib.h>
#include <sys/mman.h>

static void mischief(const ofd_tick *t)
{
    (void)t;
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED || mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0 ||
        mmap(NULL, 4096, PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED) {
        abort();
    }
}

ZOO_DETECTOR("code_memory")
