/* SPDX-License-Identifier: MIT */
/* How many rows of a stretch carry each OFD_ROW_* flag, without looking at every row: running
 * counts, noted at every FLAG_MARK_ROWS-th row. [engine] Pure. */
#ifndef MARKET_WINDOW_FLAGS_H
#define MARKET_WINDOW_FLAGS_H

#include "window.h"

enum { FLAG_KINDS = 8, FLAG_MARK_ROWS = 256 };

struct flag_mark {
    int64_t n[FLAG_KINDS];
};

struct flag_counts {
    struct flag_mark *mark; /* owned; counts of all rows before row (first + i) * FLAG_MARK_ROWS */
    uint64_t first;
    size_t n, cap;
    struct flag_mark now; /* counts of all rows */
};

void flag_counts_fini(struct flag_counts *c);

/* Row seq has these flags; rows before first_seq will not be asked for. False: no memory. */
MUST_CHECK bool flag_counts_push(struct flag_counts *c, uint64_t seq, uint64_t first_seq,
                                 uint32_t flags);

/* Counts over r's rows [from, to). r ends with the last row pushed. */
struct flag_mark flag_counts_read(const struct flag_counts *c, const struct rows *r, size_t from,
                                  size_t to);

#endif
