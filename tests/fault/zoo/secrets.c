/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "zoo.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

extern char **environ;

static void mischief(const ofd_tick *t)
{
    (void)t;
    for (char **at = environ; *at != NULL; at++) {
        if (strstr(*at, "PASSWORD") != NULL || strstr(*at, "REDIS") != NULL ||
            strstr(*at, "HOME=") != NULL) {
            abort();
        }
    }
    if (open("/proc/self/environ", O_RDONLY) >= 0 || open("/proc/1/environ", O_RDONLY) >= 0) {
        abort();
    }
}

ZOO_DETECTOR("secrets")
