/* SPDX-License-Identifier: MIT */
#include "zoo.h"

#include <stdlib.h>

static void mischief(const ofd_tick *t)
{
    (void)t;
}

__attribute__((constructor)) static void begin(void)
{
    _Exit(0);
}

ZOO_DETECTOR("constructor_exit")
