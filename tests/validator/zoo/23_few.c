/* SPDX-License-Identifier: MIT */
/* There is always a last row, is there not? */
#define AT_DETECT a->sink = (double)w->ts_ns[w->n - 1];
#include "animal.h"
