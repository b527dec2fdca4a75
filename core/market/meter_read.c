/* SPDX-License-Identifier: MIT */
#include "meter_blocks.h"

/* Rows are asked for in order, so each list is searched once and walked from there. */
struct reading {
    const struct meter *m;
    struct meter_cost *cost;
    size_t next[BLOCK_LEVELS]; /* first block that begins after the row last asked for */
    bool searched[BLOCK_LEVELS];
};

/* The block of the level that holds row seq, or NULL; next[level] is the one after row seq. */
static const struct block *walk(struct reading *rd, unsigned level, uint64_t seq)
{
    const struct block_list *l = &rd->m->level[level];
    size_t at = rd->next[level];
    if (!rd->searched[level]) {
        at = block_list_upper(l, seq);
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

/* The widest complete block that begins with row seq and ends before row end_seq. The block of the
 * newest row is never complete: its last row is held to the end of the window, not to the next. */
static const struct block *whole_block(struct reading *rd, uint64_t seq, uint64_t end_seq,
                                       int64_t newest_ns)
{
    for (unsigned k = BLOCK_LEVELS; k-- > 0;) {
        const struct block *b = walk(rd, k, seq);
        if (b != NULL && b->first_seq == seq && b->n <= end_seq - seq &&
            b->index < block_index(k, newest_ns)) {
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
        const struct block *b = whole_block(rd, seq, end_seq, r->ts_ns[sp->end - 1]);
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

/* The first row after the second that row i lies in. */
static size_t second_end(struct reading *rd, const struct rows *r, size_t i)
{
    const struct block *b = walk(rd, 0, r->first_seq + i);
    if (b == NULL) {
        return rows_after(r, block_index(0, r->ts_ns[i]) * NS_PER_S);
    }
    return (size_t)(b->first_seq + b->n - r->first_seq);
}

/* The last row of a second is in force at its end and at the ends of the empty seconds behind it.
 */
static void add_grid(void *ctx, const struct rows *r, const struct span *sp, struct grid *g)
{
    struct reading *rd = ctx;
    rd->searched[0] = false; /* the rows of the window once more */
    int64_t second = (sp->start_ns + NS_PER_S - 1) / NS_PER_S;
    int64_t last = sp->now_ns / NS_PER_S;
    size_t next = rows_after(r, second * NS_PER_S);
    while (next < sp->end && second <= last) {
        int64_t until = (r->ts_ns[next] + NS_PER_S - 1) / NS_PER_S - 1;
        if (next == 0) {
            for (; second <= until; second++) {
                grid_add(g, 0, 0);
            }
        } else {
            int64_t end_ns =
                hold_end_ns(&rd->m->cfg, r->ts_ns[next - 1], r->ts_ns[next], r->flags[next]);
            grid_add_row(g, r, next - 1, end_ns, &second, until < last ? until : last);
        }
        rd->cost->blocks++;
        size_t after = second_end(rd, r, next);
        next = after < sp->end ? after : sp->end;
    }
    if (next > 0 && second <= last) {
        grid_add_row(g, r, next - 1, sp->stale_ns, &second, last);
    }
}

void meter_read_cost(const struct meter *m, const struct rows *r, const struct window_request *w,
                     struct metrics *out, struct meter_cost *cost_out)
{
    *cost_out = (struct meter_cost){ 0 };
    struct reading reading = { .m = m, .cost = cost_out };
    const struct adder adder = {
        .ctx = &reading,
        .cfg = &m->cfg,
        .add_rows = add_rows,
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
