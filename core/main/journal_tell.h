/* SPDX-License-Identifier: MIT */
/* What a journal holds, and its quotes as CSV. [orderflow] */
#ifndef MAIN_JOURNAL_TELL_H
#define MAIN_JOURNAL_TELL_H

#include "journal.h"

#include <stdio.h>

/* Segments that were read, and those of which some or all is damaged; not counted is an end that is
 * missing, which is what a kill leaves. Each is told on stderr as it is met, and passed over. */
struct journal_health {
    size_t segments, damaged;
};

/* journal_walk.c: every record of every segment, oldest first, until see() answers false. */
typedef bool journal_record_fn(void *ctx, const struct journal_segment *s, const struct record *r,
                               struct err *err);
MUST_CHECK bool journal_walk(const char *dir, journal_record_fn *see, void *ctx,
                             struct journal_health *health, struct err *err);

/* One line for each session: when, segments, rows, tickers. */
MUST_CHECK bool journal_tell(const char *dir, FILE *out, struct journal_health *health,
                             struct err *err);

/* Every row of the ticker once, in the order in which it was judged, in the format of quote files;
 * read it with --keep-ties. A later session begins with rows of the one before: they are left out.
 * False also when it has none. */
MUST_CHECK bool journal_export(const char *dir, const char *ticker, FILE *out,
                               struct journal_health *health, struct err *err);

#endif
