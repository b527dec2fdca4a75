/* SPDX-License-Identifier: MIT */
/* A quote file as the quotes that the engine would see of it: in order, ties collapsed. [feed/
 * only]
 */
#ifndef FEED_TAPE_H
#define FEED_TAPE_H

#include "import.h"

struct tape {
    const char *path; /* borrowed; this and the next two are set by the caller */
    struct import_options from;
    bool log_notes;        /* what is of note, at the end */
    struct import *import; /* owned */
    struct stream *stream; /* owned */
    bool ended;            /* the file is read to its end */
    bool has_next;
    struct quote next;
    uint64_t malformed; /* rows, since it was opened */
};

/* Opens the file and reads up to its first quote; opened before, it begins again. False:
 * tape_close() is still due. */
MUST_CHECK bool tape_open(struct tape *t, struct err *err);
void tape_close(struct tape *t); /* {0} is fine */
/* Moves on to the next quote; has_next is false behind the last. A malformed row is skipped and
 * counted. False: the file cannot be read on. */
MUST_CHECK bool tape_advance(struct tape *t, struct err *err);

/* Time of the earliest and latest quote; reads the file once. False: unreadable, or no quote in it.
 */
struct tape_extent {
    int64_t first_ns, last_ns;
    uint64_t quotes, malformed;
};
MUST_CHECK bool tape_measure(const char *path, const struct import_options *from,
                             struct tape_extent *out, struct err *err);

#endif
