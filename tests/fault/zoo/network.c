/* SPDX-License-Identifier: MIT */
#include "zoo.h"

#include <stdlib.h>
#include <sys/socket.h>

static void mischief(const ofd_tick *t)
{
    (void)t;
    if (socket(AF_INET, SOCK_STREAM, 0) >= 0 || socket(AF_UNIX, SOCK_DGRAM, 0) >= 0) {
        abort();
    }
}

ZOO_DETECTOR("network")
