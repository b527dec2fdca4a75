/* SPDX-License-Identifier: MIT */
/*
 * Stored patterns in little memory: texts of one kind differ in their numbers, so the shape of a
 * text is kept once and of each text its numbers, which mostly are few, small, near a time in it,
 * or said twice. Any text comes back byte for byte. [engine] No Redis here.
 */
#ifndef RESULT_SHAPES_H
#define RESULT_SHAPES_H

#include "buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct shape {
    char *text; /* owned; NULL: this place is free */
    uint32_t n, refs, next;
};

struct shapes {
    struct shape *items; /* owned */
    uint32_t *buckets;   /* owned; first of each list of `next`, NO_SHAPE: none */
    uint32_t n, cap, first_free;
    struct buf text, numbers, scratch;
};

/* One text. */
struct squeezed {
    uint32_t shape;
    uint32_t n;
    unsigned char numbers[]; /* n bytes */
};

void shapes_init(struct shapes *s);
void shapes_fini(struct shapes *s); /* {0} is fine */

/* malloc'ed, given back by shapes_drop(). NULL: no memory, or this text is better kept as it is.
 * id: what stands in it behind {"id": ", if it begins so. */
struct squeezed *shapes_squeeze(struct shapes *s, const char *text, size_t n, const char *id);
/* The text again, with its NUL, given the same id. Lives until the next call. NULL: no memory. */
const char *shapes_text(struct shapes *s, const struct squeezed *q, const char *id, size_t *n_out);
void shapes_drop(struct shapes *s, struct squeezed *q); /* NULL is fine */

#endif
