/* SPDX-License-Identifier: MIT */
#include "seen.h"

#include <stdlib.h>

enum { CAP_MIN = 256 };

void seen_fini(struct seen *s)
{
    free(s->slots);
    *s = (struct seen){ 0 };
}

/* The slot that holds the hash, or the free one where it belongs. */
static struct seen_slot *slot_of(const struct seen *s, uint64_t hash)
{
    size_t i = (size_t)(hash ^ hash >> 32) & (s->cap - 1);
    while (s->slots[i].ts_ns != 0 && s->slots[i].hash != hash) {
        i = (i + 1) & (s->cap - 1);
    }
    return &s->slots[i];
}

bool seen_has(const struct seen *s, uint64_t hash)
{
    return s->cap > 0 && slot_of(s, hash)->ts_ns != 0;
}

bool seen_add(struct seen *s, uint64_t hash, int64_t ts_ns)
{
    CHECK(s->n < s->cap && ts_ns != 0);
    struct seen_slot *slot = slot_of(s, hash);
    if (slot->ts_ns != 0) {
        return false;
    }
    s->n++;
    *slot = (struct seen_slot){ .ts_ns = ts_ns, .hash = hash };
    return true;
}

bool seen_reserve(struct seen *s, int64_t forget_before_ns)
{
    if (s->n + 1 <= s->cap / 4 * 3) {
        return true;
    }
    size_t kept = 0, cap = CAP_MIN;
    for (size_t i = 0; i < s->cap; i++) {
        kept += s->slots[i].ts_ns != 0 && s->slots[i].ts_ns >= forget_before_ns ? 1 : 0;
    }
    while (cap < kept * 2) {
        cap *= 2;
    }
    struct seen fresh = { .slots = calloc(cap, sizeof *fresh.slots), .cap = cap };
    if (fresh.slots == NULL) {
        return false;
    }
    for (size_t i = 0; i < s->cap; i++) {
        if (s->slots[i].ts_ns != 0 && s->slots[i].ts_ns >= forget_before_ns) {
            (void)seen_add(&fresh, s->slots[i].hash, s->slots[i].ts_ns);
        }
    }
    seen_fini(s);
    *s = fresh;
    return true;
}
