/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "zoo.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

static void mischief(const ofd_tick *t)
{
    (void)t;
    char path[64];
    char byte = 0;
    struct iovec here = { &byte, 1 }, there = { &byte, 1 };
    (void)snprintf(path, sizeof path, "/proc/%ld/mem", (long)getppid());
    if (open(path, O_RDWR) >= 0 || open("/proc/self/mem", O_RDWR) >= 0 ||
        process_vm_writev(getppid(), &here, 1, &there, 1, 0) > 0) {
        abort();
    }
}

ZOO_DETECTOR("parent_memory")
