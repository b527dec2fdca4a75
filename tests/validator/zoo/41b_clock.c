/* SPDX-License-Identifier: MIT */
/* Looks at the clock on the wall, which needs no system call. */
#include <time.h>
#define AT_DETECT a->sink = (double)time(NULL);
#include "animal.h"
