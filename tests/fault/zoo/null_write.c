/* SPDX-License-Identifier: MIT */
#include "zoo.h"

static int *volatile nowhere;

static void mischief(const ofd_tick *t)
{
    (void)t;
    *nowhere = 1;
}

ZOO_DETECTOR("null_write")
