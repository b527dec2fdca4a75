/* SPDX-License-Identifier: MIT */
#include "zoo.h"

#include <stdio.h>

static void mischief(const ofd_tick *t)
{
    for (int i = 0; i < 200000; i++) {
        (void)printf("a line for whoever reads standard output, %d of tick %d\n", i, (int)t->seq);
        (void)fprintf(stderr, "and one for standard error\n");
    }
    (void)fflush(stdout);
}

ZOO_DETECTOR("flood")
