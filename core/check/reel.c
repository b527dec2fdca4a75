/* SPDX-License-Identifier: MIT */
#include "reel.h"

#include "clock.h"
#include "orderflow/detector.h"
#include "random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const int64_t START_NS = INT64_C(1760000000) * NS_PER_S;
static const int64_t CENT_PX = 10000000;

uint64_t reel_random(uint64_t *state)
{
    return random_next(state);
}

double reel_uniform(uint64_t *state)
{
    return (double)(reel_random(state) >> 11) * 0x1p-53;
}

double reel_normal(uint64_t *state)
{
    double u = reel_uniform(state), v = reel_uniform(state);
    return sqrt(-2.0 * log(1.0 - u)) * cos(6.283185307179586 * v);
}

bool reel_init(struct reel *t, size_t n, struct err *err)
{
    size_t room = n + REEL_SLACK;
    *t = (struct reel){ .cap = n,
                        .px_tick = CENT_PX,
                        .ts_ns = calloc(room, sizeof *t->ts_ns),
                        .bid_px = calloc(room, sizeof *t->bid_px),
                        .ask_px = calloc(room, sizeof *t->ask_px),
                        .bid_sz = calloc(room, sizeof *t->bid_sz),
                        .ask_sz = calloc(room, sizeof *t->ask_sz),
                        .flags = calloc(room, sizeof *t->flags) };
    if (t->ts_ns == NULL || t->bid_px == NULL || t->ask_px == NULL || t->bid_sz == NULL ||
        t->ask_sz == NULL || t->flags == NULL) {
        reel_fini(t);
        return err_set(err, ERR_MEMORY, "no memory for %zu quotes", n);
    }
    return true;
}

void reel_fini(struct reel *t)
{
    free(t->ts_ns);
    free(t->bid_px);
    free(t->ask_px);
    free(t->bid_sz);
    free(t->ask_sz);
    free(t->flags);
    *t = (struct reel){ 0 };
}

static void copy_row(struct reel *t, size_t to, const struct reel *from, size_t row)
{
    t->ts_ns[to] = from->ts_ns[row];
    t->bid_px[to] = from->bid_px[row];
    t->ask_px[to] = from->ask_px[row];
    t->bid_sz[to] = from->bid_sz[row];
    t->ask_sz[to] = from->ask_sz[row];
    t->flags[to] = from->flags[row];
}

void reel_pad(struct reel *t)
{
    for (size_t i = 0; t->n > 0 && i < REEL_SLACK; i++) {
        copy_row(t, t->n + i, t, t->n - 1);
    }
}

static bool same_row(const struct reel *t, size_t i, size_t k)
{
    return t->bid_px[i] == t->bid_px[k] && t->ask_px[i] == t->ask_px[k] &&
           !(t->bid_sz[i] < t->bid_sz[k] || t->bid_sz[i] > t->bid_sz[k]) &&
           !(t->ask_sz[i] < t->ask_sz[k] || t->ask_sz[i] > t->ask_sz[k]);
}

void reel_classify(struct reel *t)
{
    for (size_t i = 0; i < t->n; i++) {
        bool bid = t->bid_px[i] != 0, ask = t->ask_px[i] != 0;
        uint32_t flags = bid != ask ? OFD_ROW_ONE_SIDED : !bid ? OFD_ROW_EMPTY : 0;
        if (bid && ask && t->bid_px[i] >= t->ask_px[i]) {
            flags |= t->bid_px[i] == t->ask_px[i] ? OFD_ROW_LOCKED : OFD_ROW_CROSSED;
        }
        if (i > 0 && same_row(t, i, i - 1)) {
            flags |= OFD_ROW_DUPLICATE;
        }
        t->flags[i] = flags | (t->flags[i] & OFD_ROW_GAP);
    }
}

/* ---- a lively market --------------------------------------------------------------------- */

enum regime { CALM, WALL, GROW, COLLAPSE, TREND, SWEEP, FLICKER, REFILL, HEARTBEAT, REGIMES };
enum { REGIME_ROWS = 40 };

struct market {
    uint64_t random;
    int64_t bid, spread; /* in ticks */
    double bid_sz, ask_sz, wall;
    int up; /* which way a trend goes, which side is pressed */
};

static double usual_size(struct market *m)
{
    return floor(6000 * exp(0.6 * reel_normal(&m->random) - 0.18)) + 1;
}

/* One side pressed: a function of how far the regime has gone. */
static double pressed_size(struct market *m, enum regime regime, unsigned step, double before)
{
    switch (regime) {
    case WALL:
        return m->wall + floor(500 * reel_uniform(&m->random));
    case GROW:
        return step % 8 == 0 ? 5200 : before + floor(before * 0.15) + 1;
    case COLLAPSE:
        return step % 10 == 0 ? m->wall : floor(before * 0.55) + 1;
    case SWEEP:
        return step % 6 == 3 ? m->wall + 30000 : usual_size(m);
    case FLICKER:
        return step % 2 == 0 ? m->wall + 9000 : 400;
    case REFILL:
        return step % 4 == 0 ? m->wall : floor(before * 0.6) + 1;
    case CALM:
    case TREND:
    case HEARTBEAT:
    case REGIMES:
        break;
    }
    return usual_size(m);
}

static void next_row(struct market *m, size_t row)
{
    enum regime regime = (enum regime)(row / REGIME_ROWS % REGIMES);
    unsigned step = (unsigned)(row % REGIME_ROWS);
    if (step == 0) {
        m->up = (row / REGIME_ROWS / REGIMES) % 2 == 0 ? 1 : -1;
        m->wall = 12000 + floor(8000 * reel_uniform(&m->random));
    }
    if (regime == HEARTBEAT && step % 5 != 0) {
        return;
    }
    bool moves = regime == TREND   ? step % 4 != 3
                 : regime == SWEEP ? step % 6 == 4
                 : regime == CALM  ? reel_uniform(&m->random) < 0.1
                                   : false;
    bool back = regime == CALM && reel_uniform(&m->random) < 0.5;
    m->bid += moves ? (back ? -m->up : m->up) : 0;
    m->spread = 1 + (regime == CALM && reel_uniform(&m->random) < 0.2);
    double *pressed = m->up > 0 ? &m->bid_sz : &m->ask_sz;
    double *other = m->up > 0 ? &m->ask_sz : &m->bid_sz;
    *pressed = pressed_size(m, regime, step, *pressed);
    *other = regime == GROW || regime == WALL ? *other : usual_size(m);
}

bool reel_lively(struct reel *t, size_t n, uint64_t seed, double size, struct err *err)
{
    struct market m = {
        .random = seed, .bid = 10000, .spread = 1, .bid_sz = 6000, .ask_sz = 6000, .wall = 12000
    };
    if (!reel_init(t, n, err)) {
        return false;
    }
    int64_t ts_ns = START_NS;
    for (size_t i = 0; i < n; i++) {
        next_row(&m, i);
        ts_ns += (20 + (int64_t)(reel_random(&m.random) % 160)) * NS_PER_MS;
        t->ts_ns[i] = ts_ns;
        t->bid_px[i] = m.bid * CENT_PX;
        t->ask_px[i] = (m.bid + m.spread) * CENT_PX;
        t->bid_sz[i] = ceil(m.bid_sz * size);
        t->ask_sz[i] = ceil(m.ask_sz * size);
    }
    t->n = n;
    reel_classify(t);
    reel_pad(t);
    return true;
}

/* ---- odd rows ------------------------------------------------------------------------------ */

enum oddity {
    FLAT,
    GAPPED,
    LOCKED,
    CROSSED,
    ONE_SIDED,
    EMPTY,
    NO_SIZE,
    HUGE_SIZE,
    LOW,
    HIGH,
    BELOW,
    ODDITIES
};
enum { ODD_ROWS = 12 };

static void odd_row(struct reel *t, size_t i, enum oddity oddity, uint64_t *random)
{
    static const int64_t high_px = INT64_C(4600000000) * NS_PER_S;
    int64_t bid = 10000 * CENT_PX, ask = bid + CENT_PX;
    double bid_sz = 12000, ask_sz = 9000;
    bool odd = reel_random(random) % 4 != 0;
    switch (odd ? oddity : FLAT) {
    case LOCKED:
        ask = bid;
        break;
    case CROSSED:
        ask = bid - CENT_PX;
        break;
    case ONE_SIDED:
        if (reel_random(random) % 2 == 0) {
            bid = 0, bid_sz = 0;
        } else {
            ask = 0, ask_sz = 0;
        }
        break;
    case EMPTY:
        bid = ask = 0;
        bid_sz = ask_sz = 0;
        break;
    case NO_SIZE:
        bid_sz = 0, ask_sz = reel_random(random) % 2 == 0 ? 0 : 5e-324;
        break;
    case HUGE_SIZE:
        bid_sz = 1e15, ask_sz = 1e15;
        break;
    case LOW:
        bid = 1, ask = 2;
        break;
    case HIGH:
        bid = high_px - CENT_PX, ask = high_px;
        break;
    case BELOW:
        bid = -37 * NS_PER_S, ask = bid + CENT_PX;
        break;
    case FLAT:
    case GAPPED:
    case ODDITIES:
        break;
    }
    t->bid_px[i] = bid;
    t->ask_px[i] = ask;
    t->bid_sz[i] = bid_sz;
    t->ask_sz[i] = ask_sz;
}

bool reel_odd(struct reel *t, size_t n, uint64_t seed, struct err *err)
{
    if (!reel_init(t, n, err)) {
        return false;
    }
    uint64_t random = seed ^ UINT64_C(0x0dd);
    int64_t ts_ns = START_NS;
    for (size_t i = 0; i < n; i++) {
        enum oddity oddity = (enum oddity)(i / ODD_ROWS % ODDITIES);
        bool gap = oddity == GAPPED && i % ODD_ROWS == 3;
        ts_ns += gap ? 3 * 3600 * NS_PER_S : 90 * NS_PER_MS;
        t->ts_ns[i] = ts_ns;
        odd_row(t, i, oddity, &random);
    }
    t->n = n;
    reel_classify(t);
    reel_pad(t);
    return true;
}

/* ---- tapes without information --------------------------------------------------------------- */

bool reel_noise(struct reel *t, size_t n, uint64_t seed, double mean_size, unsigned rate,
                int64_t px, int64_t px_tick, struct err *err)
{
    if (!reel_init(t, n, err)) {
        return false;
    }
    uint64_t random = seed;
    int64_t bid = px / px_tick;
    t->px_tick = px_tick;
    for (size_t i = 0; i < n; i++) {
        if (reel_uniform(&random) < 0.06) {
            bid += reel_random(&random) % 2 == 0 ? 1 : -1;
        }
        t->ts_ns[i] = START_NS + (int64_t)i * 1000 / rate * NS_PER_MS;
        t->bid_px[i] = bid * px_tick;
        t->ask_px[i] = (bid + 1) * px_tick;
        t->bid_sz[i] = floor(mean_size * exp(0.6 * reel_normal(&random) - 0.18));
        t->ask_sz[i] = floor(mean_size * exp(0.6 * reel_normal(&random) - 0.18));
    }
    t->n = n;
    reel_classify(t);
    reel_pad(t);
    return true;
}

/* First rows of the blocks of `from`; at most n + 1 of them, the last one is n. */
static size_t find_blocks(const struct reel *from, int64_t block_ns, size_t *first)
{
    size_t blocks = 0;
    for (size_t i = 0; i < from->n; i++) {
        if (i == 0 || from->ts_ns[i] / block_ns != from->ts_ns[i - 1] / block_ns) {
            first[blocks++] = i;
        }
    }
    first[blocks] = from->n;
    return blocks;
}

/* The change of price from the row before a block to its first row comes along with the block. */
static void put_block(struct reel *t, const struct reel *from, size_t first, size_t end,
                      int64_t slot_ns)
{
    int64_t step = first > 0 ? from->bid_px[first] - from->bid_px[first - 1] : 0;
    int64_t shift = t->n > 0 ? t->bid_px[t->n - 1] + step - from->bid_px[first] : 0;
    int64_t later = slot_ns - from->ts_ns[first];
    for (size_t i = first; i < end; i++) {
        size_t to = t->n++;
        copy_row(t, to, from, i);
        t->ts_ns[to] += later;
        t->bid_px[to] += shift;
        t->ask_px[to] += shift;
    }
}

bool reel_shuffle(struct reel *t, const struct reel *from, uint64_t seed, int64_t block_ns,
                  struct err *err)
{
    size_t *first = calloc(from->n + 1, sizeof *first);
    size_t *order = calloc(from->n + 1, sizeof *order);
    if (first == NULL || order == NULL || !reel_init(t, from->n, err)) {
        free(first);
        free(order);
        return err_set(err, ERR_MEMORY, "no memory for %zu quotes", from->n);
    }
    size_t blocks = find_blocks(from, block_ns, first);
    uint64_t random = seed;
    for (size_t i = 0; i < blocks; i++) {
        order[i] = i;
    }
    for (size_t i = blocks; i > 1; i--) {
        size_t k = (size_t)(reel_random(&random) % i), kept = order[i - 1];
        order[i - 1] = order[k];
        order[k] = kept;
    }
    t->px_tick = from->px_tick;
    for (size_t i = 0; i < blocks; i++) {
        /* The i-th block that was not empty goes where the i-th one stood. */
        int64_t slot_ns =
            from->ts_ns[first[i]] / block_ns * block_ns + from->ts_ns[first[order[i]]] % block_ns;
        put_block(t, from, first[order[i]], first[order[i] + 1], slot_ns);
    }
    free(first);
    free(order);
    reel_classify(t);
    reel_pad(t);
    return true;
}
