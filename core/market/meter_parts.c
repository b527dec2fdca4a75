/* SPDX-License-Identifier: MIT */
/* Seconds that are kept no more. */
#include "meter_blocks.h"

#include <stdlib.h>

void parts_forget(struct meter *m)
{
    for (int i = 0; m->parts != NULL && i < PARTS_KEPT; i++) {
        m->parts[i].index = 0;
    }
}

/* Where the seconds of that block are, or the oldest of the others. */
static struct parts *place_for(struct meter *m, int64_t index)
{
    struct parts *oldest = &m->parts[0];
    for (int i = 0; i < PARTS_KEPT; i++) {
        if (m->parts[i].index == index) {
            return &m->parts[i];
        }
        oldest = m->parts[i].used < oldest->used ? &m->parts[i] : oldest;
    }
    oldest->index = 0;
    return oldest;
}

/* Row i, and how long it was in force: as meter_push() does it. */
static void add_row(struct meter *m, struct parts *p, struct carry *c, const struct rows *r,
                    size_t i)
{
    int64_t index = block_index(0, r->ts_ns[i]);
    if (p->n == 0 || p->block[p->n - 1].index != index) {
        p->block[p->n] = (struct block){ .index = index, .first_seq = r->first_seq + i };
        p->sums[p->n++] = (struct sums){ 0 };
    }
    struct sums *sums = &p->sums[p->n - 1];
    p->block[p->n - 1].n++;
    sums_add_row(sums, c, &m->cfg, r, i);
    if (i + 1 < r->n) {
        int64_t end_ns = hold_end_ns(&m->cfg, r->ts_ns[i], r->ts_ns[i + 1], r->flags[i + 1]);
        sums_add_hold(sums, &m->cfg, r, i, end_ns - r->ts_ns[i]);
    }
}

static void add_up(struct meter *m, struct parts *p, const struct rows *r, const struct block *b,
                   struct meter_cost *cost)
{
    const struct mark *mark = mark_list_find(&m->marks, b->first_seq);
    struct carry carry = { 0 };
    struct sums before = { 0 };
    size_t first = (size_t)(b->first_seq - r->first_seq), end = first + (size_t)b->n, i = 0;
    if (mark != NULL && mark->seq >= r->first_seq) {
        carry = mark->carry;
        i = (size_t)(mark->seq - r->first_seq);
    }
    cost->rows += end - i;
    for (; i < first; i++) {
        sums_add_row(&before, &carry, &m->cfg, r, i);
    }
    p->n = 0;
    for (; i < end; i++) {
        add_row(m, p, &carry, r, i);
    }
    p->index = b->index;
    p->rows = b->n;
}

const struct parts *parts_get(struct meter *m, const struct rows *r, const struct block *b,
                              struct meter_cost *cost)
{
    if (m->parts == NULL) {
        m->parts = calloc(PARTS_KEPT, sizeof *m->parts);
    }
    if (m->parts == NULL) {
        return NULL;
    }
    struct parts *p = place_for(m, b->index);
    if (p->index != b->index || p->rows != b->n) {
        add_up(m, p, r, b, cost);
    }
    p->used = ++m->parts_used;
    return p;
}
