/* SPDX-License-Identifier: MIT */
/* Where the next readings of a meter will look, if no second is empty and rows come at one rate. */
#include "meter_blocks.h"
#include "prefetch.h"

enum { EXPECTED_RUNS = 16 };

/* (from, to], in seconds */
struct reach {
    int64_t from, to;
};

/* The block of that index; NULL: it is not kept. */
static const struct block *find(const struct block_list *l, int64_t index)
{
    int64_t at = index - l->first_index;
    return at >= 0 && (uint64_t)at < l->n ? block_get(l, (size_t)at) : NULL;
}

static void expect_block(const struct block_list *l, int64_t index)
{
    const struct block *b = find(l, index);
    if (b != NULL) {
        prefetch(b);
    }
}

static void expect_sums(const struct block_list *l, int64_t index)
{
    const struct block *b = find(l, index);
    if (b != NULL) {
        prefetch_bytes(&l->sums[b - l->block], sizeof *l->sums);
    }
}

/* A second that is kept no more. */
static void expect_part(const struct meter *m, int64_t second)
{
    int64_t index = wider_index(second);
    size_t at = (size_t)(second - (index - 1) * BLOCK_WIDTH - 1);
    expect_block(&m->level[1], index);
    for (int i = 0; i < PARTS_KEPT && m->parts != NULL; i++) {
        if (m->parts_of[i].index == index) {
            prefetch(&m->parts[i].n);
            prefetch(&m->parts[i].block[at]);
            prefetch_bytes(&m->parts[i].sums[at], sizeof m->parts[i].sums[at]);
        }
    }
}

/* Blocks that are looked at, and the sums of the widest of them that fits: the newest one of its
 * width has no more seconds than there were. Returns how many it has. */
static int64_t expect_widest(const struct meter *m, struct reach w, bool is_end)
{
    int64_t width = 1;
    unsigned k = 0;
    expect_block(&m->level[0], w.from + 1);
    while (k + 1 < BLOCK_LEVELS && w.from % (width * BLOCK_WIDTH) == 0) {
        const struct block *b = find(&m->level[k + 1], w.from / (width * BLOCK_WIDTH) + 1);
        if (b != NULL) {
            prefetch(b);
        }
        if (b == NULL || (!is_end && w.from + width * BLOCK_WIDTH > w.to)) {
            break;
        }
        width *= BLOCK_WIDTH;
        k++;
    }
    if (k == 0 && w.from + 1 < m->level[0].first_index) {
        expect_part(m, w.from + 1);
    } else {
        expect_sums(&m->level[k], w.from / width + 1);
    }
    return w.from + width <= w.to ? width : w.to - 1 - w.from;
}

/* Of the block that reaches beyond the older half, its parts that lie in that. */
static void expect_window(const struct meter *m, struct reach w, int64_t middle)
{
    while (w.from < w.to) {
        struct reach half = { .from = w.from, .to = middle };
        int64_t seconds = expect_widest(m, w, true);
        w.from += seconds > 0 ? seconds : 1;
        while (half.from < middle && w.from > middle) {
            half.from += expect_widest(m, half, false);
        }
    }
}

/* The newest block and the one to come. */
static void expect_end(const struct block_list *l)
{
    for (size_t i = l->n > 0 ? l->n - 1 : 0; i <= l->n && i < l->cap; i++) {
        prefetch(block_get(l, i));
        prefetch_bytes(&l->sums[block_at(l, i)], sizeof *l->sums);
    }
}

static void expect_mark(const struct mark_list *l)
{
    if (l->n > 0) {
        prefetch_bytes(&l->mark[l->head + l->n - 1], 2 * sizeof *l->mark);
    }
}

static void expect_seconds(const struct seconds *s, struct reach w)
{
    if (s->square != NULL && w.from >= s->first && w.to - w.from < s->cap) {
        size_t cap = (size_t)s->cap, begin = (size_t)(w.from % s->cap);
        size_t n = (size_t)(w.to - w.from + 1), run = cap - begin < n ? cap - begin : n;
        size_t runs = s->n_runs < EXPECTED_RUNS ? s->n_runs : EXPECTED_RUNS;
        prefetch_bytes(s->square + begin, run * sizeof *s->square);
        prefetch_bytes(s->square, (n - run) * sizeof *s->square);
        prefetch_bytes(s->run + s->head + s->n_runs - runs, runs * sizeof *s->run);
    }
}

/* Number of the first row after a whole second, or one near it; 0: not known. */
static uint64_t row_after(const struct meter *m, int64_t second)
{
    const struct block *b = find(&m->level[0], second + 1);
    if (b != NULL) {
        return b->first_seq;
    }
    b = find(&m->level[1], second / BLOCK_WIDTH + 1);
    return b == NULL ? 0 : b->first_seq + b->n * (uint64_t)(second % BLOCK_WIDTH) / BLOCK_WIDTH;
}

static void expect_row(const struct rows *r, uint64_t seq)
{
    if (seq >= r->first_seq && seq - r->first_seq < r->n) {
        rows_expect(r, (size_t)(seq - r->first_seq));
    }
}

/* Where the window begins, and about its middle. */
static void expect_rows(const struct meter *m, const struct rows *r, struct reach w)
{
    size_t line_rows = CACHE_LINE / sizeof r->ts_ns[0];
    uint64_t begin = row_after(m, w.from), middle = row_after(m, w.from + (w.to - w.from) / 2);
    expect_row(r, begin - 1);
    expect_row(r, begin);
    expect_row(r, middle - 1 - line_rows);
    expect_row(r, middle - 1);
    expect_row(r, middle - 1 + line_rows);
}

void meter_expect(const struct meter *m, const struct rows *r, int64_t now_ns, int64_t seconds,
                  int step)
{
    struct reach w = { .from = now_ns / NS_PER_S - seconds, .to = now_ns / NS_PER_S };
    int64_t middle = w.from + seconds / 2;
    if (step == 1) {
        prefetch_bytes(m, sizeof *m);
    } else if (step == 2) {
        expect_window(m, w, middle);
        expect_block(&m->level[1], middle / BLOCK_WIDTH + 1);
        expect_seconds(&m->seconds, w);
        for (unsigned k = 0; k < BLOCK_LEVELS; k++) {
            expect_end(&m->level[k]);
        }
        expect_mark(&m->marks);
    } else {
        expect_rows(m, r, w);
    }
}
