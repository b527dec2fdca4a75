/* SPDX-License-Identifier: MIT */
/* Rounds upward as long as it lives. */
#include <fenv.h>
#define AT_CREATE (void)fesetround(FE_UPWARD);
#define AT_DESTROY (void)fesetround(FE_TONEAREST);
#include "animal.h"
