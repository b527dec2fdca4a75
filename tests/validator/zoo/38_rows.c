/* SPDX-License-Identifier: MIT */
/* Judges the newest row only, whatever came with it. */
#define ONLY_NEWEST 1
#include "animal.h"
