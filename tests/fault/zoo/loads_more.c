/* SPDX-License-Identifier: MIT */
#include "zoo.h"

#include <dlfcn.h>
#include <stdlib.h>

static void mischief(const ofd_tick *t)
{
    (void)t;
    if (dlopen("libz.so.1", RTLD_NOW) != NULL) {
        abort();
    }
}

ZOO_DETECTOR("loads_more")
