/* SPDX-License-Identifier: MIT */
/* The bytes of a file or of standard input: plain, gzip or zstd, told apart by how they begin.
 * Never more than a few hundred KB of them are in memory. [feed/ only] */
#ifndef FEED_INPUT_H
#define FEED_INPUT_H

#include "value.h"

enum { INPUT_SEEN_MAX = 256 << 10 };

struct input; /* opaque */

/* "-" is standard input. NULL: cannot be opened; err names the path. */
struct input *input_open(const char *path, struct err *err);
/* The same over bytes in memory, borrowed until input_close(). */
struct input *input_open_bytes(const void *bytes, size_t n, const char *name, struct err *err);
void input_close(struct input *in); /* NULL is fine */

/* The bytes read and not yet taken; borrowed until the next call of another function. */
struct text input_seen(const struct input *in);
/* All that is left has been seen. */
bool input_ended(const struct input *in);
/* Reads on behind what is seen; that must not be INPUT_SEEN_MAX bytes already. False: it cannot be
 * read, or what is packed is damaged or cut short (ERR_SYSTEM; err names the file, not the place).
 */
MUST_CHECK bool input_more(struct input *in, struct err *err);
/* Reads on until at least n bytes are seen or the end is. */
MUST_CHECK bool input_want(struct input *in, size_t n, struct err *err);
void input_take(struct input *in, size_t n); /* n: of those seen */

uint64_t input_taken(const struct input *in); /* bytes, unpacked */
const char *input_name(const struct input *in);
const char *input_packing(const struct input *in); /* "plain", "gzip" or "zstd" */
double input_progress(const struct input *in);     /* 0..1 by bytes of the file; -1 unknown */

#endif
