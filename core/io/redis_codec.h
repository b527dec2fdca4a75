/* SPDX-License-Identifier: MIT */
/*
 * RESP2 in memory: commands out, replies in. hiredis reads the protocol, this file owns what comes
 * of it. [engine, front; never the worker] Pure: no socket, no clock.
 */
#ifndef IO_REDIS_CODEC_H
#define IO_REDIS_CODEC_H

#include "buf.h"
#include "redis.h"

#include <stdarg.h>
#include <stddef.h>

/* Appends one command. lens NULL: NUL-terminated args. Memory failure shows in out->failed. */
void command_put(struct buf *out, int argc, const char *const *argv, const size_t *lens);
/* The same from the format of redis_queuef(). `scratch` holds one word at a time. */
void command_vput(struct buf *out, struct buf *scratch, const char *fmt, va_list ap);

/* The same word by word, written where they stay. */
struct command {
    size_t at; /* where it begins */
    size_t n;  /* words */
};
void command_begin(struct command *c, struct buf *out);
/* Two words: a field's name, NUL-terminated, and its value. */
void command_pair(struct command *c, struct buf *out, const char *name, const char *bytes,
                  size_t n);
void command_word(struct command *c, struct buf *out, const char *bytes, size_t n);
/* Puts the number of words in front. */
void command_end(struct command *c, struct buf *out);
void command_undo(struct command *c, struct buf *out);

/* Decodes replies into memory of its own, all of it given back at the next decoder_expect(). */
struct decoder;

/* max_bytes caps both what is received and what is made of it until the next decoder_expect();
 * max_elements caps one array; arrays nest at most 7 deep. NULL: no memory. */
struct decoder *decoder_create(size_t max_bytes, size_t max_elements);
void decoder_destroy(struct decoder *d);

/* A new connection: forgets half-read bytes. */
MUST_CHECK bool decoder_reset(struct decoder *d, struct err *err);
/* n replies are to come; earlier ones are gone. */
MUST_CHECK bool decoder_expect(struct decoder *d, size_t n, struct err *err);
/* Takes bytes. False when they break the protocol or a cap, or are more than was expected; the
 * connection is then of no further use. */
MUST_CHECK bool decoder_feed(struct decoder *d, const char *bytes, size_t n, struct err *err);
/* Replies that are complete: all that were expected, once decoder_done(). Borrowed until the next
 * decoder_expect(). */
bool decoder_done(const struct decoder *d);
size_t decoder_count(const struct decoder *d);
const struct reply *decoder_replies(const struct decoder *d);

#endif
