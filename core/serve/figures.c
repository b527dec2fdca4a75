/* SPDX-License-Identifier: MIT */
#include "figures.h"

#include <stdlib.h>
#include <string.h>

enum { BYTES_MAX = 256 * 1024 };

void figures_init(struct figures *f)
{
    *f = (struct figures){ .n_detectors = 0 };
    buf_init(&f->bytes, BYTES_MAX);
}

void figures_fini(struct figures *f)
{
    buf_fini(&f->bytes);
    free(f->detectors);
    f->detectors = NULL;
}

/* Stands before the bytes of a reply, or before its items. */
struct head {
    enum reply_type type;
    int64_t integer;
    size_t n;
};

static struct head head_of(const struct reply *r)
{
    return (struct head){ .type = r->type,
                          .integer = r->integer,
                          .n = r->type == REPLY_ARRAY ? r->n : r->len };
}

static void put(struct buf *out, const struct reply *r)
{
    struct head head = head_of(r);
    buf_add(out, &head.type, sizeof head.type);
    buf_add(out, &head.integer, sizeof head.integer);
    buf_add(out, &head.n, sizeof head.n);
    if (r->type != REPLY_ARRAY) {
        buf_add(out, r->str, r->len);
        return;
    }
    for (size_t i = 0; i < r->n; i++) {
        put(out, &r->items[i]);
    }
}

struct reader {
    const char *at, *end;
};

static bool passes(struct reader *k, const void *bytes, size_t n)
{
    if (n > (size_t)(k->end - k->at) || (n > 0 && memcmp(k->at, bytes, n) != 0)) {
        return false;
    }
    k->at += n;
    return true;
}

static bool matches(struct reader *k, const struct reply *r)
{
    struct head head = head_of(r);
    if (!passes(k, &head.type, sizeof head.type) ||
        !passes(k, &head.integer, sizeof head.integer) || !passes(k, &head.n, sizeof head.n)) {
        return false;
    }
    bool same = r->type == REPLY_ARRAY || passes(k, r->str, r->len);
    for (size_t i = 0; same && r->type == REPLY_ARRAY && i < r->n; i++) {
        same = matches(k, &r->items[i]);
    }
    return same;
}

static struct answer_detector *copy(const struct answer_detector *detectors, size_t n)
{
    /* a power of two, as collect.c has it: one more may be collected */
    size_t cap = 1;
    while (cap < n) {
        cap *= 2;
    }
    struct answer_detector *mine = malloc(cap * sizeof *mine);
    if (mine != NULL && n > 0) {
        memcpy(mine, detectors, n * sizeof *mine);
    }
    return mine;
}

bool figures_same(const struct figures *f, const struct reply *r, size_t n, struct answer *a)
{
    struct reader k = { .at = f->bytes.data };
    if (f->bytes.len == 0) {
        return false;
    }
    k.end = k.at + f->bytes.len;
    for (size_t i = 0; i < n; i++) {
        if (!matches(&k, &r[i])) {
            return false;
        }
    }
    struct answer_detector *detectors = k.at == k.end ? copy(f->detectors, f->n_detectors) : NULL;
    if (detectors == NULL) {
        return false;
    }
    a->report = f->report;
    a->detectors = detectors;
    a->n_detectors = f->n_detectors;
    return true;
}

void figures_keep(struct figures *f, const struct reply *r, size_t n, const struct answer *a)
{
    buf_clear(&f->bytes);
    free(f->detectors);
    f->detectors = copy(a->detectors, a->n_detectors);
    f->n_detectors = a->n_detectors;
    f->report = a->report;
    for (size_t i = 0; i < n; i++) {
        put(&f->bytes, &r[i]);
    }
    if (f->detectors == NULL || f->bytes.failed) {
        buf_clear(&f->bytes);
    }
}
