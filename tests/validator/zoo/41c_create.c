/* SPDX-License-Identifier: MIT */
/* Reads a file of its own when it is made. */
#include <stdio.h>
#define AT_CREATE                             \
    FILE *f = fopen("/etc/animal.conf", "r"); \
    if (f != NULL) {                          \
        (void)fclose(f);                      \
    }
#include "animal.h"
