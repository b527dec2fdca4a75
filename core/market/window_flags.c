/* SPDX-License-Identifier: MIT */
#include "window_flags.h"

#include <stdlib.h>
#include <string.h>

void flag_counts_fini(struct flag_counts *c)
{
    free(c->mark);
    *c = (struct flag_counts){ 0 };
}

/* A full list loses the marks nobody can ask for any more, or doubles. */
static bool make_room(struct flag_counts *c, uint64_t first_seq)
{
    size_t old = 0;
    if (c->n < c->cap) {
        return true;
    }
    while (old < c->n && (c->first + old) * FLAG_MARK_ROWS < first_seq) {
        old++;
    }
    if (old > c->n / 4) {
        memmove(c->mark, c->mark + old, (c->n - old) * sizeof *c->mark);
        c->first += old;
        c->n -= old;
        return true;
    }
    size_t cap = c->cap == 0 ? 4 : c->cap * 2;
    struct flag_mark *grown = realloc(c->mark, cap * sizeof *grown);
    if (grown == NULL) {
        return false;
    }
    c->mark = grown;
    c->cap = cap;
    return true;
}

bool flag_counts_push(struct flag_counts *c, uint64_t seq, uint64_t first_seq, uint32_t flags)
{
    if (seq % FLAG_MARK_ROWS == 0) {
        if (!make_room(c, first_seq)) {
            return false;
        }
        if (c->n == 0) {
            c->first = seq / FLAG_MARK_ROWS;
        }
        c->mark[c->n++] = c->now;
    }
    for (int kind = 0; flags != 0 && kind < FLAG_KINDS; kind++) {
        c->now.n[kind] += (flags >> kind) & 1;
    }
    return true;
}

enum { MANY = 8 };

/* Mostly there are none. */
static bool none_flagged(const uint32_t flags[MANY])
{
    uint32_t all = 0;
    for (int i = 0; i < MANY; i++) {
        all |= flags[i];
    }
    return all == 0;
}

/* Counts of all rows before r's row i: those before the next mark, without the rows between. */
static struct flag_mark before(const struct flag_counts *c, const struct rows *r, size_t i)
{
    uint64_t mark = (r->first_seq + i + FLAG_MARK_ROWS - 1) / FLAG_MARK_ROWS;
    struct flag_mark sum = c->now;
    size_t end = r->n;
    if (mark >= c->first && mark - c->first < c->n) {
        sum = c->mark[mark - c->first];
        end = (size_t)(mark * FLAG_MARK_ROWS - r->first_seq);
    }
    for (; i < end; i++) {
        uint32_t flags = r->flags[i];
        while (end - i > MANY && none_flagged(r->flags + i)) {
            i += MANY;
            flags = r->flags[i];
        }
        for (int kind = 0; flags != 0 && kind < FLAG_KINDS; kind++) {
            sum.n[kind] -= (flags >> kind) & 1;
        }
    }
    return sum;
}

struct flag_mark flag_counts_read(const struct flag_counts *c, const struct rows *r, size_t from,
                                  size_t to)
{
    struct flag_mark sum = before(c, r, to);
    struct flag_mark old = before(c, r, from);
    for (int kind = 0; kind < FLAG_KINDS; kind++) {
        sum.n[kind] -= old.n[kind];
    }
    return sum;
}
