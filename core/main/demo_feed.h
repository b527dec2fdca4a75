/* SPDX-License-Identifier: MIT */
/* A private redis-server and a thread that plays the sample quotes into it. [orderflow demo, mcp
 * --demo] */
#ifndef MAIN_DEMO_FEED_H
#define MAIN_DEMO_FEED_H

#include "cli.h"
#include "launch.h"

struct demo_feed; /* opaque */

/* Starts both, and points *p (and the environment of programs started from here) to that Redis. The
 * recorded minutes are there at once; after them the tape goes on at its own pace, in a loop. NULL:
 * err. */
struct demo_feed *demo_feed_start(struct program *p, struct err *err);
void demo_feed_stop(struct demo_feed *d); /* NULL is fine */
/* Waits until the recorded minutes are in Redis. */
MUST_CHECK bool demo_feed_ready(struct demo_feed *d, int64_t timeout_ms, struct err *err);

#define DEMO_TICKER "BTCUSDT"
#define NO_CONFIG "/dev/null" /* settings made for a broker would not fit the samples */

#endif
