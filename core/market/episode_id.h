/* SPDX-License-Identifier: MIT */
/* The name of an episode: made from what it is, so that whoever sees it calls it the same. [any]
 * Pure. */
#ifndef MARKET_EPISODE_ID_H
#define MARKET_EPISODE_ID_H

#include "episode.h"

/* 16 hex digits of a 64-bit hash of ticker and e's detector, kind, side, price and onset. */
void episode_id(const struct episode *e, const char *ticker, char out[EPISODE_ID_MAX]);

#endif
