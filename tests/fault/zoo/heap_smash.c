/* SPDX-License-Identifier: MIT */
#include "zoo.h"

#include <stdlib.h>
#include <string.h>

static void mischief(const ofd_tick *t)
{
    (void)t;
    char *block = malloc(64);
    char *behind = malloc(64);
    volatile size_t n = 256;
    if (block != NULL && behind != NULL) {
        memset(block, 0x41, n);
    }
    free(behind);
    free(block);
    abort();
}

ZOO_DETECTOR("heap_smash")
