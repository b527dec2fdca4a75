/* SPDX-License-Identifier: MIT */
#include "zoo.h"

#include <fcntl.h>
#include <stdlib.h>

static void mischief(const ofd_tick *t)
{
    (void)t;
    if (open("/tmp/orderflow-zoo-was-here", O_WRONLY | O_CREAT, 0600) >= 0) {
        abort();
    }
}

ZOO_DETECTOR("write_file")
