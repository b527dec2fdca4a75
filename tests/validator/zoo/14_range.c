/* SPDX-License-Identifier: MIT */
/* The default is not on the step: 8000 is no multiple of 3. */
#define PARAM_STEP 3
#include "animal.h"
