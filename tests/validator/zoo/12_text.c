/* SPDX-License-Identifier: MIT */
/* Two numbers are no semantic version. */
#define VERSION "1.0"
#include "animal.h"
