/* SPDX-License-Identifier: MIT */
/* Goes on after OFD_LIMIT. */
#define STOPS(answer) ((answer) > 0)
#include "animal.h"
