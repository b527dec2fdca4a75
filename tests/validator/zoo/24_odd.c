/* SPDX-License-Identifier: MIT */
/* Divides by the spread in ticks. */
#define AT_ROW a->sink = (double)(1000 / ((w->ask_px[i] - w->bid_px[i]) / t->px_tick));
#include "animal.h"
