/* SPDX-License-Identifier: MIT */
#include "tick_size.h"

#include "decimal.h"

#include <string.h>

enum { INFER_ROWS = 100, OFF_GRID_ROWS = 3 };

#define INFER_NS (10 * (int64_t)1000000000)

static int exponent(int64_t v, int64_t prime)
{
    int e = 0;
    for (; v % prime == 0; v /= prime) {
        e++;
    }
    return e;
}

/* The largest of 1, 2, 5 x 10^k that divides v > 0. */
static int64_t round_step(int64_t v)
{
    int twos = exponent(v, 2), fives = exponent(v, 5);
    int tens = twos < fives ? twos : fives;
    int64_t step = fives > tens ? 5 : twos > tens ? 2 : 1;
    for (int i = 0; i < tens; i++) {
        step *= 10;
    }
    return step;
}

int64_t tick_steps_at(const struct tick_steps *s, int64_t ns)
{
    int i = s->n - 1;
    while (i > 0 && s->step[i].from_ns > ns) {
        i--;
    }
    return i < 0 ? 0 : s->step[i].px;
}

static void note_step(struct tick_size *t, int64_t from_ns)
{
    struct tick_steps *s = &t->steps;
    if (s->n == TICK_STEPS_MAX) {
        s->n--;
        memmove(s->step, s->step + 1, (size_t)s->n * sizeof s->step[0]);
    }
    s->step[s->n] = (struct tick_step){ .px = t->px, .from_ns = s->n == 0 ? 0 : from_ns };
    s->n++;
}

void tick_size_init(struct tick_size *t, int64_t configured_px, int64_t stored_px)
{
    *t = (struct tick_size){
        .px = configured_px > 0 ? configured_px : stored_px,
        .fixed = configured_px > 0,
    };
    t->gcd_px = t->px;
    if (t->px > 0) {
        note_step(t, 0);
    }
}

static bool end_inference(struct tick_size *t, int64_t from_ns)
{
    t->px = round_step(t->gcd_px);
    t->gcd_px = t->px;
    t->fits_bid_px = t->fits_ask_px = 0;
    note_step(t, from_ns);
    return true;
}

bool tick_size_settle(struct tick_size *t, int64_t now_ns, bool at_end)
{
    bool inferring = t->px == 0 && t->rows > 0;
    if (inferring && (at_end || now_ns - t->first_ns >= INFER_NS)) {
        return end_inference(t, 0);
    }
    return false;
}

static bool refine(struct tick_size *t, const struct quote *q)
{
    bool same = q->bid_px == t->fits_bid_px && q->ask_px == t->fits_ask_px;
    if (same || (q->bid_px % t->px == 0 && q->ask_px % t->px == 0)) {
        t->fits_bid_px = q->bid_px;
        t->fits_ask_px = q->ask_px;
        return false;
    }
    t->gcd_px = decimal_common_step(decimal_common_step(t->gcd_px, q->bid_px), q->ask_px);
    t->off_grid++;
    if (t->off_grid < OFF_GRID_ROWS) {
        return false;
    }
    t->off_grid = 0;
    return end_inference(t, q->ts_ns);
}

bool tick_size_push(struct tick_size *t, const struct quote *q)
{
    if (t->fixed || (q->bid_px == 0 && q->ask_px == 0)) {
        return false;
    }
    bool changed = tick_size_settle(t, q->ts_ns, false);
    if (t->px > 0) {
        return refine(t, q) || changed;
    }
    if (t->rows == 0) {
        t->first_ns = q->ts_ns;
    }
    t->gcd_px = decimal_common_step(decimal_common_step(t->gcd_px, q->bid_px), q->ask_px);
    t->rows++;
    return t->rows == INFER_ROWS && end_inference(t, 0);
}
