/* SPDX-License-Identifier: MIT */
/* The row's number decides. */
#define AT_PATTERN p.value += (double)((w->first_seq + i) >> 17);
#include "animal.h"
