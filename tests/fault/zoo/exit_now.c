/* SPDX-License-Identifier: MIT */
#include "zoo.h"

#include <unistd.h>

static void mischief(const ofd_tick *t)
{
    (void)t;
    _exit(0);
}

ZOO_DETECTOR("exit_now")
