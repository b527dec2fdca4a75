/* SPDX-License-Identifier: MIT */
/* The constructor takes its time. */
#include <time.h>

#include "animal.h"

__attribute__((constructor)) static void dawdle(void)
{
    const struct timespec t = { .tv_nsec = 150000000 };
    (void)nanosleep(&t, NULL);
}
