/* SPDX-License-Identifier: MIT */
#include "zoo.h"

#include <stdlib.h>
#include <unistd.h>

static void mischief(const ofd_tick *t)
{
    (void)t;
    char byte;
    if (read(0, &byte, 1) != 0) {
        abort();
    }
}

ZOO_DETECTOR("stdin_read")
