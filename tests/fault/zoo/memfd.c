/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "zoo.h"

#include <stdlib.h>
#include <sys/mman.h>

static void mischief(const ofd_tick *t)
{
    (void)t;
    if (memfd_create("mine", 0) >= 0) {
        abort();
    }
}

ZOO_DETECTOR("memfd")
