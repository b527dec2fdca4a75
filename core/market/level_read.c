/* SPDX-License-Identifier: MIT */
#include "level_book.h"
#include "orderflow/detector.h"

#include <math.h>
#include <stdlib.h>

/* Values of all levels alive, of both sides, in rising order. */
struct ranking {
    size_t n;
    double value[2 * SIDE_LEVELS_MAX];
};

static double average_sz(const struct level_entry *e)
{
    double seconds = (double)e->dwell_ns / (double)LEVEL_NS_PER_S;
    return seconds > 0 ? e->sz_s / seconds : e->l.total_sz / (double)e->l.touches;
}

static int compare_values(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void rank_all(const struct level_book *b, int64_t now_ns, struct ranking *touches,
                     struct ranking *sizes)
{
    touches->n = 0;
    sizes->n = 0;
    for (int side = 0; side < 2; side++) {
        const struct level_side *s = &b->side[side];
        for (size_t i = 0; i < s->n; i++) {
            if (level_alive(&s->entry[i], now_ns)) {
                touches->value[touches->n++] = (double)s->entry[i].l.touches;
                sizes->value[sizes->n++] = average_sz(&s->entry[i]);
            }
        }
    }
    qsort(touches->value, touches->n, sizeof touches->value[0], compare_values);
    qsort(sizes->value, sizes->n, sizeof sizes->value[0], compare_values);
}

/* How many values are below v, or (or_equal) not above it. */
static size_t count_below(const struct ranking *r, double v, bool or_equal)
{
    size_t low = 0, high = r->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (r->value[mid] < v || (or_equal && !(r->value[mid] > v))) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low;
}

/* 0..1; equal values share the middle of their ranks. */
static double rank(const struct ranking *r, double v)
{
    size_t twice = count_below(r, v, false) + count_below(r, v, true);
    return (double)twice / 2 / (double)r->n;
}

/* In hundredths: a level that nobody touches is not another one every second. */
static double strength(const struct level_entry *e, int64_t now_ns, const struct ranking *touches,
                       const struct ranking *sizes)
{
    double hold_rate = (double)(e->l.held + 1) / (double)(e->l.held + e->l.broke + 2);
    double score =
        .4 * rank(touches, (double)e->l.touches) + .3 * rank(sizes, average_sz(e)) + .3 * hold_rate;
    double age_ns = (double)(now_ns - e->l.last_ns);
    return nearbyint(100 * score * exp2(-age_ns / (double)LEVEL_HALF_LIFE_NS)) / 100;
}

/* Stronger first; then the newer, then the lower price. */
static int compare_levels(const void *a, const void *b)
{
    const struct level *x = a, *y = b;
    if (x->strength != y->strength) {
        return x->strength > y->strength ? -1 : 1;
    }
    if (x->last_ns != y->last_ns) {
        return x->last_ns > y->last_ns ? -1 : 1;
    }
    return (x->px > y->px) - (x->px < y->px);
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

/* Keeps out[0..n) sorted and at most LEVELS_MAX long. */
static int keep_best(struct level out[LEVELS_MAX], int n, const struct level *l)
{
    int at = n;
    while (at > 0 && compare_levels(l, &out[at - 1]) < 0) {
        at--;
    }
    if (at == LEVELS_MAX) {
        return n;
    }
    int kept = n < LEVELS_MAX ? n : LEVELS_MAX - 1;
    for (int i = kept; i > at; i--) {
        out[i] = out[i - 1];
    }
    out[at] = *l;
    return kept + 1;
}

static int read_side(const struct level_side *s, int64_t now_ns, const struct ranking *touches,
                     const struct ranking *sizes, struct level out[LEVELS_MAX])
{
    int n = 0;
    for (size_t i = 0; i < s->n; i++) {
        if (level_alive(&s->entry[i], now_ns)) {
            struct level_entry e = as_of(s, &s->entry[i], now_ns);
            e.l.avg_sz = average_sz(&e);
            e.l.dwell_ms = e.dwell_ns / 1000000;
            e.l.strength = strength(&s->entry[i], now_ns, touches, sizes);
            n = keep_best(out, n, &e.l);
        }
    }
    return n;
}

int level_book_read(const struct level_book *b, int side, int64_t now_ns,
                    struct level out[LEVELS_MAX])
{
    struct ranking touches, sizes;
    rank_all(b, now_ns, &touches, &sizes);
    return read_side(&b->side[side == OFD_BID ? 0 : 1], now_ns, &touches, &sizes, out);
}

void level_book_read_both(const struct level_book *b, int64_t now_ns,
                          struct level out[2][LEVELS_MAX], int n_out[2])
{
    struct ranking touches, sizes;
    rank_all(b, now_ns, &touches, &sizes);
    for (int side = 0; side < 2; side++) {
        n_out[side] = read_side(&b->side[side], now_ns, &touches, &sizes, out[side]);
    }
}
