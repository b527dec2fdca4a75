/* SPDX-License-Identifier: MIT */
#include "window_internal.h"

#include "orderflow/detector.h"
#include "prefetch.h"

#include <string.h>

enum {
    ROW_BYTES = 5 * 8 + 4,
    CAP_STEP = 16, /* columns start on cache lines */
    /* Of so many rows one may have left before the others move up. Few rows take pages that they do
     * not fill, so they lie closer. */
    SLACK_SHARE = 3,
    SLACK_SHARE_FEW = 6,
    FEW_ROWS = 16384,
    FIRST_ORDER = 6,
    EXPECTED_ROWS = 12 /* to come */
};

struct columns {
    int64_t *ts_ns, *bid_px, *ask_px;
    double *bid_sz, *ask_sz;
    uint32_t *flags;
};

static struct columns columns_at(unsigned char *slab, size_t cap)
{
    int64_t *column = (void *)slab;
    return (struct columns){
        .ts_ns = column,
        .bid_px = column + cap,
        .ask_px = column + 2 * cap,
        .bid_sz = (void *)(column + 3 * cap),
        .ask_sz = (void *)(column + 4 * cap),
        .flags = (void *)(column + 5 * cap),
    };
}

static struct columns columns_of(const struct window *w)
{
    return columns_at(w->arena->base + w->slab_off, w->cap);
}

static size_t slab_cap(unsigned order)
{
    return arena_slab_bytes(order) / ROW_BYTES / CAP_STEP * CAP_STEP;
}

/* Of the first slab of a window. While there is plenty, one that need not move soon: what is not
 * touched of it costs nothing, what has been left behind does. */
static unsigned first_order(const struct arena *a)
{
    unsigned order = 0;
    while (order < FIRST_ORDER && arena_slab_bytes(order + 1) <= a->bytes / 1024 &&
           a->used_bytes <= a->bytes / 4) {
        order++;
    }
    return order;
}

bool window_init(struct window *w, struct arena *a, struct err *err)
{
    *w = (struct window){ .arena = a, .next = a->windows, .state = window_state_create() };
    if (w->next != NULL) {
        w->next->prev = w;
    }
    a->windows = w;
    return w->state != NULL || err_set(err, ERR_MEMORY, "window: out of memory");
}

static void unlink_window(struct window *w)
{
    if (w->next != NULL) {
        w->next->prev = w->prev;
    }
    if (w->prev != NULL) {
        w->prev->next = w->next;
    } else {
        w->arena->windows = w->next;
    }
}

void window_fini(struct window *w)
{
    if (w->arena != NULL) {
        unlink_window(w);
    }
    if (w->cap > 0) {
        arena_give(w->arena, w->slab_off, w->order);
    }
    window_state_destroy(w->state);
    *w = (struct window){ 0 };
}

static void move_rows(const struct window *w, struct columns to)
{
    struct columns from = columns_of(w);
    size_t wide = w->n * sizeof(int64_t);
    memmove(to.ts_ns, from.ts_ns + w->head, wide);
    memmove(to.bid_px, from.bid_px + w->head, wide);
    memmove(to.ask_px, from.ask_px + w->head, wide);
    memmove(to.bid_sz, from.bid_sz + w->head, wide);
    memmove(to.ask_sz, from.ask_sz + w->head, wide);
    memmove(to.flags, from.flags + w->head, w->n * sizeof(uint32_t));
}

/* Into the same slab, with columns further apart: none runs over one that has not moved yet. */
static void spread_rows(const struct window *w, struct columns to)
{
    struct columns from = columns_of(w);
    size_t wide = w->n * sizeof(int64_t);
    memmove(to.flags, from.flags + w->head, w->n * sizeof(uint32_t));
    memmove(to.ask_sz, from.ask_sz + w->head, wide);
    memmove(to.bid_sz, from.bid_sz + w->head, wide);
    memmove(to.ask_px, from.ask_px + w->head, wide);
    memmove(to.bid_px, from.bid_px + w->head, wide);
    memmove(to.ts_ns, from.ts_ns + w->head, wide);
}

static void compact(struct window *w)
{
    move_rows(w, columns_of(w));
    w->head = 0;
    w->gen++;
}

static void drop_front(struct window *w, size_t rows)
{
    w->head += rows;
    w->n -= rows;
    w->first_seq += rows;
}

/* Over the cap: the oldest rows are lost. */
static void lose_front(struct window *w, size_t rows)
{
    if (rows > 0) {
        w->dropped += rows;
        w->dropped_to_ns = columns_of(w).ts_ns[w->head + rows - 1];
        drop_front(w, rows);
    }
}

/* Half of the slab goes back. Columns move towards its front, one after the other, so none runs
 * over another that has not moved yet. */
static void halve(struct window *w)
{
    unsigned order = w->order - 1;
    size_t cap = slab_cap(order), most = cap - cap / 4;
    if (cap < w->cap) {
        lose_front(w, w->n > most ? w->n - most : 0);
        move_rows(w, columns_at(w->arena->base + w->slab_off, cap));
        w->cap = cap;
        w->head = 0;
        w->gen++;
    }
    w->order = order;
    arena_give(w->arena, w->slab_off + arena_slab_bytes(order), order);
}

/* So that those who came first do not keep all: the largest window gives way to one that would
 * still be smaller with a slab of that order. */
static bool take_from_largest(struct arena *a, unsigned order, uint64_t *off_out)
{
    struct window *largest = NULL;
    for (struct window *w = a->windows; w != NULL; w = w->next) {
        bool larger = w->cap > 0 && (largest == NULL || w->order > largest->order);
        largest = larger ? w : largest;
    }
    if (largest == NULL || largest->order <= order) {
        return false;
    }
    halve(largest);
    return arena_take(a, order, off_out);
}

static void settle_in(struct window *w, uint64_t off, unsigned order, size_t cap)
{
    w->slab_off = off;
    w->order = order;
    w->cap = cap;
    w->head = 0;
    w->gen++;
}

/* Rows that a slab of that order is laid out for next: all it holds, but of few only a quarter more
 * than now, so that columns lie close and what is behind them is not touched. */
static size_t next_cap(const struct window *w, unsigned order)
{
    size_t most = slab_cap(order);
    size_t cap = (w->cap + w->cap / 4) / CAP_STEP * CAP_STEP + CAP_STEP;
    cap = w->cap == 0 ? slab_cap(0) : cap;
    return w->cap < FEW_ROWS && cap < most ? cap : most;
}

/* False: no larger slab is to be had. */
static bool grow(struct window *w)
{
    unsigned order = w->cap == 0 ? first_order(w->arena) : w->order;
    uint64_t off = w->slab_off;
    bool in_place = w->cap > 0 && w->cap < slab_cap(order);
    order += w->cap > 0 && !in_place;
    size_t cap = next_cap(w, order);
    if (in_place || (w->cap > 0 && arena_extend(w->arena, off, order - 1))) {
        spread_rows(w, columns_at(w->arena->base + off, cap));
        settle_in(w, off, order, cap);
        return true;
    }
    bool taken = order < ARENA_ORDERS && arena_take(w->arena, order, &off);
    if (!taken && w->cap == 0) {
        order = 0;
        taken = arena_take(w->arena, order, &off);
    }
    if (!taken && (order >= ARENA_ORDERS || !take_from_largest(w->arena, order, &off))) {
        return false;
    }
    if (w->cap > 0) {
        move_rows(w, columns_at(w->arena->base + off, cap));
        arena_give(w->arena, w->slab_off, w->order);
    }
    settle_in(w, off, order, cap);
    return true;
}

/* A move is paid for by the rows that have left since the last one, or by the doubling. Rows lie
 * close, so that little more memory is touched than they need. */
static bool make_room(struct window *w)
{
    size_t least = w->cap / 8;
    size_t share = w->n < FEW_ROWS ? SLACK_SHARE_FEW : SLACK_SHARE;
    if (w->head > w->n / share + CAP_STEP) {
        compact(w);
    }
    if (w->head + w->n < w->cap) {
        return true;
    }
    if (w->cap == 0 || w->head < least) {
        if (grow(w)) {
            return true;
        }
        if (w->cap == 0) {
            return false;
        }
        lose_front(w, w->cap / 4 - w->head);
    }
    compact(w);
    return true;
}

static bool repeats_row(const struct columns *c, size_t i, const struct quote *q)
{
    return q->bid_px == c->bid_px[i] && q->ask_px == c->ask_px[i] && q->bid_sz == c->bid_sz[i] &&
           q->ask_sz == c->ask_sz[i];
}

bool window_push(struct window *w, const struct quote *q, struct err *err)
{
    if (!make_room(w)) {
        return err_set(err, ERR_MEMORY, "window: the arena of %zu bytes is full", w->arena->bytes);
    }
    struct columns c = columns_of(w);
    size_t at = w->head + w->n;
    int64_t dt_ns = -1;
    uint32_t flags = 0;
    if (w->n > 0) {
        dt_ns = q->ts_ns - c.ts_ns[at - 1];
        CHECK(dt_ns >= 0);
        flags = repeats_row(&c, at - 1, q) ? OFD_ROW_DUPLICATE : 0;
    }
    flags |= window_state_classify(w->state, dt_ns, q);
    c.ts_ns[at] = q->ts_ns;
    c.bid_px[at] = q->bid_px;
    c.ask_px[at] = q->ask_px;
    c.bid_sz[at] = q->bid_sz;
    c.ask_sz[at] = q->ask_sz;
    c.flags[at] = flags;
    if (!flag_counts_push(window_state_flags(w->state), w->first_seq + w->n, w->first_seq, flags)) {
        return err_set(err, ERR_MEMORY, "window: out of memory");
    }
    w->n++;
    return true;
}

struct rows window_rows(const struct window *w)
{
    if (w->n == 0) {
        return (struct rows){ .first_seq = w->first_seq };
    }
    struct columns c = columns_of(w);
    return (struct rows){
        .n = w->n,
        .first_seq = w->first_seq,
        .ts_ns = c.ts_ns + w->head,
        .bid_px = c.bid_px + w->head,
        .ask_px = c.ask_px + w->head,
        .bid_sz = c.bid_sz + w->head,
        .ask_sz = c.ask_sz + w->head,
        .flags = c.flags + w->head,
    };
}

/* Where it would be if rows came at one rate: rows of many tickers are not in the cache, and each
 * step of a search from the middle would wait for memory. */
size_t rows_after(const struct rows *r, int64_t t)
{
    size_t n = r->n;
    if (n == 0 || r->ts_ns[n - 1] <= t) {
        return n; /* most often it is asked for now */
    }
    if (t < r->ts_ns[0]) {
        return 0;
    }
    double passed = (double)(t - r->ts_ns[0]), all = (double)(r->ts_ns[n - 1] - r->ts_ns[0]);
    size_t guess = (size_t)(passed / all * (double)n);
    return rows_after_near(r, t, guess < n ? guess : n);
}

size_t rows_after_near(const struct rows *r, int64_t t, size_t hint)
{
    size_t low = hint, high = hint, step = 1;
    while (low > 0 && r->ts_ns[low - 1] > t) {
        high = low - 1;
        low = low > step ? low - step : 0;
        step *= 2;
    }
    while (high < r->n && r->ts_ns[high] <= t) {
        low = high + 1;
        high = r->n - high > step ? high + step : r->n;
        step *= 2;
    }
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (r->ts_ns[mid] > t) {
            high = mid;
        } else {
            low = mid + 1;
        }
    }
    return low;
}

void rows_expect(const struct rows *r, size_t i)
{
    prefetch(r->ts_ns + i);
    prefetch(r->bid_px + i);
    prefetch(r->ask_px + i);
    prefetch(r->bid_sz + i);
    prefetch(r->ask_sz + i);
    prefetch(r->flags + i);
}

void window_expect(const struct window *w, int step)
{
    window_state_expect(w->state, step);
    if (step == 2 && w->n > 0) {
        struct rows r = window_rows(w);
        size_t line_rows = CACHE_LINE / sizeof r.ts_ns[0];
        for (size_t i = w->n - 1; i < w->n + EXPECTED_ROWS; i += line_rows) {
            rows_expect(&r, i);
        }
    }
}

void window_evict(struct window *w, int64_t before_ns)
{
    struct rows r = window_rows(w);
    size_t old = rows_after(&r, before_ns);
    if (old > 1) {
        drop_front(w, old - 1);
    }
}

int64_t window_median_gap_ns(const struct window *w)
{
    return window_state_median_gap_ns(w->state);
}

int64_t window_gap_limit_ns(const struct window *w, int64_t floor_ns)
{
    return window_state_gap_limit_ns(w->state, floor_ns);
}

struct window_ref window_ref(const struct window *w)
{
    return (struct window_ref){
        .slab_off = w->slab_off,
        .cap = w->cap,
        .head = w->head,
        .n = w->n,
        .first_seq = w->first_seq,
        .gen = w->gen,
    };
}

bool window_map(const void *base, size_t arena_bytes, const struct window_ref *ref,
                struct rows *out)
{
    *out = (struct rows){ .first_seq = ref->first_seq };
    if (ref->n == 0) {
        return true;
    }
    bool inside = ref->slab_off % ARENA_PAGE_BYTES == 0 && ref->slab_off < arena_bytes &&
                  ref->cap <= (arena_bytes - ref->slab_off) / ROW_BYTES && ref->head <= ref->cap &&
                  ref->n <= ref->cap - ref->head;
    if (!inside) {
        return false;
    }
    const unsigned char *slab = (const unsigned char *)base + ref->slab_off;
    const unsigned char *first = slab + ref->head * sizeof(int64_t);
    size_t column_bytes = ref->cap * sizeof(int64_t);
    out->n = ref->n;
    out->ts_ns = (const void *)first;
    out->bid_px = (const void *)(first + column_bytes);
    out->ask_px = (const void *)(first + 2 * column_bytes);
    out->bid_sz = (const void *)(first + 3 * column_bytes);
    out->ask_sz = (const void *)(first + 4 * column_bytes);
    out->flags = (const void *)(slab + 5 * column_bytes + ref->head * sizeof(uint32_t));
    return true;
}
