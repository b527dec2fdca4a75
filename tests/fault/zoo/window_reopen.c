/* SPDX-License-Identifier: MIT */
#include "zoo.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

static void mischief(const ofd_tick *t)
{
    (void)t;
    char path[64];
    for (int fd = 3; fd < 32; fd++) {
        (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        if (open(path, O_RDWR) >= 0 ||
            mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) != MAP_FAILED) {
            abort();
        }
    }
}

ZOO_DETECTOR("window_reopen")
