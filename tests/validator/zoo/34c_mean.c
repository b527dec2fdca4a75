/* SPDX-License-Identifier: MIT */
/* Its price is the mean of both sides, weighted by their sizes. */
#define AT_PATTERN                                                                            \
    p.price = w->bid_px[i] + (int64_t)((double)(w->ask_px[i] - w->bid_px[i]) * w->bid_sz[i] / \
                                       (w->bid_sz[i] + w->ask_sz[i] + 1));
#include "animal.h"
