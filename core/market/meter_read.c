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
    bool adds_up;   /* seconds that are kept no more */
    int64_t second; /* that the next row most likely belongs to */
};

/* A block and its sums. */
struct found {
    const struct block *block; /* NULL: none */
    const struct sums *sums;
    int64_t next_second; /* after it */
};

/* The block of that index if there is one: where none is missing it lies where its index says. */
static const struct block *block_of(const struct block_list *l, int64_t index, size_t *at_out)
{
    int64_t at = l->n == 0 ? -1 : index - l->first_index;
    if (at < 0 || (uint64_t)at >= l->n || block_get(l, (size_t)at)->index != index) {
        return NULL;
    }
    *at_out = (size_t)at;
    return block_get(l, (size_t)at);
}

/* block_list_upper() of a row in the block of that index. */
static size_t find_upper(const struct block_list *l, int64_t index, uint64_t seq)
{
    size_t at = 0;
    const struct block *b = block_of(l, index, &at);
    if (b != NULL && b->first_seq <= seq) {
        return at + 1;
    }
    bool behind = l->n > 0 && block_get(l, l->n - 1)->first_seq <= seq;
    return behind ? l->n : block_list_upper(l, seq);
}

static bool is_kept(const struct meter *m, uint64_t seq)
{
    return m->level[0].n > 0 && seq >= block_get(&m->level[0], 0)->first_seq;
}

/* A whole second amid a block of level 1: the rows after it begin among that block's, or behind. */
static size_t begin_in(const struct meter *m, const struct rows *r, int64_t second,
                       const struct block *b)
{
    size_t first = (size_t)(b->first_seq - r->first_seq);
    const struct parts *p = parts_known(m, b);
    for (size_t i = 0; p != NULL && i < p->n; i++) {
        if (p->block[i].index > second) {
            return (size_t)(p->block[i].first_seq - r->first_seq);
        }
    }
    const struct rows rows = { .n = (size_t)b->n, .ts_ns = r->ts_ns + first };
    return p != NULL ? first + rows.n : first + rows_after(&rows, second * NS_PER_S);
}

/* rows_after(), by the blocks. */
static size_t begin_after(const void *ctx, const struct rows *r, int64_t t)
{
    const struct meter *m = ((const struct reading *)ctx)->m;
    int64_t second = t / NS_PER_S;
    size_t at = 0;
    if (t % NS_PER_S != 0) {
        return rows_after(r, t);
    }
    const struct block *b = block_of(&m->level[0], second + 1, &at);
    if (b != NULL && at > 0 && b->first_seq >= r->first_seq && b->first_seq < r->first_seq + r->n) {
        return (size_t)(b->first_seq - r->first_seq);
    }
    b = block_of(&m->level[1], wider_index(second + 1), &at);
    if (b != NULL && at > 0 && b->first_seq >= r->first_seq &&
        b->first_seq + b->n < r->first_seq + r->n && !is_kept(m, b->first_seq + b->n - 1)) {
        return begin_in(m, r, second, b);
    }
    return rows_after(r, t);
}

/* The second of row seq; of one that is kept no more any of the same block of level 1, for nobody
 * looks for it. The row's time would be waited for, so it is asked for only where the blocks do not
 * tell. */
static int64_t second_of(const struct walk *w, uint64_t seq, bool kept)
{
    const struct meter *m = w->rd->m;
    size_t at;
    const struct block *b = kept ? block_of(&m->level[0], w->second, &at)
                                 : block_of(&m->level[1], wider_index(w->second), &at);
    bool told = b != NULL &&
                (kept ? b->first_seq == seq : seq >= b->first_seq && seq - b->first_seq < b->n);
    return told ? w->second : second_from(w->rd->r->ts_ns[seq - w->rd->r->first_seq]);
}

/* The seconds around row seq, which are kept no more. NULL: they cannot be added up. */
static const struct parts *parts_at(const struct walk *w, uint64_t seq, int64_t second)
{
    const struct rows *r = w->rd->r;
    const struct block_list *l = &w->rd->m->level[1];
    if (w->rd->m->level[0].n == 0) {
        return NULL;
    }
    size_t at = find_upper(l, wider_index(second), seq);
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

/* The widest kept block that fits. second: of row seq. */
static struct found kept_block(const struct walk *w, uint64_t seq, uint64_t end_seq, bool kept,
                               int64_t second)
{
    struct found best = { .block = NULL };
    int64_t index = kept ? second : wider_index(second), width = kept ? 1 : BLOCK_WIDTH;
    int64_t before = kept ? index - 1 : INT64_MIN; /* of the block before, if that is known */
    for (unsigned k = kept ? 0 : 1; k < BLOCK_LEVELS && before != index; k++) {
        const struct block_list *l = &w->rd->m->level[k];
        size_t at = find_upper(l, index, seq);
        if (k == 0) {
            before = at < 2 ? INT64_MIN : block_get(l, at - 2)->index;
        }
        if (at == 0 || !fits(w, block_get(l, at - 1), seq, end_seq)) {
            break;
        }
        best = (struct found){ .block = block_get(l, at - 1),
                               .sums = &l->sums[block_at(l, at - 1)],
                               .next_second = index * width + 1 };
        index = wider_index(index);
        width *= BLOCK_WIDTH;
        before = before == INT64_MIN ? before : wider_index(before);
    }
    return best;
}

/* The widest block that fits. */
static struct found whole_block(struct walk *w, uint64_t seq, uint64_t end_seq)
{
    bool kept = is_kept(w->rd->m, seq);
    w->second = second_of(w, seq, kept);
    struct found best = kept_block(w, seq, end_seq, kept, w->second);
    bool adds_up = best.block == NULL && w->adds_up && !kept;
    const struct parts *p = adds_up ? parts_at(w, seq, w->second) : NULL;
    if (p != NULL) {
        size_t i = part_of(p, seq);
        if (fits(w, &p->block[i], seq, end_seq)) {
            best = (struct found){ .block = &p->block[i],
                                   .sums = &p->sums[i],
                                   .next_second = p->block[i].index + 1 };
        }
    }
    w->second = best.block != NULL ? best.next_second : w->second + 1;
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

/* Sizes of rows [seq, end_seq) of one second. */
static void add_half_part(const struct reading *rd, uint64_t seq, uint64_t end_seq,
                          struct half *into)
{
    const struct rows *r = rd->r;
    struct half second = { 0 };
    half_add_rows(&second, r, (size_t)(seq - r->first_seq), (size_t)(end_seq - r->first_seq));
    half_add_half(into, &second);
    rd->cost->rows += end_seq - seq;
}

/* What of the older half lies in a block that reaches beyond it. */
static void add_rest_of_half(struct walk w, uint64_t seq, uint64_t end_seq, struct half *into)
{
    w.adds_up = false;
    while (seq < end_seq) {
        struct found f = whole_block(&w, seq, end_seq);
        uint64_t next = f.block != NULL ? seq + f.block->n : second_end(w.rd, seq, end_seq);
        if (f.block != NULL) {
            w.rd->cost->blocks++;
            half_add_sums(into, f.sums);
        } else {
            add_half_part(w.rd, seq, next, into);
        }
        seq = next;
    }
}

static void add_rows(void *ctx, const struct rows *r, const struct span *sp, size_t middle,
                     struct sums *into, struct half *older)
{
    struct reading *rd = ctx;
    struct walk w = { .rd = rd,
                      .window_end_seq = r->first_seq + sp->end,
                      .adds_up = true,
                      .second = sp->start_ns / NS_PER_S + 1 };
    uint64_t middle_seq = r->first_seq + middle, next;
    for (uint64_t seq = r->first_seq + sp->begin; seq < w.window_end_seq; seq = next) {
        struct walk here = w;
        struct found f = whole_block(&w, seq, w.window_end_seq);
        next = f.block != NULL ? seq + f.block->n : second_end(rd, seq, w.window_end_seq);
        bool is_older = next <= middle_seq;
        if (!is_older && seq < middle_seq) {
            add_rest_of_half(here, seq, middle_seq, older);
        }
        if (f.block != NULL) {
            rd->cost->blocks++;
            sums_add(into, f.sums);
            if (is_older) {
                half_add_sums(older, f.sums);
            }
            continue;
        }
        add_part(rd, r, sp, (size_t)(seq - r->first_seq), (size_t)(next - r->first_seq), into);
        if (is_older) {
            add_half_part(rd, seq, next, older);
        }
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
