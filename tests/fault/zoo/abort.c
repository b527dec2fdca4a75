/* SPDX-License-Identifier: MIT */
#include "zoo.h"

#include <stdlib.h>

static void mischief(const ofd_tick *t)
{
    (void)t;
    abort();
}

ZOO_DETECTOR("abort")
