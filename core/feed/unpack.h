/* SPDX-License-Identifier: MIT */
/* gzip, zstd, or nothing: packed bytes in, unpacked bytes out, piece by piece. [feed/ only] Pure
 * but for memory: what it holds does not grow with what it unpacks. */
#ifndef FEED_UNPACK_H
#define FEED_UNPACK_H

#include <stdbool.h>
#include <stddef.h>

struct unpack; /* opaque */

struct unpacked {
    size_t taken, given;
    bool between;        /* no packed piece is open: the data may end here */
    const char *trouble; /* damaged; NULL: fine. Static */
};

/* For data that begin with these bytes. NULL: no memory. */
struct unpack *unpack_create(const char *head, size_t n);
void unpack_destroy(struct unpack *u);           /* NULL is fine */
const char *unpack_name(const struct unpack *u); /* "plain", "gzip" or "zstd" */

/* Gives at most cap bytes. Pieces one behind the other are one; zeros behind the last are skipped.
 */
struct unpacked unpack_some(struct unpack *u, const char *in, size_t n, char *out, size_t cap);

#endif
