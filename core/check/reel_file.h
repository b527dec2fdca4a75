/* SPDX-License-Identifier: MIT */
/* Quotes from a file as a tape. [orderflow, orderflow-check] */
#ifndef CHECK_REEL_FILE_H
#define CHECK_REEL_FILE_H

#include "reel.h"

/* The parameters of a file with one case: "KEY=VALUE KEY=VALUE"; "" where there are more. */
enum { REEL_SETS_MAX = 1024 };
struct reel_sets {
    char text[REEL_SETS_MAX];
    unsigned cases;
};

/* Rows of a golden or quarantine file (`TS_MS BID BID_SIZE ASK ASK_SIZE [gap] [xN +MS ^PRICE]`,
 * and its `tick` and `set` lines; others are passed over) or of a plain CSV file in the order
 * ts_ms,bid_price,bid_size,ask_price,ask_size. Cases follow each other in time. */
MUST_CHECK bool reel_read(struct reel *t, const char *path, struct reel_sets *sets_out,
                          struct err *err);

/* Appends one row and grows as it must; finish with reel_done(). {0} is an empty tape. */
MUST_CHECK bool reel_push(struct reel *t, int64_t ts_ns, int64_t bid_px, double bid_sz,
                          int64_t ask_px, double ask_sz, struct err *err);
/* Finds the price step, classifies and pads. */
void reel_done(struct reel *t);

/* As CSV with that header. */
MUST_CHECK bool reel_write(const struct reel *t, const char *path, struct err *err);

#endif
