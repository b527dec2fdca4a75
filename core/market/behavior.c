/* SPDX-License-Identifier: MIT */
#include "metrics.h"
#include "orderflow/detector.h"

#include <math.h>

enum {
    RUN_STATES = 5,     /* sizes that have to rise or fall without a break */
    RUN_LOOKBACK = 64,  /* rows among which these states are sought */
    NEWEST_SPREADS = 3, /* rows whose spread is compared with the window's */
    VOTES_STATES_MIN = 10,
    VOTES_MIN = 2
};

#define NS_PER_S ((int64_t)1000000000)
#define COVERAGE_MIN 0.5
#define STACK_MIN_SZ 3000
#define STACK_GROWTH 1.3
#define PULL_SHARE 0.7
#define TIGHT 0.8
#define WIDE 1.2
#define MOVE_P_MAX 0.05
#define FLOW_MIN 1.0      /* order flow, in mean queues */
#define IMBALANCE_MIN 0.3 /* time-weighted */

struct verdict {
    enum answer3 value;
    int dir;
};

static struct verdict verdict(bool yes, int dir)
{
    return (struct verdict){ .value = yes ? ANSWER_YES : ANSWER_NO, .dir = dir };
}

static const struct verdict unknown = { .value = ANSWER_UNKNOWN };

/* ---- runs of sizes --------------------------------------------------------------------------- */

/* The newest states of a side, newest first. */
struct run {
    int n;
    double sz[RUN_STATES];
};

static struct run newest_states(const struct rows *r, size_t begin, size_t end, int side)
{
    const int64_t *px = side == OFD_BID ? r->bid_px : r->ask_px;
    const double *sz = side == OFD_BID ? r->bid_sz : r->ask_sz;
    struct run run = { 0 };
    for (size_t i = end; i > begin && i + RUN_LOOKBACK > end && run.n < RUN_STATES; i--) {
        if (px[i - 1] != 0 && (r->flags[i - 1] & OFD_ROW_DUPLICATE) == 0) {
            run.sz[run.n++] = sz[i - 1];
        }
    }
    return run;
}

static struct verdict stacking(const struct run *run, int dir)
{
    if (run->n < RUN_STATES) {
        return unknown;
    }
    for (int i = 1; i < RUN_STATES; i++) {
        if (run->sz[i - 1] < run->sz[i]) {
            return verdict(false, dir);
        }
    }
    double newest = run->sz[0], oldest = run->sz[RUN_STATES - 1];
    return verdict(newest > STACK_MIN_SZ && newest > oldest * STACK_GROWTH, dir);
}

static struct verdict pulling(const struct run *run, int dir)
{
    if (run->n < RUN_STATES) {
        return unknown;
    }
    for (int i = 1; i < RUN_STATES; i++) {
        if (run->sz[i - 1] > run->sz[i]) {
            return verdict(false, dir);
        }
    }
    return verdict(run->sz[0] < run->sz[RUN_STATES - 1] * PULL_SHARE, dir);
}

/* ---- spread ---------------------------------------------------------------------------------- */

/* Mean spread of the newest rows against the window's; NaN when either is not known. */
static double spread_change(const struct rows *r, size_t begin, size_t end, const struct metrics *w)
{
    uint32_t none = OFD_ROW_ONE_SIDED | OFD_ROW_EMPTY | OFD_ROW_LOCKED | OFD_ROW_CROSSED;
    double sum_px = 0, n = 0;
    for (size_t i = end; i > begin && i + NEWEST_SPREADS > end; i--) {
        if ((r->flags[i - 1] & none) == 0) {
            sum_px += (double)(r->ask_px[i - 1] - r->bid_px[i - 1]);
            n++;
        }
    }
    bool known = n > 0 && w->avg_spread_px != METRIC_PX_NONE && w->quotes > NEWEST_SPREADS;
    return known ? sum_px / n / (double)w->avg_spread_px : NAN;
}

static struct verdict tightening(double change)
{
    return isnan(change) ? unknown : verdict(change < TIGHT, 0);
}

static struct verdict widening(double change)
{
    return isnan(change) ? unknown : verdict(change > WIDE, 0);
}

/* ---- momentum and aggression ----------------------------------------------------------------- */

static int sign(double v)
{
    return (v > 0) - (v < 0);
}

static struct verdict momentum_building(const struct metrics *w)
{
    if (isnan(w->velocity) || isnan(w->accel) || isnan(w->ofi) || w->states < VOTES_STATES_MIN) {
        return unknown;
    }
    int dir = sign(w->velocity);
    bool yes = dir != 0 && dir == sign(w->accel) && dir == sign(w->ofi);
    return verdict(yes, yes ? dir : 0);
}

/* Price, flow, a size jump that moved the price, standing sizes: two of them in one direction. A
 * comparison with NaN is false: what is not known does not vote. */
static struct verdict aggressive(const struct metrics *w, int dir)
{
    if (w->states < VOTES_STATES_MIN || isnan(w->ofi_n)) {
        return unknown;
    }
    int hit_side = dir > 0 ? OFD_ASK : OFD_BID;
    int votes = 0;
    votes += dir * w->net_ticks > 0 && w->move_p <= MOVE_P_MAX;
    votes += dir * w->ofi_n >= FLOW_MIN;
    votes += w->jump.ts_ns != 0 && w->jump.side == hit_side && w->jump.direction == dir;
    votes += dir * w->tw_qi >= IMBALANCE_MIN;
    return verdict(votes >= VOTES_MIN, dir);
}

/* ---- all of them ----------------------------------------------------------------------------- */

static void put(struct behavior *out, struct verdict v, const struct behavior *prev, int64_t now_ns)
{
    bool same = prev != NULL && prev->value == v.value && prev->dir == v.dir;
    *out = (struct behavior){ .value = v.value, .dir = v.dir };
    if (v.value != ANSWER_UNKNOWN) {
        out->since_ns = same ? prev->since_ns : now_ns;
    }
}

void behaviors_read(const struct rows *r, int64_t now_ns, const struct metrics *w10,
                    const struct metrics *w60, const struct metrics *w300, bool unknown_all,
                    const struct behaviors *prev, struct behaviors *out)
{
    (void)w300;
    size_t begin = rows_after(r, now_ns - w10->seconds * NS_PER_S);
    size_t end = rows_after(r, now_ns);
    struct run bids = newest_states(r, begin, end, OFD_BID);
    struct run asks = newest_states(r, begin, end, OFD_ASK);
    double spread = spread_change(r, begin, end, w10);
    bool short_unknown = unknown_all || w10->coverage < COVERAGE_MIN;
    bool long_unknown = unknown_all || w60->coverage < COVERAGE_MIN;
#define PUT(member, is_unknown, v) \
    put(&out->member, (is_unknown) ? unknown : (v), prev == NULL ? NULL : &prev->member, now_ns)
    PUT(bid_stacking, short_unknown, stacking(&bids, 1));
    PUT(ask_stacking, short_unknown, stacking(&asks, -1));
    PUT(bid_pulling, short_unknown, pulling(&bids, -1));
    PUT(ask_pulling, short_unknown, pulling(&asks, 1));
    PUT(spread_tightening, short_unknown, tightening(spread));
    PUT(spread_widening, short_unknown, widening(spread));
    PUT(momentum_building, long_unknown, momentum_building(w60));
    PUT(aggressive_buying, short_unknown, aggressive(w10, 1));
    PUT(aggressive_selling, short_unknown, aggressive(w10, -1));
#undef PUT
}
