/* SPDX-License-Identifier: MIT */
/* It needs a library that is not of the system. */
int side_library(int x);
#define AT_CREATE a->sink = side_library(1);
#include "animal.h"
