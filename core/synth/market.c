/* SPDX-License-Identifier: MIT */
#include "market.h"

#include "random.h"

enum { LIMIT, CANCEL, TRADE, ORDERS };
enum { STEP_IN = 2 * ORDERS, WHOLE = 1024, SPREAD_MAX = 3, FLOOR_TICKS = 100 };

/* -ln(1 - (i + 1/2) / 64) in 1/256: sizes as seldom large as waiting times. Mean 254. */
static const int16_t exponential[64] = {
    2,   6,   10,  14,  19,  23,  27,  32,  36,  41,  46,  51,  56,  61,  66,  71,
    76,  82,  87,  93,  99,  105, 111, 117, 124, 130, 137, 144, 151, 158, 166, 173,
    181, 190, 198, 207, 216, 226, 236, 246, 256, 268, 279, 291, 304, 318, 332, 347,
    363, 380, 398, 418, 439, 463, 488, 517, 549, 585, 628, 680, 744, 830, 961, 1242,
};

static int64_t draw(struct market *m)
{
    return exponential[random_next(&m->random) >> 58];
}

int64_t market_order(struct market *m)
{
    int64_t lots = m->mean * m->order_size * draw(m) / (5 * 256 * 256);
    return lots < 1 ? 1 : lots;
}

int64_t market_fresh(struct market *m)
{
    int64_t lots = m->mean * (64 + draw(m)) / 320;
    return lots < 1 ? 1 : lots;
}

void market_reopen(struct market *m)
{
    m->ticks[ASK] = m->ticks[BID] + 1;
    m->lots[BID] = market_fresh(m);
    m->lots[ASK] = market_fresh(m);
    m->lean = 0;
    m->order_size = 256;
    m->held[BID] = m->held[ASK] = m->pinned = false;
    m->stale = true;
}

void market_init(struct market *m, uint64_t seed, int64_t bid_ticks, int64_t mean, uint64_t per_ms)
{
    *m = (struct market){ .random = seed, .mean = mean, .per_ms = per_ms };
    m->ticks[BID] = bid_ticks;
    market_reopen(m);
}

void market_set(struct market *m, int side, int64_t lots)
{
    m->lots[side] = lots < 1 ? 1 : lots;
    m->stale = true;
}

void market_push(struct market *m, int dir)
{
    for (int side = 0; side < SIDES; side++) {
        m->ticks[side] += dir;
        m->lots[side] = market_fresh(m);
    }
    m->stale = true;
}

/* Parts of WHOLE. Who is pressed against (bid: price pushed down) is eaten and drawn back. */
static void rates_of(const struct market *m, int side, uint64_t out[ORDERS])
{
    int64_t x = 16 * m->lots[side] / m->mean, press = side == ASK ? m->lean : -m->lean;
    x = x > 8 * 16 ? 8 * 16 : x;
    int64_t limit = 256 - press / 2;
    int64_t cancel = 154 * x / 16 * (LEAN_MAX + (press > 0 ? press / 2 : 0)) / LEAN_MAX;
    int64_t eager = press > 0 ? LEAN_MAX + 3 * press : LEAN_MAX + 3 * press / 4;
    int64_t trade = 205 * 16 / (16 + x) * eager / LEAN_MAX;
    out[LIMIT] = (uint64_t)limit;
    out[CANCEL] = (uint64_t)cancel;
    out[TRADE] = (uint64_t)trade;
}

static void renew(struct market *m)
{
    m->total = 0;
    for (int side = 0; side < SIDES; side++) {
        uint64_t *rates = m->rates + side * ORDERS;
        rates_of(m, side, rates);
        for (int i = 0; i < ORDERS; i++) {
            rates[i] = m->held[side] ? 0 : rates[i] * m->per_ms / WHOLE;
            m->total += rates[i];
        }
    }
    bool wide = m->ticks[ASK] - m->ticks[BID] > 1 && !m->held[BID] && !m->held[ASK];
    m->rates[STEP_IN] = wide ? m->per_ms : 0;
    m->total += m->rates[STEP_IN];
    m->stale = false;
}

/* Somebody quotes inside the spread. */
static bool step_in(struct market *m)
{
    int side = random_range(&m->random, 0, 2 * LEAN_MAX - 1) < LEAN_MAX + m->lean ? BID : ASK;
    m->ticks[side] += side == BID ? 1 : -1;
    m->lots[side] = market_fresh(m);
    return true;
}

static bool take_away(struct market *m, int side, int64_t lots)
{
    if (m->lots[side] > lots) {
        m->lots[side] -= lots;
        return true;
    }
    bool stuck = m->pinned || m->ticks[ASK] - m->ticks[BID] >= SPREAD_MAX ||
                 (side == BID && m->ticks[BID] <= FLOOR_TICKS);
    if (stuck) {
        return false;
    }
    m->ticks[side] += side == BID ? -1 : 1;
    m->lots[side] = market_fresh(m);
    return true;
}

bool market_step(struct market *m)
{
    if (m->stale) {
        renew(m);
    }
    uint64_t at = random_next(&m->random) >> 32;
    if (at >= m->total) {
        return false;
    }
    int i = 0;
    while (at >= m->rates[i]) {
        at -= m->rates[i++];
    }
    m->stale = true;
    if (i == STEP_IN) {
        return step_in(m);
    }
    int side = i / ORDERS;
    int64_t lots = market_order(m);
    if (i % ORDERS != LIMIT) {
        return take_away(m, side, lots);
    }
    m->lots[side] += lots;
    return true;
}
