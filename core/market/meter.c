/* SPDX-License-Identifier: MIT */
#include "meter_blocks.h"

#include <stdlib.h>
#include <string.h>

/* ---- lists of blocks ------------------------------------------------------------------------- */

static struct block *list_at(const struct block_list *l, size_t i)
{
    return i < l->n ? &l->block[l->head + i] : NULL;
}

static struct block *list_last(const struct block_list *l)
{
    return l->n == 0 ? NULL : list_at(l, l->n - 1);
}

static bool list_make_room(struct block_list *l)
{
    if (l->head + l->n < l->cap) {
        return true;
    }
    if (l->head < l->cap / 4 || l->cap == 0) {
        size_t cap = l->cap == 0 ? 4 : l->cap * 2;
        struct block *grown = realloc(l->block, cap * sizeof *grown);
        if (grown == NULL) {
            return false;
        }
        l->block = grown;
        l->cap = cap;
        return true;
    }
    memmove(l->block, l->block + l->head, l->n * sizeof *l->block);
    l->head = 0;
    return true;
}

static bool list_append(struct block_list *l, const struct block *b)
{
    if (!list_make_room(l)) {
        return false;
    }
    l->block[l->head + l->n++] = *b;
    return true;
}

size_t block_list_upper(const struct block_list *l, uint64_t seq)
{
    size_t low = 0, high = l->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (l->block[l->head + mid].first_seq > seq) {
            high = mid;
        } else {
            low = mid + 1;
        }
    }
    return low;
}

/* ---- taking rows ----------------------------------------------------------------------------- */

static int64_t wider_index(int64_t index)
{
    return (index + BLOCK_WIDTH - 1) / BLOCK_WIDTH;
}

int64_t block_index(unsigned level, int64_t ts_ns)
{
    int64_t index = (ts_ns + NS_PER_S - 1) / NS_PER_S;
    for (unsigned k = 0; k < level; k++) {
        index = wider_index(index);
    }
    return index;
}

struct meter *meter_create(const struct metrics_config *cfg, int64_t keep_ns)
{
    struct meter *m = calloc(1, sizeof *m);
    if (m != NULL) {
        m->cfg = *cfg;
        m->keep_ns = keep_ns;
    }
    return m;
}

void meter_destroy(struct meter *m)
{
    if (m != NULL) {
        for (unsigned k = 0; k < BLOCK_LEVELS; k++) {
            free(m->level[k].block);
        }
        seconds_fini(&m->seconds);
        free(m);
    }
}

static void forget(struct meter *m)
{
    m->carry = (struct carry){ 0 };
    seconds_forget(&m->seconds);
    for (unsigned k = 0; k < BLOCK_LEVELS; k++) {
        m->level[k].head = 0;
        m->level[k].n = 0;
    }
}

/* Drops blocks that end at or before `before_ns`. */
static void prune(struct meter *m, int64_t before_ns)
{
    int64_t width_ns = NS_PER_S;
    for (unsigned k = 0; k < BLOCK_LEVELS; k++) {
        struct block_list *l = &m->level[k];
        for (const struct block *b = list_at(l, 0); b != NULL && b->index <= before_ns / width_ns;
             b = list_at(l, 0)) {
            l->head++;
            l->n--;
        }
        width_ns *= BLOCK_WIDTH;
    }
}

/* Adds a complete block to the one it is part of, which is returned. NULL: no memory. */
static const struct block *add_to_wider(struct block_list *l, const struct block *part)
{
    int64_t index = wider_index(part->index);
    struct block *b = list_last(l);
    if (b != NULL && b->index == index) {
        b->n += part->n;
        sums_add(&b->sums, &part->sums);
        return b;
    }
    struct block whole = *part;
    whole.index = index;
    return list_append(l, &whole) ? list_last(l) : NULL;
}

/* A row in a new second begins: the second before is complete, and the wider blocks it ended. */
static bool begin_second(struct meter *m, int64_t ts_ns, uint64_t seq)
{
    const struct block *done = list_last(&m->level[0]);
    for (unsigned k = 1; k < BLOCK_LEVELS && done != NULL; k++) {
        done = add_to_wider(&m->level[k], done);
        if (done == NULL) {
            return false;
        }
        if (done->index == block_index(k, ts_ns)) {
            break;
        }
    }
    prune(m, ts_ns - m->keep_ns);
    struct block b = { .index = block_index(0, ts_ns), .first_seq = seq, .carry = m->carry };
    return list_append(&m->level[0], &b);
}

static void hold_previous(struct meter *m, const struct rows *r, size_t i)
{
    int64_t ts_ns = r->ts_ns[i - 1];
    int64_t end_ns = hold_end_ns(&m->cfg, ts_ns, r->ts_ns[i], r->flags[i]);
    sums_add_hold(&list_last(&m->level[0])->sums, &m->cfg, r, i - 1, end_ns - ts_ns);
}

static bool take_row(struct meter *m, const struct rows *r, size_t i)
{
    int64_t ts_ns = r->ts_ns[i];
    struct block *b = list_last(&m->level[0]);
    if (b != NULL) {
        hold_previous(m, r, i);
    }
    if (!seconds_take(&m->seconds, &m->cfg, m->keep_ns, r, i, b == NULL)) {
        return false;
    }
    if (b == NULL || b->index != block_index(0, ts_ns)) {
        if (!begin_second(m, ts_ns, r->first_seq + i)) {
            return false;
        }
        b = list_last(&m->level[0]);
    }
    sums_add_row(&b->sums, &m->carry, &m->cfg, r, i);
    b->n++;
    m->next_seq = r->first_seq + i + 1;
    return true;
}

bool meter_push(struct meter *m, const struct rows *r, uint64_t from_seq, struct err *err)
{
    uint64_t first = from_seq > r->first_seq ? from_seq : r->first_seq;
    bool connected = first == m->next_seq && first > r->first_seq;
    if (!connected && first < r->first_seq + r->n) {
        forget(m);
    }
    for (size_t i = (size_t)(first - r->first_seq); i < r->n; i++) {
        if (!take_row(m, r, i)) {
            forget(m);
            return err_set(err, ERR_MEMORY, "metrics: out of memory");
        }
    }
    return true;
}
