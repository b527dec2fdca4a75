/* SPDX-License-Identifier: MIT */
/* Fields of a hash on their way to who asked for them. [any] Pure. */
#ifndef MARKET_REPORT_FIELDS_H
#define MARKET_REPORT_FIELDS_H

#include "report_text.h"

struct fields {
    report_field_fn *put;
    void *ctx;
    struct buf *json; /* scratch */
};

static inline void put_field(const struct fields *f, const char *name, const char *text, size_t n)
{
    f->put(f->ctx, name, text, n);
}

static inline void put_i64(const struct fields *f, const char *name, int64_t x)
{
    char text[DECIMAL_MAX];
    put_field(f, name, text, decimal_print_i64(text, x));
}

/* A value made in `json`, unless there was no memory for it. */
static inline void put_json(const struct fields *f, const char *name)
{
    if (!f->json->failed) {
        put_field(f, name, f->json->data, f->json->len);
    }
}

/* Whether a field is to be put, by whether it is there now, was there, and is as it was. */
static inline bool is_news(struct field_changes *c, bool has, bool had, bool same)
{
    c->added += has && !had;
    c->vanished = c->vanished || (had && !has);
    return has && !(had && same);
}

#endif
