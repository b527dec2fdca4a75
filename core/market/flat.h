/* SPDX-License-Identifier: MIT */
/*
 * One level of a JSON object or list as ranges of its text: what the engine writes, read in one
 * pass and without memory of its own. Nested values are checked and left as they stand. [any] Pure.
 *
 * Only plain text is taken: no escapes, ASCII, at most FLAT_MAX members of 15 levels, names of at
 * most 255 bytes, numbers of at most 60. The rest of JSON is for a general reader; where both read,
 * they agree.
 */
#ifndef MARKET_FLAT_H
#define MARKET_FLAT_H

#include "err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FLAT_MAX = 48 };

enum flat_kind { FLAT_NUMBER, FLAT_TEXT, FLAT_OBJECT, FLAT_LIST, FLAT_OTHER /* null true false */ };

struct flat_item {
    const char *name; /* name_n bytes; NULL in a list */
    const char *raw;  /* raw_n bytes: of a text what stands between the quotes, else the value */
    uint64_t head;    /* the first bytes of the name, for comparing */
    uint32_t raw_n;
    uint8_t name_n, kind;
};

struct flat {
    int n;
    int next;      /* where flat_get() looks first: members are asked for in their order */
    bool distinct; /* no two names are alike; false: perhaps */
    struct flat_item items[FLAT_MAX]; /* those from n on hold nothing */
};

/* All n bytes as an object, or a list. False: leave it to a general reader. The items point into
 * the text. */
MUST_CHECK bool flat_object(struct flat *out, const char *text, size_t n);
MUST_CHECK bool flat_list(struct flat *out, const char *text, size_t n);

/* The first member of that name, NULL if there is none. */
const struct flat_item *flat_get(struct flat *f, const char *name);

/* The value of a number as strtod() reads it. */
double flat_number(const struct flat_item *item);
/* It is the shortest text of its double: whole or with at most 15 digits, no zero to leave out. */
bool flat_is_shortest(const struct flat_item *item);

#endif
