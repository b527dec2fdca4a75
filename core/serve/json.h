/* SPDX-License-Identifier: MIT */
/* A strict JSON reader that leaves the text as it is: values are spans of it. [front]
 *
 * Message ids must be echoed byte for byte, prices must stay decimal text and stored patterns are
 * handed on as they lie, so nothing is converted before somebody asks. Everything RFC 8259 forbids
 * is refused, and invalid UTF-8; nesting and number of values are capped before any memory is
 * spent on them. Of duplicate keys the first counts. */
#ifndef SERVE_JSON_H
#define SERVE_JSON_H

#include "err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { JSON_DEPTH_MAX = 128, JSON_VALUES_MAX = 1 << 18 };

enum json_type {
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
};

struct json_value {
    enum json_type type;
    uint32_t at, len; /* its text, quotes and brackets included */
    uint32_t n;       /* elements or members */
    uint32_t skip;    /* values of the subtree, itself included */
};

struct json {
    const char *text;     /* borrowed: must outlive the values */
    struct json_value *v; /* owned; v[0] is the root. An object holds key, value, key, value ... */
    size_t n, cap;
    size_t max_values; /* 0: JSON_VALUES_MAX */
};

enum json_fault { JSON_FINE, JSON_SYNTAX, JSON_TOO_DEEP, JSON_TOO_MANY, JSON_NO_MEMORY };

/* {0} is a reader; one may be used again and again. All n bytes must be one value. */
enum json_fault json_parse(struct json *j, const char *text, size_t n);
void json_fini(struct json *j);
const char *json_fault_text(enum json_fault f);

/* The member's value, or NULL: not there, or obj is NULL or no object. */
const struct json_value *json_get(const struct json *j, const struct json_value *obj,
                                  const char *key);
/* The n elements of an array, one after the other. In an object v is a key and v + 1 its value: go
 * on with json_next(v + 1). */
static inline const struct json_value *json_first(const struct json_value *v)
{
    return v + 1;
}
static inline const struct json_value *json_next(const struct json_value *v)
{
    return v + v->skip;
}

static inline const char *json_raw(const struct json *j, const struct json_value *v)
{
    return j->text + v->at;
}
bool json_is(const struct json_value *v, enum json_type type); /* false for NULL */
/* Decodes a string into out. False: no string, contains U+0000, or needs more than cap bytes with
 * the NUL. A lone surrogate becomes U+FFFD. */
MUST_CHECK bool json_text(const struct json *j, const struct json_value *v, char *out, size_t cap,
                          size_t *len_out);
/* True when v is a string equal to text. */
bool json_equals(const struct json *j, const struct json_value *v, const char *text);
/* False: not a whole number written without fraction and exponent, or out of range. */
MUST_CHECK bool json_i64(const struct json *j, const struct json_value *v, int64_t *out);

#endif
