/* SPDX-License-Identifier: MIT */
/* The lines of a file, plain or gzip. [feed/ only] */
#ifndef FEED_LINES_H
#define FEED_LINES_H

#include "value.h"

enum { LINE_MAX_BYTES = 1024 };

struct lines; /* opaque */

/* "-" is standard input. NULL: cannot be opened; err names the path. */
struct lines *lines_open(const char *path, struct err *err);
void lines_close(struct lines *l); /* NULL is fine */

/* The next line without its end (LF or CRLF) and, on the first, without a byte order mark. Borrowed
 * until the next call. False: the end (err->code ERR_NONE), a line above LINE_MAX_BYTES, which is
 * skipped (ERR_INVALID), or a read error, also of a damaged or cut gzip file (ERR_SYSTEM). */
bool lines_next(struct lines *l, struct text *out, struct err *err);
uint64_t lines_number(const struct lines *l); /* of the last line, from 1 */
const char *lines_name(const struct lines *l);
double lines_progress(const struct lines *l); /* 0..1 by bytes of the file; -1 unknown */

#endif
