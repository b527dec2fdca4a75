/* SPDX-License-Identifier: MIT */
/* The size of an element says less than the element holds. */
#define KIND_SIZE 8
#include "animal.h"
