/* SPDX-License-Identifier: MIT */
/* The ticker somebody meant. [front] */
#ifndef SERVE_FIND_H
#define SERVE_FIND_H

#include "answer.h"
#include "keys.h"
#include "redis.h"

/* Looks through the quotes keys for a->ticker without regard to case. Found: true in *found_out and
 * its spelling in a->ticker. Not found: the tickers most like it in a->suggestions. Stops after
 * limit_ms, with what it has seen. False: Redis failed. */
MUST_CHECK bool find_ticker(struct redis *redis, const struct keys *keys, int64_t limit_ms,
                            struct answer *a, bool *found_out, struct err *err);

#endif
