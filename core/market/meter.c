/* SPDX-License-Identifier: MIT */
#include "meter_blocks.h"

#include <stdlib.h>

enum {
    RECENT_S = 72, /* seconds that have passed longer ago are kept only */
    FEW_ROWS = 24  /* if they have more rows than these */
};

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
            block_list_fini(&m->level[k]);
        }
        mark_list_fini(&m->marks);
        seconds_fini(&m->seconds);
        free(m->parts);
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
    m->marks.head = 0;
    m->marks.n = 0;
    parts_forget(m);
}

static struct block *last_block(struct block_list *l)
{
    return l->n == 0 ? NULL : &l->block[block_at(l, l->n - 1)];
}

static struct sums *last_sums(struct block_list *l)
{
    return &l->sums[block_at(l, l->n - 1)];
}

static int64_t width_ns(unsigned level)
{
    int64_t width = NS_PER_S;
    for (unsigned k = 0; k < level; k++) {
        width *= BLOCK_WIDTH;
    }
    return width;
}

/* Those kept, the oldest of them partly too old, and the one that begins. */
static bool append(struct meter *m, unsigned level, const struct block *b, const struct sums *sums)
{
    size_t most = (size_t)(m->keep_ns / width_ns(level)) + 3;
    if (!block_list_append(&m->level[level], b, most)) {
        return false;
    }
    *last_sums(&m->level[level]) = *sums;
    return true;
}

/* Drops blocks that end at or before `before_ns`, and of the seconds those that are not worth it: a
 * busy one keeps those after it. */
static void prune(struct meter *m, int64_t before_ns, int64_t now_ns)
{
    struct block_list *seconds = &m->level[0];
    for (unsigned k = 0; k < BLOCK_LEVELS; k++) {
        block_list_prune(&m->level[k], before_ns / width_ns(k));
    }
    int64_t recent = now_ns / NS_PER_S - RECENT_S;
    while (seconds->n > 0 && seconds->first_index <= recent &&
           block_get(seconds, 0)->n <= FEW_ROWS) {
        block_list_prune(seconds, seconds->first_index);
    }
    if (m->level[1].n > 0) {
        mark_list_prune(&m->marks, block_get(&m->level[1], 0)->first_seq);
    }
}

/* Adds the complete last block of the level below to the one it is part of. False: no memory. */
static bool add_to_wider(struct meter *m, unsigned level, int64_t index)
{
    struct block_list *l = &m->level[level];
    const struct block *part = last_block(&m->level[level - 1]);
    const struct sums *sums = last_sums(&m->level[level - 1]);
    struct block *b = last_block(l);
    if (b != NULL && b->index == index) {
        b->n += part->n;
        sums_add(last_sums(l), sums);
        return true;
    }
    struct block whole = *part;
    whole.index = index;
    return append(m, level, &whole, sums);
}

/* A row in a new second begins: the second before is complete, and the wider blocks it ended. */
static bool begin_second(struct meter *m, int64_t ts_ns, uint64_t seq)
{
    const struct block *done = last_block(&m->level[0]);
    int64_t index = done != NULL ? done->index : 0;
    bool begins_wider = true;
    for (unsigned k = 1; k < BLOCK_LEVELS && done != NULL; k++) {
        index = wider_index(index);
        if (!add_to_wider(m, k, index)) {
            return false;
        }
        if (index == block_index(k, ts_ns)) {
            begins_wider = k > 1;
            break;
        }
    }
    prune(m, ts_ns - m->keep_ns, ts_ns);
    struct block b = { .index = block_index(0, ts_ns), .first_seq = seq };
    return mark_list_note(&m->marks, seq, &m->carry, begins_wider) &&
           append(m, 0, &b, &(struct sums){ 0 });
}

static void hold_previous(struct meter *m, const struct rows *r, size_t i)
{
    int64_t ts_ns = r->ts_ns[i - 1];
    int64_t end_ns = hold_end_ns(&m->cfg, ts_ns, r->ts_ns[i], r->flags[i]);
    sums_add_hold(last_sums(&m->level[0]), &m->cfg, r, i - 1, end_ns - ts_ns);
}

static bool take_row(struct meter *m, const struct rows *r, size_t i)
{
    int64_t ts_ns = r->ts_ns[i];
    const struct block *b = last_block(&m->level[0]);
    if (b != NULL) {
        hold_previous(m, r, i);
    }
    if (!seconds_take(&m->seconds, &m->cfg, m->keep_ns, r, i, b == NULL)) {
        return false;
    }
    if ((b == NULL || b->index != block_index(0, ts_ns)) &&
        !begin_second(m, ts_ns, r->first_seq + i)) {
        return false;
    }
    sums_add_row(last_sums(&m->level[0]), &m->carry, &m->cfg, r, i);
    last_block(&m->level[0])->n++;
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
