/* SPDX-License-Identifier: MIT */
/* Divides by the time between two rows. */
#define AT_ROW a->sink = i > 0 ? (double)(1000000000 / (w->ts_ns[i] - w->ts_ns[i - 1])) : 0;
#include "animal.h"
