/* SPDX-License-Identifier: MIT */
/* The outboxes, sorted by ticker. */
#include "sink_internal.h"

#include <stdlib.h>
#include <string.h>

static bool grow(struct sink *s)
{
    size_t cap = s->cap ? 2 * s->cap : 16;
    struct outbox **boxes = realloc(s->boxes, cap * sizeof(struct outbox *));
    s->boxes = boxes ? boxes : s->boxes;
    struct outbox **queued = boxes ? realloc(s->queued, cap * sizeof(struct outbox *)) : NULL;
    s->queued = queued ? queued : s->queued;
    if (!queued) {
        return false;
    }
    s->cap = cap;
    return true;
}

static size_t lower_bound(const struct sink *s, const char *ticker)
{
    size_t low = 0;
    size_t high = s->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (strcmp(s->boxes[mid]->ticker, ticker) < 0) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low;
}

struct outbox *sink_box(struct sink *s, const char *ticker)
{
    size_t at = lower_bound(s, ticker);
    if (at < s->n && strcmp(s->boxes[at]->ticker, ticker) == 0) {
        return s->boxes[at];
    }
    struct outbox *o = s->n < s->cap || grow(s) ? outbox_create(ticker, &s->shared) : NULL;
    if (o) {
        memmove(&s->boxes[at + 1], &s->boxes[at], (s->n - at) * sizeof(struct outbox *));
        s->boxes[at] = o;
        s->n++;
    }
    return o;
}

struct outbox *sink_box_at(struct sink *s, const char *ticker, size_t *place)
{
    if (*place < s->n && strcmp(s->boxes[*place]->ticker, ticker) == 0) {
        return s->boxes[*place];
    }
    struct outbox *o = sink_box(s, ticker);
    *place = o ? lower_bound(s, ticker) : *place;
    return o;
}

void sink_expect(const struct sink *s, size_t place)
{
    if (place < s->n) {
        outbox_expect(s->boxes[place], 1);
    }
}

void sink_expect_pattern(const struct sink *s, size_t place, const char *id)
{
    if (place < s->n) {
        outbox_expect_pattern(s->boxes[place], id);
    }
}
