/* SPDX-License-Identifier: MIT */
/* A parameter that is called like a key of the host. */
#define PARAM_KEY "min_hold_ms"
#include "animal.h"
