/* SPDX-License-Identifier: MIT */
/* The strength is not a number. */
#include <math.h>
#define AT_PATTERN p.value = NAN;
#include "animal.h"
