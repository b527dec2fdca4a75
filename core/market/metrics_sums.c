/* SPDX-License-Identifier: MIT */
#include "metrics_sums.h"

#define NS_PER_S ((int64_t)1000000000)
#define BRIDGE_NS (5 * NS_PER_S)  /* a side absent for less is compared across */
#define FLICKER_NS (NS_PER_S / 2) /* back at the old price within this */
#define REARM_SHARE 0.7           /* of large_sz: below it a large order is gone */

void book_add_book(struct book *known, const struct book *other)
{
    if (known->bid_px == 0) {
        known->bid_px = other->bid_px;
        known->bid_sz = other->bid_sz;
    }
    if (known->ask_px == 0) {
        known->ask_px = other->ask_px;
        known->ask_sz = other->ask_sz;
    }
    if (known->mid2_px == 0) {
        known->mid2_px = other->mid2_px;
    }
}

void book_add_row(struct book *known, const struct rows *r, size_t i)
{
    struct book row = {
        .bid_px = r->bid_px[i],
        .ask_px = r->ask_px[i],
        .mid2_px = row_mid2_px(r, i),
        .bid_sz = r->bid_sz[i],
        .ask_sz = r->ask_sz[i],
    };
    book_add_book(known, &row);
}

static void add_spread_range(struct sums *into, int64_t min_px, int64_t max_px)
{
    bool first = into->n[N_SPREADS] == 0;
    if (first || min_px < into->min_spread_px) {
        into->min_spread_px = min_px;
    }
    if (first || max_px > into->max_spread_px) {
        into->max_spread_px = max_px;
    }
}

void sums_add(struct sums *into, const struct sums *next)
{
    if (next->n[N_SPREADS] > 0) {
        add_spread_range(into, next->min_spread_px, next->max_spread_px);
    }
    for (int i = 0; i < COUNTS; i++) {
        into->n[i] += next->n[i];
    }
    for (int i = 0; i < TIMES; i++) {
        into->ns[i] += next->ns[i];
    }
    for (int i = 0; i < TOTALS; i++) {
        into->total[i] += next->total[i];
    }
    if (next->jump_seq != 0) {
        into->jump_seq = next->jump_seq;
    }
}

int64_t row_mid2_px(const struct rows *r, size_t i)
{
    uint32_t no_mid = OFD_ROW_ONE_SIDED | OFD_ROW_EMPTY | OFD_ROW_CROSSED;
    bool none = (r->flags[i] & no_mid) != 0 || r->ask_px[i] > INT64_MAX - r->bid_px[i];
    return none ? 0 : r->bid_px[i] + r->ask_px[i];
}

int64_t hold_end_ns(const struct metrics_config *cfg, int64_t ts_ns, int64_t next_ns,
                    uint32_t next_flags)
{
    bool gap = (next_flags & OFD_ROW_GAP) != 0;
    return gap && next_ns - ts_ns > cfg->gap_floor_ns ? ts_ns + cfg->gap_floor_ns : next_ns;
}

/* ---- events ---------------------------------------------------------------------------------- */

/* One side of one row, and where its events go. */
struct side_row {
    int64_t ts_ns, px;
    double sz;
    int side;
    uint64_t seq;
    enum count lifts, drops, large;
    enum total add, rem;
};

static INLINED void count_large(struct sums *s, struct side_carry *c, double large_sz,
                                const struct side_row *now)
{
    if (now->sz > large_sz) {
        s->n[now->large] += c->large_px != now->px;
        c->large_px = now->px;
    } else if (c->large_px != now->px || now->sz < large_sz * REARM_SHARE) {
        c->large_px = 0;
    }
}

/* better: the price moved so that orders were added in front; Cont, Kukanov, Stoikov (2014). */
static INLINED void count_flow(struct sums *s, const struct side_carry *c,
                               const struct side_row *now)
{
    int64_t better = now->side == OFD_BID ? now->px - c->px : c->px - now->px;
    if (better > 0) {
        s->total[now->add] += now->sz;
    } else if (better < 0) {
        s->total[now->rem] += c->sz;
    } else if (now->sz > c->sz) {
        s->total[now->add] += now->sz - c->sz;
    } else {
        s->total[now->rem] += c->sz - now->sz;
    }
}

static INLINED void count_move(struct sums *s, struct side_carry *c, const struct side_row *now)
{
    if (now->px == c->px) {
        return;
    }
    s->n[now->px > c->px ? now->lifts : now->drops]++;
    if (now->px == c->left_px && now->ts_ns - c->left_ns <= FLICKER_NS) {
        s->n[N_FLICKERS]++;
    }
    c->left_px = c->px;
    c->left_ns = now->ts_ns;
}

static bool is_jump(const struct metrics_config *cfg, double before_sz, double sz)
{
    return (sz > before_sz ? sz - before_sz : before_sz - sz) > cfg->jump_sz;
}

static INLINED void add_side(struct sums *s, struct side_carry *c, const struct metrics_config *cfg,
                             const struct side_row *now)
{
    if (now->px == 0) {
        c->fresh = 0;
        c->large_px = 0;
        return;
    }
    if (c->px != 0 && (c->fresh || now->ts_ns - c->ts_ns < BRIDGE_NS)) {
        count_flow(s, c, now);
        s->jump_seq = is_jump(cfg, c->sz, now->sz) ? now->seq + 1 : s->jump_seq;
        count_move(s, c, now);
    }
    count_large(s, c, cfg->large_sz, now);
    c->px = now->px;
    c->sz = now->sz;
    c->ts_ns = now->ts_ns;
    c->fresh = 1;
}

static void add_mid(struct sums *s, struct carry *c, int64_t mid2_px, int64_t ts_ns)
{
    if (mid2_px == 0) {
        c->mid_fresh = 0;
        return;
    }
    if (c->mid2_px != 0 && (c->mid_fresh || ts_ns - c->mid_ts_ns < BRIDGE_NS)) {
        s->n[N_MID_UPS] += mid2_px > c->mid2_px;
        s->n[N_MID_DOWNS] += mid2_px < c->mid2_px;
    }
    c->mid2_px = mid2_px;
    c->mid_ts_ns = ts_ns;
    c->mid_fresh = 1;
}

static void add_book(struct sums *s, const struct rows *r, size_t i, int64_t mid2_px)
{
    int64_t bid_px = r->bid_px[i], ask_px = r->ask_px[i], spread_px = ask_px - bid_px;
    if (mid2_px != 0 && spread_px > 0) {
        add_spread_range(s, spread_px, spread_px);
        s->n[N_SPREADS]++;
        s->total[PX_SPREAD] += (double)spread_px;
    }
    s->n[N_BIDS] += bid_px != 0;
    s->n[N_ASKS] += ask_px != 0;
    s->n[N_MIDS] += mid2_px != 0;
    s->total[SZ_BID] += r->bid_sz[i];
    s->total[SZ_ASK] += r->ask_sz[i];
}

void sums_add_row(struct sums *s, struct carry *c, const struct metrics_config *cfg,
                  const struct rows *r, size_t i)
{
    struct side_row bid = {
        .ts_ns = r->ts_ns[i],
        .px = r->bid_px[i],
        .sz = r->bid_sz[i],
        .side = OFD_BID,
        .seq = r->first_seq + i,
        .lifts = N_BID_LIFTS,
        .drops = N_BID_DROPS,
        .large = N_LARGE_BIDS,
        .add = SZ_BID_ADD,
        .rem = SZ_BID_REM,
    };
    struct side_row ask = {
        .ts_ns = r->ts_ns[i],
        .px = r->ask_px[i],
        .sz = r->ask_sz[i],
        .side = OFD_ASK,
        .seq = r->first_seq + i,
        .lifts = N_ASK_LIFTS,
        .drops = N_ASK_DROPS,
        .large = N_LARGE_ASKS,
        .add = SZ_ASK_ADD,
        .rem = SZ_ASK_REM,
    };
    if ((r->flags[i] & OFD_ROW_GAP) != 0) {
        *c = (struct carry){ 0 };
    }
    int64_t mid2_px = row_mid2_px(r, i);
    add_side(s, &c->ask, cfg, &ask);
    add_side(s, &c->bid, cfg, &bid);
    add_mid(s, c, mid2_px, r->ts_ns[i]);
    add_book(s, r, i, mid2_px);
    s->n[N_QUOTES]++;
    s->n[N_STATES] += (r->flags[i] & OFD_ROW_DUPLICATE) == 0;
}

/* The row that add_side() compared row i with, by one side; i: none. */
static size_t compared_with(const struct rows *r, size_t i, const int64_t *px)
{
    for (size_t k = i; k > 0 && (r->flags[k] & OFD_ROW_GAP) == 0; k--) {
        bool fresh = k == i, near = r->ts_ns[i] - r->ts_ns[k - 1] < BRIDGE_NS;
        if (px[k - 1] != 0) {
            return fresh || near ? k - 1 : i;
        }
        if (!near) {
            return i;
        }
    }
    return i;
}

static bool jump_of_side(const struct metrics_config *cfg, const struct rows *r, size_t i, int side,
                         struct size_jump *out)
{
    const int64_t *px = side == OFD_BID ? r->bid_px : r->ask_px;
    const double *sz = side == OFD_BID ? r->bid_sz : r->ask_sz;
    size_t before = px[i] == 0 ? i : compared_with(r, i, px);
    if (before == i || !is_jump(cfg, sz[before], sz[i])) {
        return false;
    }
    *out = (struct size_jump){
        .ts_ns = r->ts_ns[i],
        .px = px[i],
        .size = sz[i] > sz[before] ? sz[i] - sz[before] : sz[before] - sz[i],
        .side = side,
        .direction = (px[i] > px[before]) - (px[i] < px[before]),
    };
    return true;
}

struct size_jump sums_jump_at(const struct metrics_config *cfg, const struct rows *r, size_t i)
{
    struct size_jump jump = { 0 };
    (void)(jump_of_side(cfg, r, i, OFD_BID, &jump) || jump_of_side(cfg, r, i, OFD_ASK, &jump));
    return jump;
}

/* ---- time in force --------------------------------------------------------------------------- */

static void hold_book(struct sums *s, const struct rows *r, size_t i, int64_t hold_ns,
                      double seconds)
{
    double bid_sz = r->bid_sz[i], ask_sz = r->ask_sz[i];
    int64_t spread_px = r->ask_px[i] - r->bid_px[i];
    s->ns[NS_COVERED] += hold_ns;
    s->total[S_DEPTH_SZ] += (bid_sz + ask_sz) / 2 * seconds;
    s->total[S_IMBALANCE] += (bid_sz - ask_sz) / (bid_sz + ask_sz) * seconds;
    if (spread_px == 0) {
        s->ns[NS_LOCKED] += hold_ns;
        return;
    }
    double mid_px = (double)(r->bid_px[i] + r->ask_px[i]) / 2;
    s->total[S_SPREAD_PX] += (double)spread_px * seconds;
    s->total[S_SPREAD_BPS] += (double)spread_px / mid_px * 1e4 * seconds;
}

void sums_add_hold(struct sums *s, const struct metrics_config *cfg, const struct rows *r, size_t i,
                   int64_t hold_ns)
{
    double seconds = (double)hold_ns / (double)NS_PER_S;
    if (r->bid_px[i] != 0) {
        s->ns[NS_BID] += hold_ns;
        s->ns[NS_LARGE_BID] += r->bid_sz[i] > cfg->large_sz ? hold_ns : 0;
        s->total[S_BID_SZ] += r->bid_sz[i] * seconds;
    }
    if (r->ask_px[i] != 0) {
        s->ns[NS_ASK] += hold_ns;
        s->ns[NS_LARGE_ASK] += r->ask_sz[i] > cfg->large_sz ? hold_ns : 0;
        s->total[S_ASK_SZ] += r->ask_sz[i] * seconds;
    }
    if (r->bid_px[i] == 0 || r->ask_px[i] == 0) {
        s->ns[NS_ONE_SIDED] += hold_ns;
    } else if (row_mid2_px(r, i) == 0) {
        s->ns[NS_CROSSED] += hold_ns;
    } else {
        hold_book(s, r, i, hold_ns, seconds);
    }
}
