/* SPDX-License-Identifier: MIT */
#include "zoo.h"

#include <fcntl.h>
#include <stdlib.h>

static void mischief(const ofd_tick *t)
{
    (void)t;
    if (open("/etc/passwd", O_RDONLY) >= 0) {
        abort();
    }
}

ZOO_DETECTOR("open_file")
