/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "zoo.h"

#include <stdlib.h>
#include <unistd.h>

static void mischief(const ofd_tick *t)
{
    (void)t;
    if (setuid(0) == 0 && t->seq != 0 && geteuid() != 0) {
        abort();
    }
    if (setuid(4242) == 0 || chroot("/tmp") == 0) {
        abort();
    }
}

ZOO_DETECTOR("become_root")
