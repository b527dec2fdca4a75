/* SPDX-License-Identifier: MIT */
#include "zoo.h"

#include <stdlib.h>
#include <unistd.h>

static void mischief(const ofd_tick *t)
{
    (void)t;
    char name[] = "/bin/true";
    char *argv[] = { name, NULL };
    char *none[] = { NULL };
    (void)execve(name, argv, none);
}

ZOO_DETECTOR("exec")
