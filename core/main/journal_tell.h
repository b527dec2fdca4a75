/* SPDX-License-Identifier: MIT */
/* What a journal holds, and its quotes as CSV. [orderflow] */
#ifndef MAIN_JOURNAL_TELL_H
#define MAIN_JOURNAL_TELL_H

#include "journal.h"

#include <stdio.h>

/* One line for each session: when, segments, rows, tickers; and for each damage. */
MUST_CHECK bool journal_tell(const char *dir, FILE *out, struct err *err);

/* Every row of the ticker once, in the order in which it was judged, in the format of quote files;
 * read it with --keep-ties. A later session begins with rows of the one before: they are left out.
 * False also when it has none. */
MUST_CHECK bool journal_export(const char *dir, const char *ticker, FILE *out, struct err *err);

#endif
