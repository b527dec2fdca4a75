/* SPDX-License-Identifier: MIT */
/* There is no third side. */
#define AT_PATTERN p.side = 3;
#include "animal.h"
