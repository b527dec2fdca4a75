/* SPDX-License-Identifier: MIT */
#include "meter_blocks.h"

struct reading {
    struct meter *m; /* only its parts change */
    const struct rows *r;
    struct meter_cost *cost;
};

/* A walk along the blocks, from row to row. */
struct walk {
    const struct reading *rd;
    uint64_t window_end_seq;
    bool adds_up; /* seconds that are kept no more */
};

/* A block and its sums. */
struct found {
    const struct block *block; /* NULL: none */
    const struct sums *sums;
};

/* block_list_upper() of a row in the block of that index. Where no second was empty it lies where
 * its index says, and nothing is searched. */
static size_t find_upper(const struct block_list *l, int64_t index, uint64_t seq)
{
    if (l->n == 0 || block_get(l, l->n - 1)->first_seq <= seq) {
        return l->n;
    }
    int64_t at = index - block_get(l, 0)->index;
    if (at >= 0 && (uint64_t)at + 1 < l->n && block_get(l, (size_t)at)->first_seq <= seq &&
        block_get(l, (size_t)at + 1)->first_seq > seq) {
        return (size_t)at + 1;
    }
    return block_list_upper(l, seq);
}

/* rows_after(), by the blocks. */
static size_t begin_after(const void *ctx, const struct rows *r, int64_t t)
{
    const struct block_list *l = &((const struct reading *)ctx)->m->level[0];
    int64_t index = t / NS_PER_S + 1;
    if (l->n > 0 && t % NS_PER_S == 0 && index > block_get(l, 0)->index) {
        int64_t at = index - block_get(l, 0)->index;
        const struct block *b = (uint64_t)at < l->n ? block_get(l, (size_t)at) : NULL;
        if (b != NULL && b->index == index && b->first_seq >= r->first_seq &&
            b->first_seq < r->first_seq + r->n) {
            return (size_t)(b->first_seq - r->first_seq);
        }
    }
    return rows_after(r, t);
}

/* The seconds around row seq, which are kept no more. NULL: they are, or cannot be added up. */
static const struct parts *parts_at(const struct walk *w, uint64_t seq)
{
    const struct rows *r = w->rd->r;
    const struct block_list *seconds = &w->rd->m->level[0], *l = &w->rd->m->level[1];
    if (seconds->n == 0 || seq >= block_get(seconds, 0)->first_seq) {
        return NULL;
    }
    size_t at = find_upper(l, block_index(1, r->ts_ns[seq - r->first_seq]), seq);
    const struct block *b = at == 0 ? NULL : block_get(l, at - 1);
    bool whole = b != NULL && seq - b->first_seq < b->n && b->first_seq >= r->first_seq &&
                 b->first_seq + b->n < r->first_seq + r->n;
    return whole ? parts_get(w->rd->m, r, b, w->rd->cost) : NULL;
}

/* The second of p that holds row seq. */
static size_t part_of(const struct parts *p, uint64_t seq)
{
    size_t i = p->n;
    while (i > 1 && p->block[i - 1].first_seq > seq) {
        i--;
    }
    return i - 1;
}

/* It begins with row seq and ends before row end_seq. In its sums each row is held to the next one,
 * so the window must have that, too; only the newest row of all is held to nowhere yet. */
static bool fits(const struct walk *w, const struct block *b, uint64_t seq, uint64_t end_seq)
{
    return b->first_seq == seq && b->n != 0 && b->n <= end_seq - seq &&
           (seq + b->n < w->window_end_seq || seq + b->n == w->rd->m->next_seq);
}

/* The widest block that fits. */
static struct found whole_block(const struct walk *w, uint64_t seq, uint64_t end_seq)
{
    struct found best = { .block = NULL };
    int64_t index = second_from(w->rd->r->ts_ns[seq - w->rd->r->first_seq]);
    int64_t before = index - 1; /* of the block before, as far as that is known */
    for (unsigned k = 0; k < BLOCK_LEVELS && before != index; k++) {
        const struct block_list *l = &w->rd->m->level[k];
        size_t at = find_upper(l, index, seq);
        if (k == 0) {
            before = at < 2 ? INT64_MIN : block_get(l, at - 2)->index;
        }
        if (at > 0 && fits(w, block_get(l, at - 1), seq, end_seq)) {
            best = (struct found){ .block = block_get(l, at - 1),
                                   .sums = &l->sums[block_at(l, at - 1)] };
        } else if (k > 0 || at > 0) {
            break;
        }
        index = (index + BLOCK_WIDTH - 1) / BLOCK_WIDTH;
        before = before == INT64_MIN ? before : (before + BLOCK_WIDTH - 1) / BLOCK_WIDTH;
    }
    const struct parts *p = best.block == NULL && w->adds_up ? parts_at(w, seq) : NULL;
    if (p != NULL) {
        size_t i = part_of(p, seq);
        if (fits(w, &p->block[i], seq, end_seq)) {
            best = (struct found){ .block = &p->block[i], .sums = &p->sums[i] };
        }
    }
    return best;
}

/* Where the second of row seq ends, or end_seq if that comes before. */
static uint64_t second_end(const struct reading *rd, uint64_t seq, uint64_t end_seq)
{
    const struct rows *r = rd->r;
    size_t i = (size_t)(seq - r->first_seq), end = (size_t)(end_seq - r->first_seq);
    int64_t end_ns = second_from(r->ts_ns[i]) * NS_PER_S;
    while (i < end && r->ts_ns[i] <= end_ns) {
        i++;
    }
    return r->first_seq + i;
}

/* Rows [from, to) of one second, from where it is known what the rows before them left. */
static void add_part(const struct reading *rd, const struct rows *r, const struct span *sp,
                     size_t from, size_t to, struct sums *into)
{
    const struct metrics_config *cfg = &rd->m->cfg;
    const struct mark *mark = mark_list_find(&rd->m->marks, r->first_seq + from);
    struct carry carry = { 0 };
    struct sums before = { 0 };
    size_t i = 0;
    if (mark != NULL && mark->seq >= r->first_seq) {
        carry = mark->carry;
        i = (size_t)(mark->seq - r->first_seq);
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

static void add_rows(void *ctx, const struct rows *r, const struct span *sp, size_t from, size_t to,
                     struct sums *into)
{
    struct reading *rd = ctx;
    struct walk w = { .rd = rd, .window_end_seq = r->first_seq + sp->end, .adds_up = true };
    uint64_t end_seq = r->first_seq + to;
    for (uint64_t seq = r->first_seq + from; seq < end_seq;) {
        struct found f = whole_block(&w, seq, end_seq);
        if (f.block != NULL) {
            rd->cost->blocks++;
            sums_add(into, f.sums);
            seq += f.block->n;
            continue;
        }
        uint64_t part_end = second_end(rd, seq, end_seq);
        add_part(rd, r, sp, (size_t)(seq - r->first_seq), (size_t)(part_end - r->first_seq), into);
        seq = part_end;
    }
}

static void add_half(void *ctx, const struct rows *r, const struct span *sp, size_t to,
                     struct half *into)
{
    struct reading *rd = ctx;
    struct walk w = { .rd = rd, .window_end_seq = r->first_seq + sp->end };
    uint64_t end_seq = r->first_seq + to;
    for (uint64_t seq = r->first_seq + sp->begin; seq < end_seq;) {
        struct found f = whole_block(&w, seq, end_seq);
        uint64_t part_end = 0;
        if (f.block != NULL) {
            rd->cost->blocks++;
            half_add_sums(into, f.sums);
            part_end = seq + f.block->n;
        } else {
            part_end = second_end(rd, seq, end_seq);
            struct half second = { 0 };
            half_add_rows(&second, r, (size_t)(seq - r->first_seq),
                          (size_t)(part_end - r->first_seq));
            half_add_half(into, &second);
            rd->cost->rows += part_end - seq;
        }
        seq = part_end;
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

void meter_read_cost(struct meter *m, const struct rows *r, const struct window_request *w,
                     struct metrics *out, struct meter_cost *cost_out)
{
    *cost_out = (struct meter_cost){ 0 };
    struct reading reading = { .m = m, .r = r, .cost = cost_out };
    const struct adder adder = {
        .ctx = &reading,
        .cfg = &m->cfg,
        .rows_after = begin_after,
        .add_rows = add_rows,
        .add_half = add_half,
        .add_grid = add_grid,
    };
    metrics_window(&adder, r, w, out);
}

void meter_read(struct meter *m, const struct rows *r, int64_t now_ns, int64_t seconds,
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
