/* SPDX-License-Identifier: MIT */
#include "level_book.h"
#include "orderflow/detector.h"
#include "prefetch.h"

#include <math.h>
#include <stdlib.h>

/* Of all levels alive, bids first and by price: where each stands among them by touches and by
 * size, in half places from below, so that equal ones share the middle of theirs. */
struct ranking {
    size_t n;
    double touches[2 * SIDE_LEVELS_MAX], sizes[2 * SIDE_LEVELS_MAX];
    uint16_t touches_at[2 * SIDE_LEVELS_MAX], sizes_at[2 * SIDE_LEVELS_MAX];
};

struct item {
    double value;
    uint16_t i;
};

static double average_sz(const struct level_entry *e)
{
    double seconds = (double)e->dwell_ns / (double)LEVEL_NS_PER_S;
    return seconds > 0 ? e->sz_s / seconds : e->l.total_sz / (double)e->l.touches;
}

static int compare_items(const void *a, const void *b)
{
    double x = ((const struct item *)a)->value, y = ((const struct item *)b)->value;
    return (x > y) - (x < y);
}

/* Quick where most are in order. */
static void sort(struct item *items, size_t n)
{
    size_t moves = 0;
    for (size_t i = 1; i < n; i++) {
        struct item one = items[i];
        size_t at = i;
        for (; at > 0 && items[at - 1].value > one.value; at--) {
            items[at] = items[at - 1];
        }
        items[at] = one;
        moves += i - at;
        if (moves > 16 * n) {
            qsort(items, n, sizeof *items, compare_items);
            return;
        }
    }
}

/* order: in what order they were the last time; in what they are. NULL: nobody knows. */
static void rank(const double *value, size_t n, uint8_t *order, bool known, uint16_t *at_out)
{
    struct item items[2 * SIDE_LEVELS_MAX];
    for (size_t i = 0; i < n; i++) {
        uint16_t from = known ? order[i] : (uint16_t)i;
        items[i] = (struct item){ .value = value[from], .i = from };
    }
    sort(items, n);
    for (size_t from = 0, to; from < n; from = to) {
        for (to = from + 1; to < n && !(items[to].value > items[from].value); to++) {
        }
        for (size_t i = from; i < to; i++) {
            at_out[items[i].i] = (uint16_t)(from + to);
        }
    }
    for (size_t i = 0; order != NULL && i < n; i++) {
        order[i] = (uint8_t)items[i].i;
    }
}

static void rank_all(const struct level_book *b, struct level_order *order, int64_t now_ns,
                     struct ranking *out)
{
    out->n = 0;
    for (int side = 0; side < 2; side++) {
        const struct level_side *s = &b->side[side];
        for (size_t i = 0; i < s->n; i++) {
            if (level_alive(&s->entry[i], now_ns)) {
                out->touches[out->n] = (double)s->entry[i].l.touches;
                out->sizes[out->n++] = average_sz(&s->entry[i]);
            }
        }
    }
    bool kept = order != NULL && out->n <= LEVEL_ORDER_MAX, known = kept && order->n == out->n;
    rank(out->touches, out->n, kept ? order->by_touches : NULL, known, out->touches_at);
    rank(out->sizes, out->n, kept ? order->by_size : NULL, known, out->sizes_at);
    if (order != NULL) {
        order->n = kept ? (uint8_t)out->n : 0;
    }
}

/* 0..1 */
static double share(uint16_t at, const struct ranking *r)
{
    return (double)at / 2 / (double)r->n;
}

/* In hundredths: a level that nobody touches is not another one every second. */
static double strength(const struct level_entry *e, int64_t now_ns, const struct ranking *r,
                       size_t i)
{
    double hold_rate = (double)(e->l.held + 1) / (double)(e->l.held + e->l.broke + 2);
    /* the analyzer does not see that rank() gives every one a place */
    /* NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage) */
    double score = .4 * share(r->touches_at[i], r) + .3 * share(r->sizes_at[i], r) + .3 * hold_rate;
    double age_ns = (double)(now_ns - e->l.last_ns);
    return nearbyint(100 * score * exp2(-age_ns / (double)LEVEL_HALF_LIFE_NS)) / 100;
}

/* One of the best. */
struct candidate {
    double strength;
    const struct level_entry *e;
};

/* Stronger first; then the newer, then the lower price. */
static bool is_better(const struct candidate *a, const struct candidate *b)
{
    if (a->strength != b->strength) {
        return a->strength > b->strength;
    }
    if (a->e->l.last_ns != b->e->l.last_ns) {
        return a->e->l.last_ns > b->e->l.last_ns;
    }
    return a->e->l.px < b->e->l.px;
}

/* The entry as it stands at now_ns, with the newest row held until then. */
static struct level_entry as_of(const struct level_side *s, const struct level_entry *e,
                                int64_t now_ns)
{
    struct level_entry now = *e;
    if (e->l.px == s->visit_px) {
        int64_t hold_ns = level_hold_ns(s, now_ns);
        now.dwell_ns += hold_ns;
        now.sz_s += s->sz * (double)hold_ns / (double)LEVEL_NS_PER_S;
    }
    return now;
}

/* Keeps best[0..n) sorted and at most LEVELS_MAX long. */
static int keep_best(struct candidate best[LEVELS_MAX], int n, const struct candidate *c)
{
    int at = n;
    while (at > 0 && is_better(c, &best[at - 1])) {
        at--;
    }
    if (at == LEVELS_MAX) {
        return n;
    }
    int kept = n < LEVELS_MAX ? n : LEVELS_MAX - 1;
    for (int i = kept; i > at; i--) {
        best[i] = best[i - 1];
    }
    best[at] = *c;
    return kept + 1;
}

/* *next: the number of the side's first one alive in the ranking; behind its last one. */
static int read_side(const struct level_side *s, int64_t now_ns, const struct ranking *r,
                     size_t *next, struct level out[LEVELS_MAX])
{
    struct candidate best[LEVELS_MAX];
    int n = 0;
    for (size_t i = 0; i < s->n; i++) {
        if (level_alive(&s->entry[i], now_ns)) {
            struct candidate c = { .e = &s->entry[i],
                                   .strength = strength(&s->entry[i], now_ns, r, *next) };
            n = keep_best(best, n, &c);
            ++*next;
        }
    }
    for (int i = 0; i < n; i++) {
        struct level_entry e = as_of(s, best[i].e, now_ns);
        out[i] = e.l;
        out[i].avg_sz = average_sz(&e);
        out[i].dwell_ms = e.dwell_ns / 1000000;
        out[i].strength = best[i].strength;
    }
    return n;
}

static size_t count_alive(const struct level_side *s, int64_t now_ns)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++) {
        n += level_alive(&s->entry[i], now_ns);
    }
    return n;
}

void level_book_expect_read(const struct level_book *b, int step)
{
    if (step == 1) {
        prefetch_bytes(b, sizeof *b);
        return;
    }
    for (int side = 0; side < 2; side++) {
        prefetch_bytes(b->side[side].entry, b->side[side].n * sizeof *b->side[side].entry);
    }
}

int level_book_read(const struct level_book *b, int side, int64_t now_ns,
                    struct level out[LEVELS_MAX])
{
    struct ranking r;
    bool bid = side == OFD_BID;
    rank_all(b, NULL, now_ns, &r);
    size_t next = bid ? 0 : count_alive(&b->side[0], now_ns);
    return read_side(&b->side[bid ? 0 : 1], now_ns, &r, &next, out);
}

void level_book_read_both(struct level_book *b, int64_t now_ns, struct level out[2][LEVELS_MAX],
                          int n_out[2])
{
    struct ranking r;
    size_t next = 0;
    rank_all(b, &b->order, now_ns, &r);
    for (int side = 0; side < 2; side++) {
        n_out[side] = read_side(&b->side[side], now_ns, &r, &next, out[side]);
    }
}
