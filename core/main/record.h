/* SPDX-License-Identifier: MIT */
/* A stretch of quotes as a golden case: text that run_golden feeds to a detector. [orderflow] */
#ifndef MAIN_RECORD_H
#define MAIN_RECORD_H

#include "cut.h"

/* Where the quotes come from: a file, or else Redis. */
struct record_source {
    const char *ticker;
    const char *file;           /* NULL: Redis */
    struct import_options from; /* of the file; its ticker is the one above */
    struct redis *redis;        /* borrowed, as the next */
    const struct keys *keys;
    int64_t wall_ms;
};

struct record_span {
    int64_t from_ns; /* 0: the last span_ns before the newest quote */
    int64_t span_ns;
    int64_t px_tick;       /* configured; 0: inferred, as the engine does */
    const char *case_name; /* NULL: made of ticker and time */
};

/* Appends the case: a comment that says what it is, the price step in force at its end, and each
 * quote of [from, from + span) with what the engine found about it (gap, wide, tie), times counted
 * from the first. Reads the source twice. False: no quotes then, or the source cannot be read. */
MUST_CHECK bool record_window(const struct record_source *source, const struct record_span *span,
                              struct buf *out, struct err *err);

#endif
