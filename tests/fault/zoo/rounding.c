/* SPDX-License-Identifier: MIT */
#include "zoo.h"

#include <fenv.h>

static void mischief(const ofd_tick *t)
{
    (void)t;
    (void)fesetround(FE_UPWARD);
    (void)feraiseexcept(FE_ALL_EXCEPT);
}

ZOO_DETECTOR("rounding")
