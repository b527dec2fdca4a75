/* SPDX-License-Identifier: MIT */
/* The constructor looks for a settings file. */
#include <stdio.h>

#include "animal.h"

__attribute__((constructor)) static void look(void)
{
    FILE *f = fopen("/etc/animal.conf", "r");
    if (f != NULL) {
        (void)fclose(f);
    }
}
