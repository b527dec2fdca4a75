/* SPDX-License-Identifier: MIT */
/* [feed/ only] Pure. */
#ifndef FEED_ROW_FAST_H
#define FEED_ROW_FAST_H

#include "feed.h"

/* Fills quote and seq of *out from a member of exactly the layout of row_to_json(). False: it is of
 * another, or is perhaps wrong; *out is then undefined and row_from_json() must read it. True: it
 * would read the same. */
MUST_CHECK bool row_fast(const char *text, size_t n, double score_ms, const char *ticker,
                         struct row *out);

#endif
