/* SPDX-License-Identifier: MIT */
/* Quotes from a file as a tape. [orderflow, orderflow-check] */
#ifndef CHECK_TAPE_FILE_H
#define CHECK_TAPE_FILE_H

#include "tape.h"

/* Rows of a golden or quarantine file (`TS_MS BID BID_SIZE ASK ASK_SIZE [gap] [xN +MS ^PRICE]`,
 * other lines are passed over) or of a plain CSV file in the order
 * ts_ms,bid_price,bid_size,ask_price,ask_size. Cases follow each other in time. */
MUST_CHECK bool tape_read(struct tape *t, const char *path, struct err *err);

/* As CSV with that header. */
MUST_CHECK bool tape_write(const struct tape *t, const char *path, struct err *err);

#endif
