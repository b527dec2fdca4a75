/* SPDX-License-Identifier: MIT */
#include "seen.h"

#include "prefetch.h"

#include <stdlib.h>
#include <string.h>

enum { CAP_MIN = 256, TAIL_MIN = 64 };

void seen_fini(struct seen *s)
{
    free(s->slots);
    free(s->tail);
    *s = (struct seen){ 0 };
}

/* ---- the table ---- */

/* The slot that holds the hash, or the free one where it belongs. */
static struct seen_slot *slot_of(struct seen_slot *slots, size_t cap, uint64_t hash)
{
    size_t i = (size_t)(hash ^ hash >> 32) & (cap - 1);
    while (slots[i].ts_ns != 0 && slots[i].hash != hash) {
        i = (i + 1) & (cap - 1);
    }
    return &slots[i];
}

/* Room for so many more. False: no memory. */
static bool widen(struct seen *s, size_t more)
{
    if (s->n + more <= s->cap / 4 * 3) {
        return true;
    }
    size_t kept = 0, cap = CAP_MIN;
    for (size_t i = 0; i < s->cap; i++) {
        kept += s->slots[i].ts_ns != 0 && s->slots[i].ts_ns >= s->forget_before_ns ? 1 : 0;
    }
    while (cap < (kept + more) * 2) {
        cap *= 2;
    }
    struct seen_slot *slots = calloc(cap, sizeof *slots);
    if (slots == NULL) {
        return false;
    }
    for (size_t i = 0; i < s->cap; i++) {
        if (s->slots[i].ts_ns != 0 && s->slots[i].ts_ns >= s->forget_before_ns) {
            *slot_of(slots, cap, s->slots[i].hash) = s->slots[i];
        }
    }
    free(s->slots);
    s->slots = slots;
    s->cap = cap;
    s->n = kept;
    return true;
}

static size_t tail_forgotten(const struct seen *s)
{
    size_t old = 0;
    while (old < s->n_tail && s->tail[old].ts_ns < s->forget_before_ns) {
        old++;
    }
    return old;
}

/* The tail goes into the table. False: no memory, it stays. */
static bool settle(struct seen *s)
{
    size_t old = tail_forgotten(s);
    if (!widen(s, s->n_tail - old + 1)) {
        return false;
    }
    for (size_t i = old; i < s->n_tail; i++) {
        struct seen_slot *slot = slot_of(s->slots, s->cap, s->tail[i].hash);
        s->n += slot->ts_ns == 0;
        *slot = s->tail[i];
    }
    s->n_tail = 0;
    return true;
}

/* ---- both ---- */

static bool in_table(const struct seen *s, uint64_t hash)
{
    return s->cap > 0 && slot_of(s->slots, s->cap, hash)->ts_ns != 0;
}

/* Among the rows of the tail that are not older than that. */
static bool in_tail(const struct seen *s, uint64_t hash, int64_t since_ns)
{
    for (size_t i = s->n_tail; i > 0 && s->tail[i - 1].ts_ns >= since_ns; i--) {
        if (s->tail[i - 1].hash == hash) {
            return true;
        }
    }
    return false;
}

bool seen_has(struct seen *s, uint64_t hash)
{
    if (s->n_tail > 0 && !settle(s) && in_tail(s, hash, INT64_MIN)) {
        return true;
    }
    return in_table(s, hash);
}

bool seen_reserve(struct seen *s, int64_t forget_before_ns)
{
    s->forget_before_ns = forget_before_ns;
    if (s->n_tail < s->cap_tail) {
        return true;
    }
    size_t old = tail_forgotten(s);
    if (old > s->n_tail / 2) {
        s->n_tail -= old;
        memmove(s->tail, s->tail + old, s->n_tail * sizeof *s->tail);
        return true;
    }
    size_t cap = s->cap_tail > 0 ? 2 * s->cap_tail : TAIL_MIN;
    struct seen_slot *tail = realloc(s->tail, cap * sizeof *tail);
    if (tail == NULL) {
        return false;
    }
    s->tail = tail;
    s->cap_tail = cap;
    return true;
}

bool seen_add(struct seen *s, uint64_t hash, int64_t ts_ns)
{
    CHECK(s->n_tail < s->cap_tail && ts_ns != 0);
    struct seen_slot row = { .ts_ns = ts_ns, .hash = hash };
    if (ts_ns == s->newest_ns && in_tail(s, hash, ts_ns)) {
        return false;
    }
    bool in_order = ts_ns > s->newest_ns ||
                    (ts_ns == s->newest_ns && s->n_tail > 0 && s->tail[0].ts_ns < ts_ns);
    bool settled = !in_order && settle(s);
    if (!in_order && (in_table(s, hash) || (!settled && in_tail(s, hash, INT64_MIN)))) {
        return false;
    }
    if (settled) {
        *slot_of(s->slots, s->cap, hash) = row;
        s->n++;
    } else {
        s->tail[s->n_tail++] = row;
    }
    s->newest_ns = ts_ns > s->newest_ns ? ts_ns : s->newest_ns;
    return true;
}

void seen_expect(const struct seen *s)
{
    if (s->n_tail < s->cap_tail) {
        prefetch(s->tail + s->n_tail);
    }
}
