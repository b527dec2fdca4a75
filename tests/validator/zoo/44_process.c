/* SPDX-License-Identifier: MIT */
/* Rounds upward, and leaves it at that. */
#include <fenv.h>
#define AT_DETECT (void)fesetround(FE_UPWARD);
#include "animal.h"
