/* SPDX-License-Identifier: MIT */
/* Where a meter keeps its blocks and marks. */
#include "meter_blocks.h"

#include <stdlib.h>
#include <string.h>

enum {
    CAP_MIN = 8,
    MARK_ROWS = 128 /* so many rows at most lie between a mark and the next that may be one */
};

/* ---- blocks ---- */

/* In order from the beginning of larger arrays. */
static bool grow(struct block_list *l, size_t most)
{
    size_t cap = l->cap == 0 ? CAP_MIN : l->cap + l->cap / 2;
    cap = cap < most ? cap : most;
    struct block *block = malloc(cap * sizeof *block);
    struct sums *sums = aligned_alloc(64, cap * sizeof *sums);
    if (block == NULL || sums == NULL) {
        free(block);
        free(sums);
        return false;
    }
    for (size_t i = 0; i < l->n; i++) {
        block[i] = l->block[block_at(l, i)];
        sums[i] = l->sums[block_at(l, i)];
    }
    free(l->block);
    free(l->sums);
    *l = (struct block_list){
        .block = block, .sums = sums, .n = l->n, .cap = cap, .first_index = l->first_index
    };
    return true;
}

bool block_list_append(struct block_list *l, const struct block *b, size_t most)
{
    if (l->n == l->cap && !grow(l, most)) {
        return false;
    }
    l->first_index = l->n == 0 ? b->index : l->first_index;
    l->block[block_at(l, l->n++)] = *b;
    return true;
}

void block_list_prune(struct block_list *l, int64_t index)
{
    while (l->n > 0 && l->first_index <= index) {
        l->head = block_at(l, 1);
        l->n--;
        l->first_index = l->n > 0 ? block_get(l, 0)->index : 0;
    }
}

void block_list_fini(struct block_list *l)
{
    free(l->block);
    free(l->sums);
    *l = (struct block_list){ 0 };
}

size_t block_list_upper(const struct block_list *l, uint64_t seq)
{
    size_t low = 0, high = l->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (block_get(l, mid)->first_seq > seq) {
            high = mid;
        } else {
            low = mid + 1;
        }
    }
    return low;
}

int64_t block_index(unsigned level, int64_t ts_ns)
{
    int64_t index = second_from(ts_ns);
    for (unsigned k = 0; k < level; k++) {
        index = wider_index(index);
    }
    return index;
}

/* ---- marks ---- */

static bool make_room(struct mark_list *l)
{
    if (l->head + l->n < l->cap) {
        return true;
    }
    if (l->head > l->cap / 4) {
        memmove(l->mark, l->mark + l->head, l->n * sizeof *l->mark);
        l->head = 0;
        return true;
    }
    size_t cap = l->cap == 0 ? CAP_MIN : l->cap + l->cap / 2;
    struct mark *grown = realloc(l->mark, cap * sizeof *grown);
    if (grown == NULL) {
        return false;
    }
    l->mark = grown;
    l->cap = cap;
    return true;
}

bool mark_list_note(struct mark_list *l, uint64_t seq, const struct carry *c, bool must)
{
    if (!must && l->n > 0 && seq - l->mark[l->head + l->n - 1].seq < MARK_ROWS) {
        return true;
    }
    if (!make_room(l)) {
        return false;
    }
    l->mark[l->head + l->n++] = (struct mark){ .seq = seq, .carry = *c };
    return true;
}

void mark_list_prune(struct mark_list *l, uint64_t seq)
{
    while (l->n > 1 && l->mark[l->head + 1].seq <= seq) {
        l->head++;
        l->n--;
    }
}

void mark_list_fini(struct mark_list *l)
{
    free(l->mark);
    *l = (struct mark_list){ 0 };
}

const struct mark *mark_list_find(const struct mark_list *l, uint64_t seq)
{
    size_t low = 0, high = l->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (l->mark[l->head + mid].seq > seq) {
            high = mid;
        } else {
            low = mid + 1;
        }
    }
    return low == 0 ? NULL : &l->mark[l->head + low - 1];
}
