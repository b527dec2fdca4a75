/* SPDX-License-Identifier: MIT */
/* All quotes of one ticker, in order, as the engine would see them: ties collapsed, repeats and
 * malformed ones left out. [orderflow record] */
#ifndef FEED_CUT_H
#define FEED_CUT_H

#include "import.h"
#include "keys.h"
#include "redis.h"

/* Takes one quote; false with err set ends the reading. */
typedef bool cut_quote_fn(void *ctx, const struct quote *q, struct err *err);

/* From a quote file. False: it cannot be read, has no quote, or take() said so. */
MUST_CHECK bool cut_file(const char *path, const struct import_options *from, cut_quote_fn *take,
                         void *ctx, struct err *err);
/* From what Redis holds up to wall_ms. False: Redis is away or refuses, has none, or take() said
 * so. */
MUST_CHECK bool cut_redis(struct redis *redis, const struct keys *keys, const char *ticker,
                          int64_t wall_ms, cut_quote_fn *take, void *ctx, struct err *err);

#endif
