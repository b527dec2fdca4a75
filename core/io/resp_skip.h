/* SPDX-License-Identifier: MIT */
/* Where a RESP2 reply ends, and the strings of a flat one; nothing is copied. [io/ only] Pure. */
#ifndef IO_RESP_SKIP_H
#define IO_RESP_SKIP_H

#include <stddef.h>

enum resp { RESP_WHOLE, RESP_PART, RESP_BROKEN };

/* Length of the first reply of n bytes. */
enum resp resp_length(const char *bytes, size_t n, size_t *length_out);

struct resp_string {
    const char *p; /* borrowed; not terminated */
    size_t n;
};
/* The elements of a whole reply that is an array of strings: how many there are, at most `max`. 0:
 * it is something else. */
size_t resp_strings(const char *bytes, size_t n, struct resp_string *out, size_t max);

#endif
