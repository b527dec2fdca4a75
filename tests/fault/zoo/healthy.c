/* SPDX-License-Identifier: MIT */
#include "zoo.h"

static void mischief(const ofd_tick *t)
{
    (void)t;
}

ZOO_DETECTOR("healthy")
