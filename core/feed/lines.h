/* SPDX-License-Identifier: MIT */
/* The lines of an input. [feed/ only] */
#ifndef FEED_LINES_H
#define FEED_LINES_H

#include "input.h"

enum { LINE_MAX_BYTES = 8192 };

struct lines; /* opaque */

/* Takes lines from where the input stands, which is borrowed. NULL: no memory. */
struct lines *lines_create(struct input *in);
void lines_destroy(struct lines *l); /* NULL is fine */

/* The next line without its end (LF or CRLF) and, on the first, without a byte order mark. Borrowed
 * until the next call. False: the end (err->code ERR_NONE), a line above LINE_MAX_BYTES, which is
 * skipped (ERR_INVALID), or what input_more() says. */
bool lines_next(struct lines *l, struct text *out, struct err *err);
uint64_t lines_number(const struct lines *l); /* of the last line, from 1 */

#endif
