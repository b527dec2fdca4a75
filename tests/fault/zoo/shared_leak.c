/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "zoo.h"

#include <string.h>
#include <sys/mman.h>

static void mischief(const ofd_tick *t)
{
    (void)t;
    for (int i = 0; i < 100000; i++) {
        void *block =
            mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (block == MAP_FAILED) {
            return; /* the limit: the rest of its work needs none */
        }
        memset(block, 1, 1 << 20);
    }
}

ZOO_DETECTOR("shared_leak")
