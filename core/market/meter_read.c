/* SPDX-License-Identifier: MIT */
#include "meter_blocks.h"

/* Rows are asked for in order, so each list is searched once and walked from there. */
struct reading {
    const struct meter *m;
    const struct rows *r;
    struct meter_cost *cost;
    size_t next[BLOCK_LEVELS]; /* first block that begins after the row last asked for */
    bool searched[BLOCK_LEVELS];
};

/* block_list_upper() of a row in the block of that index. Where no second was empty it lies where
 * its index says, and nothing is searched. */
static size_t find_upper(const struct block_list *l, int64_t index, uint64_t seq)
{
    if (l->n == 0 || l->block[l->head + l->n - 1].first_seq <= seq) {
        return l->n;
    }
    int64_t at = index - l->block[l->head].index;
    if (at >= 0 && (uint64_t)at + 1 < l->n) {
        const struct block *b = &l->block[l->head + (size_t)at];
        if (b[0].first_seq <= seq && b[1].first_seq > seq) {
            return (size_t)at + 1;
        }
    }
    return block_list_upper(l, seq);
}

/* rows_after(), by the blocks. */
static size_t begin_after(const void *ctx, const struct rows *r, int64_t t)
{
    const struct block_list *l = &((const struct reading *)ctx)->m->level[0];
    int64_t index = t / NS_PER_S + 1;
    if (l->n > 0 && t % NS_PER_S == 0 && index > l->block[l->head].index) {
        int64_t at = index - l->block[l->head].index;
        const struct block *b = (uint64_t)at < l->n ? &l->block[l->head + (size_t)at] : NULL;
        if (b != NULL && b->index == index && b->first_seq >= r->first_seq &&
            b->first_seq < r->first_seq + r->n) {
            return (size_t)(b->first_seq - r->first_seq);
        }
    }
    return rows_after(r, t);
}

/* The block of the level that holds row seq, or NULL; next[level] is the one after row seq. */
static const struct block *walk(struct reading *rd, unsigned level, uint64_t seq)
{
    const struct block_list *l = &rd->m->level[level];
    size_t at = rd->next[level];
    if (!rd->searched[level]) {
        int64_t ts_ns = rd->r->ts_ns[seq - rd->r->first_seq];
        at = find_upper(l, block_index(level, ts_ns), seq);
        rd->searched[level] = true;
    }
    while (at < l->n && l->block[l->head + at].first_seq <= seq) {
        at++;
    }
    rd->next[level] = at;
    const struct block *b = at == 0 ? NULL : &l->block[l->head + at - 1];
    return b != NULL && seq >= b->first_seq && seq - b->first_seq < b->n ? b : NULL;
}

static const struct block *block_after(const struct reading *rd, unsigned level)
{
    const struct block_list *l = &rd->m->level[level];
    size_t at = rd->next[level];
    return at == l->n ? NULL : &l->block[l->head + at];
}

/* Rows [from, to) of one second, from the state in which that second began. */
static void add_part(const struct reading *rd, const struct rows *r, const struct span *sp,
                     const struct block *b, size_t from, size_t to, struct sums *into)
{
    const struct metrics_config *cfg = &rd->m->cfg;
    struct carry carry = { 0 };
    struct sums before = { 0 };
    size_t i = from;
    if (b != NULL && b->first_seq >= r->first_seq) {
        carry = b->carry;
        i = (size_t)(b->first_seq - r->first_seq);
    }
    for (; i < to; i++) {
        rd->cost->rows++;
        sums_add_row(i < from ? &before : into, &carry, cfg, r, i);
        if (i >= from && i + 1 < sp->end) {
            int64_t end_ns = hold_end_ns(cfg, r->ts_ns[i], r->ts_ns[i + 1], r->flags[i + 1]);
            sums_add_hold(into, cfg, r, i, end_ns - r->ts_ns[i]);
        }
    }
}

/* The widest block that begins with row seq and ends before row end_seq. In its sums each row is
 * held to the next one, so the window must have that, too; only the newest row of all is held to
 * nowhere yet. */
static const struct block *whole_block(struct reading *rd, uint64_t seq, uint64_t end_seq,
                                       uint64_t window_end_seq)
{
    for (unsigned k = BLOCK_LEVELS; k-- > 0;) {
        const struct block *b = walk(rd, k, seq);
        if (b != NULL && b->first_seq == seq && b->n <= end_seq - seq &&
            (seq + b->n < window_end_seq || seq + b->n == rd->m->next_seq)) {
            return b;
        }
    }
    return NULL;
}

static void add_rows(void *ctx, const struct rows *r, const struct span *sp, size_t from, size_t to,
                     struct sums *into)
{
    struct reading *rd = ctx;
    uint64_t end_seq = r->first_seq + to;
    for (uint64_t seq = r->first_seq + from; seq < end_seq;) {
        const struct block *b = whole_block(rd, seq, end_seq, r->first_seq + sp->end);
        if (b != NULL) {
            rd->cost->blocks++;
            sums_add(into, &b->sums);
            seq += b->n;
            continue;
        }
        const struct block *here = walk(rd, 0, seq);
        const struct block *next = block_after(rd, 0);
        uint64_t part_end = next != NULL && next->first_seq < end_seq ? next->first_seq : end_seq;
        add_part(rd, r, sp, here, (size_t)(seq - r->first_seq), (size_t)(part_end - r->first_seq),
                 into);
        seq = part_end;
    }
}

/* The second of row `middle`, as far as it lies in the window. */
static void around(void *ctx, const struct rows *r, const struct span *sp, size_t middle,
                   size_t *from_out, size_t *to_out)
{
    struct reading *rd = ctx;
    struct reading once = { .m = rd->m, .r = r };
    const struct block *b = middle < sp->end ? walk(&once, 0, r->first_seq + middle) : NULL;
    *from_out = *to_out = middle;
    if (b != NULL && b->first_seq >= r->first_seq + sp->begin &&
        b->first_seq + b->n <= r->first_seq + sp->end) {
        *from_out = (size_t)(b->first_seq - r->first_seq);
        *to_out = *from_out + (size_t)b->n;
        rd->cost->rows += b->n;
    }
}

static void add_grid(void *ctx, const struct rows *r, const struct span *sp, struct grid *g)
{
    struct reading *rd = ctx;
    int64_t second = second_from(sp->start_ns), last = sp->now_ns / NS_PER_S;
    int64_t newest = second_from(r->ts_ns[sp->end - 1]);
    int64_t passed = newest < last + 1 ? newest : last + 1;
    rd->cost->blocks += passed > second ? (size_t)(passed - second) : 0;
    if (!seconds_read(&rd->m->seconds, r, second, passed, g)) {
        grid_walk(&rd->m->cfg, r, sp, passed - 1, g);
    }
    second = passed > second ? passed : second;
    if (second <= last) {
        grid_add_row(g, r, sp->end - 1, sp->stale_ns, &second, last);
    }
}

void meter_read_cost(const struct meter *m, const struct rows *r, const struct window_request *w,
                     struct metrics *out, struct meter_cost *cost_out)
{
    *cost_out = (struct meter_cost){ 0 };
    struct reading reading = { .m = m, .r = r, .cost = cost_out };
    const struct adder adder = {
        .ctx = &reading,
        .cfg = &m->cfg,
        .rows_after = begin_after,
        .add_rows = add_rows,
        .around = around,
        .add_grid = add_grid,
    };
    metrics_window(&adder, r, w, out);
}

void meter_read(const struct meter *m, const struct rows *r, int64_t now_ns, int64_t seconds,
                int64_t px_tick, struct metrics *out)
{
    struct meter_cost cost;
    const struct window_request window = {
        .now_ns = now_ns,
        .seconds = seconds,
        .px_tick = px_tick,
    };
    meter_read_cost(m, r, &window, out, &cost);
}
