/* SPDX-License-Identifier: MIT */
/* Writing JSON member by member. [front] Pure. */
#ifndef SERVE_JPUT_H
#define SERVE_JPUT_H

#include "buf.h"

#include <stdbool.h>
#include <stdint.h>

/* An object or array that is being written; what is opened must be closed. */
struct jput {
    struct buf *out;
    int n; /* members so far */
    char close;
};

/* key NULL: an element of an array (or the root). */
struct jput jput_object(struct jput *in, const char *key);
struct jput jput_array(struct jput *in, const char *key);
void jput_close(struct jput *p);

void jput_text(struct jput *p, const char *key, const char *text);
void jput_int(struct jput *p, const char *key, int64_t x);
void jput_bool(struct jput *p, const char *key, bool x);
void jput_null(struct jput *p, const char *key);
/* Four digits, more for large numbers; null when it is not finite. */
void jput_real(struct jput *p, const char *key, double x);
/* A price as a number, with at least so many decimals. */
void jput_px(struct jput *p, const char *key, int64_t px, int decimals);
void jput_raw(struct jput *p, const char *key, const char *json, size_t n);

#endif
