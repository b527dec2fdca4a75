/* SPDX-License-Identifier: MIT */
#include "ring.h"

#include "err.h"

#include <stdlib.h>

static size_t place(const struct ring *r, size_t k)
{
    size_t at = r->first + k;
    return at < r->cap ? at : at - r->cap;
}

bool ring_reserve(struct ring *r, size_t cap)
{
    if (cap <= r->cap) {
        return true;
    }
    uint32_t *ids = malloc(cap * sizeof *ids);
    if (ids == NULL) {
        return false;
    }
    for (size_t k = 0; k < r->n; k++) {
        ids[k] = r->ids[place(r, k)];
    }
    free(r->ids);
    *r = (struct ring){ .ids = ids, .cap = cap, .n = r->n };
    return true;
}

void ring_fini(struct ring *r)
{
    free(r->ids);
    *r = (struct ring){ 0 };
}

void ring_clear(struct ring *r)
{
    r->n = 0;
}

void ring_push(struct ring *r, uint32_t id)
{
    CHECK(r->n < r->cap);
    r->ids[place(r, r->n++)] = id;
}

uint32_t ring_pop(struct ring *r)
{
    CHECK(r->n > 0);
    uint32_t id = r->ids[r->first];
    r->first = place(r, 1);
    r->n--;
    return id;
}

uint32_t ring_get(const struct ring *r, size_t k)
{
    CHECK(k < r->n);
    return r->ids[place(r, k)];
}
