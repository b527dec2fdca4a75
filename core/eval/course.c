/* SPDX-License-Identifier: MIT */
#include "course.h"

#include "clock.h"
#include "orderflow/detector.h"

#include <math.h>
#include <stdlib.h>

#define DAY_NS (INT64_C(86400) * NS_PER_S)
#define VALID_FOR_NS (5 * NS_PER_S)
#define HALT_NS (2 * NS_PER_S)

void course_fini(struct course *c)
{
    free(c->steps);
    free(c->gaps.items);
    free(c->halts.items);
    free(c->days);
    free(c->grid);
    *c = (struct course){ 0 };
}

/* Room for one more; false: no memory. */
static bool grow(void **items, size_t n, size_t *cap, size_t size, struct err *err)
{
    if (n < *cap && *items != NULL) {
        return true;
    }
    size_t more = *cap == 0 ? 256 : *cap + *cap / 2;
    void *grown = realloc(*items, more * size);
    if (grown == NULL) {
        return err_set(err, ERR_MEMORY, "out of memory for prices");
    }
    *items = grown;
    *cap = more;
    return true;
}

static bool add_span(struct spans *s, int64_t from_ns, int64_t to_ns, struct err *err)
{
    void *items = s->items;
    bool ok = grow(&items, s->n, &s->cap, sizeof *s->items, err);
    s->items = items;
    if (ok) {
        s->items[s->n++] = (struct span){ from_ns, to_ns };
    }
    return ok;
}

static enum step_kind kind_of(const struct quote *q)
{
    bool bid = q->bid_px != 0, ask = q->ask_px != 0;
    return !bid && !ask             ? STEP_EMPTY
           : !bid || !ask           ? STEP_ABSENT
           : q->bid_px == q->ask_px ? STEP_LOCKED
           : q->bid_px > q->ask_px  ? STEP_CROSSED
                                    : STEP_OK;
}

/* ---- the grid ---- */

static bool add_point(struct course *c, bool broken, struct err *err)
{
    struct course_now *w = &c->now;
    void *grid = c->grid;
    bool ok = grow(&grid, c->n_grid, &c->cap_grid, sizeof *c->grid, err);
    c->grid = grid;
    if (!ok) {
        return false;
    }
    int64_t at_ns = w->next_s * NS_PER_S;
    enum step_kind kind = kind_of(&w->q);
    w->broken += broken;
    w->seconds = broken ? 0 : w->seconds + 1;
    w->ring_flow[w->next_s % OFI_S] = w->flow;
    w->ring_queue[w->next_s % OFI_S] = w->queue;
    w->flow = 0;
    struct grid_point p = { .broken = w->broken, .ofi = NAN };
    bool usable = kind == STEP_OK ||
                  (kind >= STEP_ABSENT && w->valid_ns != 0 && at_ns - w->valid_ns <= VALID_FOR_NS);
    if (usable && !broken) {
        p.sum_px = w->valid.bid_px + w->valid.ask_px;
        p.ask_px = w->valid.ask_px;
    }
    double both = w->q.bid_sz + w->q.ask_sz, flow = 0, queue = 0;
    p.qi = both > 0 ? (float)((w->q.bid_sz - w->q.ask_sz) / both) : 0;
    for (int i = 0; i < OFI_S; i++) {
        flow += w->ring_flow[i];
        queue += w->ring_queue[i] / OFI_S;
    }
    if (w->seconds >= OFI_S && queue > 0) {
        p.ofi = (float)(flow / queue);
    }
    c->grid[c->n_grid++] = p;
    c->days[c->n_days - 1].n++;
    w->next_s++;
    return true;
}

/* Whole seconds before t. */
static bool fill_to(struct course *c, int64_t t_ns, bool broken, struct err *err)
{
    while (c->now.next_s * NS_PER_S < t_ns) {
        if (!add_point(c, broken, err)) {
            return false;
        }
    }
    return true;
}

static bool begin_day(struct course *c, int64_t number, int64_t ts_ns, struct err *err)
{
    void *days = c->days;
    bool ok = grow(&days, c->n_days, &c->cap_days, sizeof *c->days, err);
    c->days = days;
    if (!ok) {
        return false;
    }
    int64_t first_s = (ts_ns + NS_PER_S - 1) / NS_PER_S;
    c->days[c->n_days++] = (struct day){
        .number = number, .first_ns = ts_ns, .last_ns = ts_ns, .first_s = first_s, .off = c->n_grid
    };
    uint32_t broken = c->now.broken;
    c->now = (struct course_now){ .next_s = first_s, .broken = broken };
    return true;
}

bool course_end(struct course *c, struct err *err)
{
    return c->days == NULL || c->n_days == 0 ||
           fill_to(c, c->days[c->n_days - 1].last_ns + 1, false, err);
}

/* ---- rows ---- */

static double flow_of(const struct quote *n, const struct quote *p)
{
    return (n->bid_px >= p->bid_px ? n->bid_sz : 0) - (n->bid_px <= p->bid_px ? p->bid_sz : 0) -
           (n->ask_px <= p->ask_px ? n->ask_sz : 0) + (n->ask_px >= p->ask_px ? p->ask_sz : 0);
}

static bool add_step(struct course *c, const struct quote *q, enum step_kind kind, struct err *err)
{
    const struct step *last = c->steps != NULL && c->n_steps > 0 ? &c->steps[c->n_steps - 1] : NULL;
    if (last != NULL && last->bid_px == q->bid_px && last->ask_px == q->ask_px) {
        return true;
    }
    void *steps = c->steps;
    bool ok = grow(&steps, c->n_steps, &c->cap_steps, sizeof *c->steps, err);
    c->steps = steps;
    if (ok) {
        c->steps[c->n_steps++] = (struct step){ q->ts_ns, q->bid_px, q->ask_px, kind };
    }
    return ok;
}

static void take_state(struct course *c, const struct quote *q, enum step_kind kind, bool gap)
{
    struct course_now *w = &c->now;
    bool follows = w->q.ts_ns != 0 && !gap && kind_of(&w->q) < STEP_ABSENT;
    if (follows && kind < STEP_ABSENT) {
        w->flow += flow_of(q, &w->q);
    }
    if (kind == STEP_OK) {
        w->valid = (struct step){ q->ts_ns, q->bid_px, q->ask_px, kind };
    }
    w->valid_ns = kind == STEP_OK ? q->ts_ns : w->valid_ns;
    w->queue = (q->bid_sz + q->ask_sz) / 2;
    w->empty_ns = kind != STEP_EMPTY ? 0 : w->empty_ns != 0 ? w->empty_ns : q->ts_ns;
    w->q = *q;
}

bool course_push(struct course *c, const struct quote *q, struct err *err)
{
    int64_t number = (q->ts_ns - c->day_start_ns) / DAY_NS;
    struct day *d = c->n_days > 0 ? &c->days[c->n_days - 1] : NULL;
    enum step_kind kind = kind_of(q);
    bool gap = (q->flags & OFD_ROW_GAP) != 0;
    if (d == NULL || d->number != number) {
        if (!course_end(c, err) || !begin_day(c, number, q->ts_ns, err)) {
            return false;
        }
        d = &c->days[c->n_days - 1];
        gap = false;
    }
    if ((gap && !add_span(&c->gaps, d->last_ns, q->ts_ns, err)) ||
        !fill_to(c, q->ts_ns, gap, err)) {
        return false;
    }
    int64_t empty_ns = c->now.empty_ns;
    if (empty_ns != 0 && kind != STEP_EMPTY && q->ts_ns - empty_ns > HALT_NS) {
        c->now.broken++;
        if (!add_span(&c->halts, empty_ns, q->ts_ns, err)) {
            return false;
        }
    }
    /* While both sides stand, the last of them were valid until now. */
    if (kind_of(&c->now.q) == STEP_OK && c->now.q.ts_ns != 0) {
        c->now.valid_ns = q->ts_ns;
    }
    take_state(c, q, kind, gap);
    d->last_ns = q->ts_ns;
    c->n_rows++;
    return add_step(c, q, kind, err);
}
