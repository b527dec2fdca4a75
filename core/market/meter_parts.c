/* SPDX-License-Identifier: MIT */
/* Seconds that are kept no more. */
#include "meter_blocks.h"

#include <stdlib.h>

void parts_forget(struct meter *m)
{
    for (int i = 0; i < PARTS_KEPT; i++) {
        m->parts_of[i].index = 0;
    }
}

static bool is_of(const struct parts_key *key, const struct block *b)
{
    return key->index == b->index && key->rows == b->n && key->first_seq == b->first_seq;
}

/* Where the seconds of that block are, or the oldest of the others. */
static int place_for(const struct meter *m, const struct block *b)
{
    int oldest = 0;
    for (int i = 0; i < PARTS_KEPT; i++) {
        if (m->parts_of[i].index == b->index) {
            return i;
        }
        oldest = m->parts_of[i].used < m->parts_of[oldest].used ? i : oldest;
    }
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
}

const struct parts *parts_known(const struct meter *m, const struct block *b)
{
    int i = place_for(m, b);
    return m->parts != NULL && is_of(&m->parts_of[i], b) ? &m->parts[i] : NULL;
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
    int i = place_for(m, b);
    struct parts_key *key = &m->parts_of[i];
    if (!is_of(key, b)) {
        add_up(m, &m->parts[i], r, b, cost);
        *key = (struct parts_key){ .index = b->index, .first_seq = b->first_seq, .rows = b->n };
    }
    key->used = ++m->parts_used;
    return &m->parts[i];
}
