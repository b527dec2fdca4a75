/* SPDX-License-Identifier: MIT */
#include "zoo.h"

#include <stdlib.h>
#include <unistd.h>

static void mischief(const ofd_tick *t)
{
    (void)t;
    if (chdir("/tmp") == 0) {
        abort();
    }
}

ZOO_DETECTOR("chdir")
