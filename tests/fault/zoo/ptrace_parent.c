/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "zoo.h"

#include <stdlib.h>
#include <sys/ptrace.h>
#include <unistd.h>

static void mischief(const ofd_tick *t)
{
    (void)t;
    if (ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) == 0) {
        abort();
    }
}

ZOO_DETECTOR("ptrace_parent")
