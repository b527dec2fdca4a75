/* SPDX-License-Identifier: MIT */
/* One level-1 quote of one ticker. [any] Pure. */
#ifndef MARKET_QUOTE_H
#define MARKET_QUOTE_H

#include <stdbool.h>
#include <stdint.h>

enum { TICKER_MAX = 33 }; /* bytes with NUL: 1-32 of A-Z a-z 0-9 . _ - / ^ = */

/* A side is absent when its price or size is 0; then both are 0. */
struct quote {
    int64_t ts_ns;          /* UTC */
    int64_t bid_px, ask_px; /* 1e-9 currency units */
    double bid_sz, ask_sz;  /* the ticker's size unit; finite, >= 0 */
    uint32_t flags;         /* OFD_ROW_* known before the window sees it: OFD_ROW_TIE or 0 */
    uint32_t reserved;
};

/* True for 1-32 characters of the set above. */
bool ticker_valid(const char *text);

#endif
