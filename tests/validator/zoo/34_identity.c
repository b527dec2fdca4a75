/* SPDX-License-Identifier: MIT */
/* The level hops between bid and ask. */
#define AT_PATTERN p.price = w->ts_ns[i] / 1000000 % 2 == 0 ? w->bid_px[i] : w->ask_px[i];
#include "animal.h"
