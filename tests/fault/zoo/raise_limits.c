/* SPDX-License-Identifier: MIT */
#include "zoo.h"

#include <stdlib.h>
#include <sys/resource.h>

static void mischief(const ofd_tick *t)
{
    (void)t;
    struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
    if (setrlimit(RLIMIT_DATA, &all) == 0 || setrlimit(RLIMIT_NPROC, &all) == 0) {
        abort();
    }
}

ZOO_DETECTOR("raise_limits")
