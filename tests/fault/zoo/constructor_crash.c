/* SPDX-License-Identifier: MIT */
#include "zoo.h"

static int *volatile nowhere;

static void mischief(const ofd_tick *t)
{
    (void)t;
}

/* Runs before anything of it was asked for. */
__attribute__((constructor)) static void begin(void)
{
    *nowhere = 1;
}

ZOO_DETECTOR("constructor_crash")
