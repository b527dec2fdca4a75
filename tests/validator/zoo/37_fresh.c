/* SPDX-License-Identifier: MIT */
/* A running count that is not rebuilt from the rows before. */
#define MEMBERS double run;
#define AT_ROW a->run = w->bid_sz[i] > a->size ? a->run + 1 : 0;
#define AT_PATTERN p.value += a->run < 60 ? a->run : 60;
#include "animal.h"
