/* SPDX-License-Identifier: MIT */
/* Episodes that changed since the last write. */
#include "ticker.h"

#include <stdlib.h>
#include <string.h>

enum { CHANGES_KEPT = 8 };

bool changes_put(struct changes *c, const struct episode *e, size_t detector)
{
    for (size_t i = c->n; i > 0; i--) {
        if (memcmp(c->items[i - 1].id, e->id, sizeof e->id) == 0) {
            c->items[i - 1] = *e;
            return true;
        }
    }
    if (c->n == c->cap) {
        size_t cap = c->cap == 0 ? 8 : c->cap * 2;
        struct episode *items = realloc(c->items, cap * sizeof *items);
        if (items == NULL) {
            return false;
        }
        c->items = items;
        size_t *detectors = realloc(c->detector, cap * sizeof *detectors);
        if (detectors == NULL) {
            return false;
        }
        c->detector = detectors;
        c->cap = cap;
    }
    c->items[c->n] = *e;
    c->detector[c->n++] = detector;
    return true;
}

void changes_clear(struct changes *c)
{
    c->n = 0;
}

void changes_shrink(struct changes *c)
{
    if (c->n == 0 && c->cap > CHANGES_KEPT) {
        free(c->items);
        free(c->detector);
        *c = (struct changes){ .n = 0 };
    }
}
