/* SPDX-License-Identifier: MIT */
/* A growable byte buffer that cannot outgrow its cap. [any] */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "err.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Once an append fails (cap reached, no memory) the buffer is `failed` and ignores all that
 * follows, so a writer may check once at the end. data is always NUL-terminated when not NULL. */
struct buf {
    char *data; /* owned; NULL until the first append */
    size_t len; /* bytes, without the NUL */
    size_t cap_bytes;
    size_t max_bytes;
    bool failed;
    uint8_t small; /* times in a row that little of a large memory was used; */
    size_t most;   /* and the most of that */
};

void buf_init(struct buf *b, size_t max_bytes);
void buf_fini(struct buf *b); /* {0} is fine */
/* Forgets `failed` and what is in it. Keeps the memory; only of a large one that has been used
 * little again and again, most goes. */
void buf_clear(struct buf *b);
/* What it has beyond twice of what is in it goes; all if there is nothing. */
void buf_trim(struct buf *b);

void buf_add_slowly(struct buf *b, const void *bytes, size_t n); /* what buf_add() falls back to */

static inline void buf_add(struct buf *b, const void *bytes, size_t n)
{
    if (b->failed || bytes == NULL || n == 0 || n >= b->cap_bytes - b->len) {
        buf_add_slowly(b, bytes, n);
        return;
    }
    memcpy(b->data + b->len, bytes, n);
    b->len += n;
    b->data[b->len] = '\0';
}

static inline void buf_puts(struct buf *b, const char *text)
{
    buf_add(b, text, strlen(text));
}

static inline void buf_putc(struct buf *b, char c)
{
    buf_add(b, &c, 1);
}

void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Appends text with <>&"' and control characters escaped for XML 1.0, in elements and attributes.
 * Invalid UTF-8, and what XML 1.0 cannot express, becomes U+FFFD. */
void buf_xml(struct buf *b, const char *text);
/* Appends text as a JSON string, with its quotes; invalid UTF-8 becomes U+FFFD. */
void buf_json(struct buf *b, const char *text, size_t n);

/* Drops the first n bytes (n <= len). */
void buf_drop(struct buf *b, size_t n);
char *buf_room_slowly(struct buf *b, size_t n); /* what buf_room() falls back to */

/* Makes room for n more bytes and returns where they go, or NULL. Advance len yourself; the NUL
 * behind it is yours, too, until the next append. */
static inline char *buf_room(struct buf *b, size_t n)
{
    return !b->failed && n < b->cap_bytes - b->len ? b->data + b->len : buf_room_slowly(b, n);
}

#endif
