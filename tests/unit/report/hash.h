/* SPDX-License-Identifier: MIT */
/* A Redis hash for tests, and numbers by chance. */
#ifndef TEST_REPORT_HASH_H
#define TEST_REPORT_HASH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "random.h"
#include "report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HASH_MAX = 96, HASH_TEXT_MAX = 2048 };

struct hash {
    int n;
    char name[HASH_MAX][40];
    char text[HASH_MAX][HASH_TEXT_MAX];
};

static inline void hash_put(void *ctx, const char *name, const char *text, size_t n)
{
    struct hash *h = ctx;
    assert_true(h->n < HASH_MAX && n < HASH_TEXT_MAX);
    assert_int_equal(strlen(text), n);
    (void)snprintf(h->name[h->n], sizeof h->name[0], "%s", name);
    (void)snprintf(h->text[h->n++], sizeof h->text[0], "%s", text);
}

/* NULL when there is no such field. */
static inline const char *hash_get(const struct hash *h, const char *name)
{
    for (int i = 0; i < h->n; i++) {
        if (strcmp(h->name[i], name) == 0) {
            return h->text[i];
        }
    }
    return NULL;
}

static inline int64_t pick(uint64_t *state, int64_t n)
{
    return (int64_t)(random_next(state) % (uint64_t)n);
}

/* Whole, fractional, tiny, huge: any finite size. */
static inline double random_size(uint64_t *r)
{
    double x = (double)pick(r, 1000000);
    switch (pick(r, 4)) {
    case 0:
        return x;
    case 1:
        return x / 7;
    case 2:
        return x / 3e9;
    default:
        return x * 1e10 + 0.5;
    }
}

/* The text with some bytes changed and perhaps its end cut off, in memory of exactly its size. */
static inline char *damaged_copy(const struct buf *text, uint64_t *r, size_t *n_out)
{
    *n_out = pick(r, 3) == 0 ? (size_t)(1 + pick(r, (int64_t)text->len)) : text->len;
    char *copy = malloc(*n_out);
    assert_non_null(copy);
    memcpy(copy, text->data, *n_out);
    for (int64_t k = pick(r, 4); k >= 0; k--) {
        copy[pick(r, (int64_t)*n_out)] = (char)pick(r, 256);
    }
    return copy;
}

static inline bool same_double(double a, double b)
{
    return (isnan(a) && isnan(b)) || (a >= b && a <= b);
}

#endif
