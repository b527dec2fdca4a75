/* SPDX-License-Identifier: MIT */
/* The time of no row. */
#define AT_PATTERN p.ts_ns -= 1;
#include "animal.h"
