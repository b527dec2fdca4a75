/* SPDX-License-Identifier: MIT */
/* A price in cents. */
#define AT_PATTERN p.price /= 10000000;
#include "animal.h"
