/* SPDX-License-Identifier: MIT */
#include "zoo.h"

void defined_nowhere(void);

static void mischief(const ofd_tick *t)
{
    (void)t;
    defined_nowhere();
}

ZOO_DETECTOR("missing_symbol")
