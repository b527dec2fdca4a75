/* SPDX-License-Identifier: MIT */
#include "plant.h"

#include "random.h"

enum { OVER = -1, MILLI = 1000 };

static int64_t between(struct market *m, int64_t lo, int64_t hi)
{
    return random_range(&m->random, lo, hi);
}

/* lo .. hi percent of lots. */
static int64_t part(struct market *m, int64_t lots, int64_t lo, int64_t hi)
{
    return lots * between(m, lo, hi) / 100;
}

static int64_t milli(int64_t part_lots, int64_t whole_lots)
{
    return whole_lots > 0 ? part_lots * MILLI / whole_lots : 0;
}

static struct synth_truth *add(struct plant *p, enum synth_kind kind, int side, int dir,
                               int64_t now_ms)
{
    struct synth_truth *t = &p->truths[p->n_truths++];
    *t = (struct synth_truth){ .type = synth_type(kind),
                               .side = side < 0 ? 0 : side + 1,
                               .dir = dir,
                               .onset_ms = now_ms,
                               .end_ms = now_ms,
                               .incidental = kind != p->kind };
    return t;
}

static struct synth_truth *add_here(struct plant *p, const struct market *m, int dir,
                                    int64_t now_ms)
{
    struct synth_truth *t = add(p, p->kind, p->side, dir, now_ms);
    t->px = t->px_to = m->ticks[p->side];
    return t;
}

static int toward(const struct plant *p) /* a side that holds pushes the price away from it */
{
    return p->side == BID ? 1 : -1;
}

static int64_t act_absorption(struct plant *p, struct market *m, int64_t now_ms)
{
    struct synth_truth *t = &p->truths[0];
    if (p->phase == 0) {
        p->phase = 1;
        p->wall = part(m, m->mean, 400, 550);
        p->left = (int)between(m, 100, 170);
        (void)add_here(p, m, toward(p), now_ms);
        market_set(m, p->side, p->wall);
        return between(m, 110, 280);
    }
    int64_t now = m->lots[p->side], less = part(m, p->wall, 12, 26);
    t->end_ms = now_ms;
    if (p->left-- == 0) {
        t->strength_milli = milli(p->sum, m->mean);
        return OVER;
    }
    if (4 * now > 3 * p->wall && now > less) {
        market_set(m, p->side, now - less);
        p->sum += less;
    } else {
        market_set(m, p->side, now + part(m, p->wall, 15, 30));
    }
    return between(m, 110, 280);
}

static int64_t act_stacking(struct plant *p, struct market *m, int64_t now_ms)
{
    struct synth_truth *t = &p->truths[0];
    if (p->phase == 0) {
        p->phase = 1;
        p->left = (int)between(m, 3, 5);
        (void)add_here(p, m, toward(p), now_ms);
        p->wall = part(m, m->mean, 195, 215);
        p->base = p->wall;
    } else if (p->left-- > 0) {
        p->wall += part(m, p->wall, 20, 45);
    } else {
        t->end_ms = now_ms;
        return OVER;
    }
    market_set(m, p->side, p->wall);
    t->strength_milli = milli(p->wall, p->base);
    return p->left == 0 ? 1500 : between(m, 200, 900);
}

static int64_t act_sweep(struct plant *p, struct market *m, int64_t now_ms)
{
    int away = p->side == BID ? -1 : 1, other = 1 - p->side;
    switch (p->phase++) {
    case 0:
        market_set(m, p->side, part(m, m->mean, 245, 265));
        return between(m, 300, 700);
    case 1:
        p->wall = part(m, m->mean, 560, 750);
        market_set(m, p->side, p->wall);
        return between(m, 300, 800);
    case 2: {
        struct synth_truth *t = add_here(p, m, away, now_ms);
        p->left = (int)between(m, 1, 3);
        m->ticks[p->side] += away * p->left;
        market_set(m, p->side, part(m, m->mean, 10, 40));
        t->px_to = m->ticks[p->side];
        t->strength_milli = milli(p->wall, m->mean);
        m->held[other] = true;
        return between(m, 50, 250);
    }
    case 3:
        m->ticks[other] += away * p->left;
        market_set(m, other, market_fresh(m));
        m->held[other] = false;
        return 1500;
    default:
        p->truths[0].end_ms = now_ms;
        return OVER;
    }
}

static int64_t act_refill(struct plant *p, struct market *m, int64_t now_ms)
{
    struct synth_truth *t = &p->truths[0];
    if (p->phase == 0) {
        p->phase = 1;
        p->left = (int)between(m, 4, 6);
        p->wall = part(m, m->mean, 150, 250);
        t = add_here(p, m, toward(p), now_ms);
        t->strength_milli = p->left * MILLI;
    } else if (p->phase == 1) {
        if (p->left-- == 0) {
            t->end_ms = now_ms;
            return OVER;
        }
        p->phase = 2;
        market_set(m, p->side, p->wall - part(m, p->wall, 50, 80));
        return between(m, 80, 400);
    }
    p->phase = 1;
    market_set(m, p->side, part(m, p->wall, 95, 105));
    return between(m, 600, 1200);
}

/* shift, exhaustion, pressure: 0 begins, 1 the push is over, 2 so is what follows it. */
static int64_t act_lean(struct plant *p, struct market *m, int64_t now_ms)
{
    bool tires = p->kind == PLANT_EXHAUSTION, large = p->kind == PLANT_PRESSURE;
    if (p->phase == 0) {
        p->phase = 1;
        p->from_ticks = m->ticks[BID];
        m->lean = p->dir * 128;
        m->order_size = large ? 512 : 256;
        m->stale = true;
        if (p->kind == PLANT_EXHAUSTION) {
            /* [0] is what comes behind the push; its times are set then */
            (void)add(p, p->kind, -1, -p->dir, now_ms);
        } else {
            (void)add(p, p->kind, -1, p->dir, now_ms);
        }
        if (p->kind != PLANT_SHIFT) {
            (void)add(p, PLANT_SHIFT, -1, p->dir, now_ms);
        }
        if (p->kind != PLANT_PRESSURE) {
            (void)add(p, PLANT_PRESSURE, -1, p->dir, now_ms);
        }
        return p->kind == PLANT_SHIFT ? between(m, 60000, 90000)
               : large                ? between(m, 10000, 14000)
                                      : between(m, 30000, 40000);
    }
    if (p->phase == 1) {
        int64_t gone = (m->ticks[BID] - p->from_ticks) * p->dir;
        for (size_t i = 0; i < p->n_truths; i++) {
            p->truths[i].end_ms = now_ms;
        }
        p->truths[0].strength_milli = (gone > 0 ? gone : 0) * MILLI;
        p->phase = 2;
        m->lean = 0;
        m->order_size = 256;
        m->pinned = tires;
        m->stale = true;
        if (tires) {
            p->truths[0].onset_ms = now_ms;
            return between(m, 15000, 20000);
        }
        add(p, PLANT_EXHAUSTION, -1, -p->dir, now_ms)->end_ms = now_ms + 60000;
        return OVER;
    }
    p->truths[0].end_ms = now_ms;
    return OVER;
}

static int64_t act_pulling(struct plant *p, struct market *m, int64_t now_ms)
{
    switch (p->phase++) {
    case 0:
        market_set(m, p->side, part(m, m->mean, 215, 235));
        return between(m, 300, 700);
    case 1:
        p->wall = part(m, m->mean, 400, 550);
        market_set(m, p->side, p->wall);
        return between(m, 1000, 3000);
    case 2:
        p->base = part(m, p->wall, 15, 40);
        (void)add_here(p, m, -toward(p), now_ms);
        market_set(m, p->side, (p->wall + p->base) / 2);
        return between(m, 100, 300);
    case 3:
        market_set(m, p->side, p->base);
        p->truths[0].strength_milli = milli(p->wall - p->base, m->mean);
        return 1000;
    default:
        p->truths[0].end_ms = now_ms;
        return OVER;
    }
}

static int64_t act_flicker(struct plant *p, struct market *m, int64_t now_ms)
{
    if (p->phase == 0) {
        p->left = (int)between(m, 4, 6);
        p->base = m->lots[p->side];
        struct synth_truth *t = add_here(p, m, 0, now_ms);
        t->strength_milli = p->left * MILLI;
        t = add(p, PLANT_PULLING, p->side, -toward(p), now_ms);
        t->px = t->px_to = m->ticks[p->side];
    }
    if (p->phase++ % 2 == 0) {
        market_set(m, p->side, p->base + part(m, m->mean, 350, 450));
        return between(m, 100, 400);
    }
    market_set(m, p->side, p->base);
    p->truths[0].end_ms = p->truths[1].end_ms = now_ms;
    return --p->left == 0 ? OVER : between(m, 400, 1200);
}

static int64_t act_vacuum(struct plant *p, struct market *m, int64_t now_ms)
{
    if (p->phase++ == 0) {
        (void)add(p, p->kind, -1, 0, now_ms);
        m->held[BID] = m->held[ASK] = true;
        m->ticks[ASK] = m->ticks[BID] + 3;
        market_set(m, BID, between(m, 1, 3));
        market_set(m, ASK, between(m, 1, 3));
        return between(m, 2000, 4000);
    }
    p->truths[0].end_ms = now_ms;
    p->truths[0].strength_milli = now_ms - p->truths[0].onset_ms;
    return OVER;
}

void plant_begin(struct plant *p, enum synth_kind kind, struct market *m)
{
    *p = (struct plant){ .kind = kind, .side = (int)between(m, BID, ASK) };
    p->dir = p->side == BID ? -1 : 1;
    bool leans = kind == PLANT_SHIFT || kind == PLANT_EXHAUSTION || kind == PLANT_PRESSURE;
    m->held[p->side] = !leans;
    m->pinned = !leans;
    m->stale = true;
}

int64_t plant_act(struct plant *p, struct market *m, int64_t now_ms)
{
    static int64_t (*const acts[PLANTS])(struct plant *, struct market *, int64_t) = {
        [PLANT_ABSORPTION] = act_absorption,
        [PLANT_STACKING] = act_stacking,
        [PLANT_SWEEP] = act_sweep,
        [PLANT_REFILL] = act_refill,
        [PLANT_SHIFT] = act_lean,
        [PLANT_PULLING] = act_pulling,
        [PLANT_FLICKER] = act_flicker,
        [PLANT_VACUUM] = act_vacuum,
        [PLANT_EXHAUSTION] = act_lean,
        [PLANT_PRESSURE] = act_lean,
    };
    int64_t wait_ms = acts[p->kind](p, m, now_ms);
    if (wait_ms == OVER) {
        m->held[BID] = m->held[ASK] = m->pinned = false;
        m->stale = true;
    }
    return wait_ms;
}
