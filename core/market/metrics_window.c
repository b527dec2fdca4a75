/* SPDX-License-Identifier: MIT */
#include "metrics_window.h"

#include "window_gaps.h"

#include <math.h>

enum {
    HALVES_MIN = 11, /* rows; fewer say nothing about halves */
    TREND_ROWS = 5,  /* the newest rows whose spread is compared with all */
    GRID_CHANGES_MIN = 5,
    GRID_SPREADS_MIN = 20
};

#define TREND_UP 1.2
#define TREND_DOWN 0.8
#define RATIO_MAX 99

/* ---- adding up ------------------------------------------------------------------------------- */

static int64_t min_i64(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t stale_ns(const struct metrics_config *cfg, const struct rows *r, size_t end)
{
    int64_t limit_ns = gaps_limit_of(r->ts_ns, end, cfg->gap_floor_ns);
    return limit_ns > INT64_MAX - r->ts_ns[end - 1] ? INT64_MAX : r->ts_ns[end - 1] + limit_ns;
}

static struct span span_of(const struct adder *a, const struct rows *r,
                           const struct window_request *w)
{
    struct span sp = { .start_ns = w->now_ns - w->seconds * NS_PER_S, .now_ns = w->now_ns };
    sp.begin = a->rows_after(a->ctx, r, sp.start_ns);
    sp.end = rows_after(r, sp.now_ns);
    sp.stale_ns = sp.end > 0 ? stale_ns(a->cfg, r, sp.end) : sp.start_ns;
    return sp;
}

/* Until when the row before the window was in force; 0: there is none. */
static int64_t seed_end_ns(const struct metrics_config *cfg, const struct rows *r,
                           const struct span *sp)
{
    if (sp->begin == 0) {
        return 0;
    }
    if (sp->begin < sp->end) {
        return hold_end_ns(cfg, r->ts_ns[sp->begin - 1], r->ts_ns[sp->begin], r->flags[sp->begin]);
    }
    return min_i64(sp->stale_ns, sp->now_ns);
}

static void add_seed(const struct metrics_config *cfg, const struct rows *r, const struct span *sp,
                     struct sums *into)
{
    int64_t end_ns = seed_end_ns(cfg, r, sp);
    if (end_ns > sp->start_ns) {
        sums_add_hold(into, cfg, r, sp->begin - 1, end_ns - sp->start_ns);
    }
}

static void add_newest(const struct metrics_config *cfg, const struct rows *r,
                       const struct span *sp, struct sums *into)
{
    if (sp->begin < sp->end) {
        int64_t end_ns = min_i64(sp->stale_ns, sp->now_ns);
        sums_add_hold(into, cfg, r, sp->end - 1, end_ns - r->ts_ns[sp->end - 1]);
    }
}

void half_add_rows(struct half *h, const struct rows *r, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        h->bid.sz += r->bid_sz[i];
        h->ask.sz += r->ask_sz[i];
        h->bid.rows += r->bid_px[i] != 0;
        h->ask.rows += r->ask_px[i] != 0;
    }
}

void half_add_sums(struct half *h, const struct sums *s)
{
    h->bid.sz += s->total[SZ_BID];
    h->ask.sz += s->total[SZ_ASK];
    h->bid.rows += s->n[N_BIDS];
    h->ask.rows += s->n[N_ASKS];
}

void half_add_half(struct half *h, const struct half *other)
{
    h->bid.sz += other->bid.sz;
    h->ask.sz += other->ask.sz;
    h->bid.rows += other->bid.rows;
    h->ask.rows += other->ask.rows;
}

/* The window's halves by rows: the newer one is what the older leaves. */
static void add_newer_half(const struct sums *all, struct half half[2])
{
    half_add_sums(&half[1], all);
    half[1].bid.sz -= half[0].bid.sz;
    half[1].ask.sz -= half[0].ask.sz;
    half[1].bid.rows -= half[0].bid.rows;
    half[1].ask.rows -= half[0].ask.rows;
}

/* Each value of the book as it was first, and last, in the window; the row that was in force when
 * it began is the first. */
static void find_books(const struct metrics_config *cfg, const struct rows *r,
                       const struct span *sp, const struct sums *all, struct book books[2])
{
    struct book seed = { 0 };
    if (seed_end_ns(cfg, r, sp) > sp->start_ns) {
        book_add_row(&seed, r, sp->begin - 1);
    }
    books[0] = seed;
    books[1] = (struct book){ 0 };
    bool some = all->n[N_BIDS] + all->n[N_ASKS] > 0;
    for (int i = 0; some && i < 2; i++) {
        struct book *b = &books[i];
        for (size_t k = 0; k < sp->end - sp->begin; k++) {
            book_add_row(b, r, i == 0 ? sp->begin + k : sp->end - 1 - k);
            if ((b->bid_px != 0 || all->n[N_BIDS] == 0) &&
                (b->ask_px != 0 || all->n[N_ASKS] == 0) &&
                (b->mid2_px != 0 || all->n[N_MIDS] == 0)) {
                break;
            }
        }
    }
    book_add_book(&books[1], &seed);
}

/* ---- the grid of whole seconds --------------------------------------------------------------- */

double grid_square(int64_t before2_px, int64_t mid2_px)
{
    if (before2_px == 0 || mid2_px == 0 || before2_px == mid2_px) {
        return 0;
    }
    double bps = (double)(mid2_px - before2_px) / (double)before2_px * 1e4;
    return bps * bps;
}

void grid_add(struct grid *g, int64_t mid2_px, int64_t spread_px)
{
    if (spread_px > 0 && g->n < GRID_MAX - 1) {
        bool goes_on = g->runs > 0 && g->spread[g->runs - 1].value == spread_px;
        g->runs += !goes_on;
        struct value_run *run = &g->spread[g->runs - 1];
        *run = (struct value_run){ .value = spread_px, .n = goes_on ? run->n + 1 : 1 };
        g->n++;
    }
    if (mid2_px != 0 && g->mid2_px != 0) {
        g->squares += grid_square(g->mid2_px, mid2_px);
        g->changes++;
    }
    g->mid2_px = mid2_px;
}

void grid_add_row(struct grid *g, const struct rows *r, size_t i, int64_t end_ns, int64_t *second,
                  int64_t last)
{
    int64_t mid2_px = row_mid2_px(r, i);
    int64_t spread_px = mid2_px == 0 ? 0 : r->ask_px[i] - r->bid_px[i];
    for (; *second <= last; ++*second) {
        bool in_force = *second * NS_PER_S <= end_ns;
        grid_add(g, in_force ? mid2_px : 0, in_force ? spread_px : 0);
    }
}

/* NaN while the step is not known: no value in ticks then. */
static double tick_px(const struct window_request *w)
{
    return w->px_tick > 0 ? (double)w->px_tick : NAN;
}

static void put_grid(const struct adder *a, const struct rows *r, const struct span *sp,
                     const struct window_request *w, struct metrics *out)
{
    struct grid g;
    g.mid2_px = 0;
    g.squares = 0;
    g.changes = 0;
    g.n = 0;
    g.runs = 0;
    if (sp->end > 0) {
        a->add_grid(a->ctx, r, sp, &g);
    }
    if (g.changes >= GRID_CHANGES_MIN) {
        out->rv_bps = sqrt(g.squares);
    }
    if (g.n >= GRID_SPREADS_MIN) {
        int64_t p95_px = stat_percentile(g.spread, g.runs, 0.95);
        out->p95_spread_ticks = (double)p95_px / tick_px(w);
    }
}

/* ---- from sums to metrics -------------------------------------------------------------------- */

static double ratio(double a, double b)
{
    return b > 0 ? a / b : NAN;
}

static double per_second(double seconds_total, int64_t ns)
{
    return ratio(seconds_total, (double)ns / (double)NS_PER_S);
}

static enum metric_label label_of(double now, double before)
{
    if (isnan(now) || isnan(before)) {
        return LABEL_NONE;
    }
    if (now > before * TREND_UP) {
        return LABEL_INCREASING;
    }
    return now < before * TREND_DOWN ? LABEL_DECREASING : LABEL_STABLE;
}

static enum metric_label halves_label(int64_t quotes, const struct half_side *before,
                                      const struct half_side *now)
{
    if (quotes < HALVES_MIN) {
        return LABEL_NONE;
    }
    return label_of(ratio(now->sz, (double)now->rows), ratio(before->sz, (double)before->rows));
}

static void put_counts(const struct sums *s, struct metrics *out)
{
    out->quotes = s->n[N_QUOTES];
    out->states = s->n[N_STATES];
    out->bid_lifts = s->n[N_BID_LIFTS];
    out->bid_drops = s->n[N_BID_DROPS];
    out->ask_lifts = s->n[N_ASK_LIFTS];
    out->ask_drops = s->n[N_ASK_DROPS];
    out->large_bids = s->n[N_LARGE_BIDS];
    out->large_asks = s->n[N_LARGE_ASKS];
    out->large_bid_ms = s->ns[NS_LARGE_BID] / 1000000;
    out->large_ask_ms = s->ns[NS_LARGE_ASK] / 1000000;
    out->locked_ms = s->ns[NS_LOCKED] / 1000000;
    out->crossed_ms = s->ns[NS_CROSSED] / 1000000;
    out->one_sided_ms = s->ns[NS_ONE_SIDED] / 1000000;
}

static void put_books(const struct book books[2], struct metrics *out)
{
    if (books[0].bid_px != 0) {
        out->bid_move_px = books[1].bid_px - books[0].bid_px;
        out->net_bid_sz = books[1].bid_sz - books[0].bid_sz;
    }
    if (books[0].ask_px != 0) {
        out->ask_move_px = books[1].ask_px - books[0].ask_px;
        out->net_ask_sz = books[1].ask_sz - books[0].ask_sz;
    }
}

static void put_sides(const struct sums *s, const struct half half[2], struct metrics *out)
{
    out->avg_bid_sz = trunc(ratio(s->total[SZ_BID], (double)s->n[N_BIDS]));
    out->avg_ask_sz = trunc(ratio(s->total[SZ_ASK], (double)s->n[N_ASKS]));
    out->bid_accel = halves_label(s->n[N_QUOTES], &half[0].bid, &half[1].bid);
    out->ask_accel = halves_label(s->n[N_QUOTES], &half[0].ask, &half[1].ask);
    out->tw_bid_sz = per_second(s->total[S_BID_SZ], s->ns[NS_BID]);
    out->tw_ask_sz = per_second(s->total[S_ASK_SZ], s->ns[NS_ASK]);
}

/* Mean spread of the newest `rows` rows of the window that have one; NaN when none has. */
static double newest_spread_px(const struct rows *r, const struct span *sp, size_t rows)
{
    double sum_px = 0, n = 0;
    for (size_t i = sp->end; i > sp->begin && i + rows > sp->end; i--) {
        int64_t spread_px = r->ask_px[i - 1] - r->bid_px[i - 1];
        if (row_mid2_px(r, i - 1) != 0 && spread_px > 0) {
            sum_px += (double)spread_px;
            n++;
        }
    }
    return ratio(sum_px, n);
}

static void put_spread(const struct sums *s, const struct rows *r, const struct span *sp,
                       const struct window_request *w, struct metrics *out)
{
    if (s->n[N_SPREADS] > 0) {
        double avg_px = s->total[PX_SPREAD] / (double)s->n[N_SPREADS];
        out->avg_spread_px = llround(avg_px);
        out->min_spread_px = s->min_spread_px;
        out->max_spread_px = s->max_spread_px;
        out->spread_volatility_px = s->max_spread_px - s->min_spread_px;
        if (s->n[N_SPREADS] > TREND_ROWS) {
            out->spread_trend = label_of(newest_spread_px(r, sp, TREND_ROWS), avg_px);
        }
    }
    int64_t spread_ns = s->ns[NS_COVERED] - s->ns[NS_LOCKED];
    out->tw_spread_ticks = per_second(s->total[S_SPREAD_PX], spread_ns) / tick_px(w);
    out->tw_spread_bps = per_second(s->total[S_SPREAD_BPS], spread_ns);
}

static void put_flow(const struct sums *s, struct metrics *out)
{
    if (s->ns[NS_COVERED] > 0) {
        out->bid_add = s->total[SZ_BID_ADD];
        out->bid_rem = s->total[SZ_BID_REM];
        out->ask_add = s->total[SZ_ASK_ADD];
        out->ask_rem = s->total[SZ_ASK_REM];
        out->ofi = out->bid_add - out->bid_rem - out->ask_add + out->ask_rem;
    }
    out->ofi_n = ratio(out->ofi, per_second(s->total[S_DEPTH_SZ], s->ns[NS_COVERED]));
    out->tw_qi = per_second(s->total[S_IMBALANCE], s->ns[NS_COVERED]);
}

/* Of the newest row, while it is in force. */
static void put_now(const struct rows *r, const struct span *sp, const struct window_request *w,
                    struct metrics *out)
{
    if (sp->end == 0 || sp->stale_ns < sp->now_ns || row_mid2_px(r, sp->end - 1) == 0) {
        return;
    }
    size_t i = sp->end - 1;
    double bid_sz = r->bid_sz[i], ask_sz = r->ask_sz[i];
    double half_spread_px = (double)(r->ask_px[i] - r->bid_px[i]) / 2;
    out->qi = (bid_sz - ask_sz) / (bid_sz + ask_sz);
    out->micro_ticks = half_spread_px * out->qi / tick_px(w);
}

/* The mid in force in the middle of the window; 0: none. */
static int64_t middle_mid2_px(const struct adder *a, const struct rows *r, const struct span *sp)
{
    int64_t at_ns = sp->start_ns + (sp->now_ns - sp->start_ns) / 2;
    size_t next = a->rows_after(a->ctx, r, at_ns);
    if (next == 0) {
        return 0;
    }
    int64_t end_ns = sp->stale_ns;
    if (next < sp->end) {
        end_ns = hold_end_ns(a->cfg, r->ts_ns[next - 1], r->ts_ns[next], r->flags[next]);
    }
    return end_ns >= at_ns ? row_mid2_px(r, next - 1) : 0;
}

static void put_ratio(const struct sums *s, struct metrics *out)
{
    int64_t ups = s->n[N_MID_UPS], downs = s->n[N_MID_DOWNS];
    if (ups + downs > 0) {
        out->lift_ratio = fmin(RATIO_MAX, ((double)ups + .5) / ((double)downs + .5));
        out->move_p = stat_coin_p(ups, downs);
    }
}

static void put_moves(const struct adder *a, const struct book books[2], const struct rows *r,
                      const struct span *sp, const struct window_request *w, struct metrics *out)
{
    if (books[0].mid2_px == 0) {
        return;
    }
    int64_t move2_px = books[1].mid2_px - books[0].mid2_px;
    out->net_ticks = w->px_tick > 0 ? move2_px / 2 / w->px_tick : 0;
    out->velocity = (double)move2_px / (2 * tick_px(w)) / (double)w->seconds;
    int64_t middle2_px = middle_mid2_px(a, r, sp);
    if (middle2_px != 0) {
        int64_t change2_px = (books[1].mid2_px - middle2_px) - (middle2_px - books[0].mid2_px);
        out->accel = (double)change2_px / (2 * tick_px(w)) / ((double)w->seconds / 2);
    }
}

static void put_nothing(struct metrics *out)
{
#define NONE_I(m) out->m = 0;
#define NONE_D(m) out->m = NAN;
#define NONE_P(m) out->m = METRIC_PX_NONE;
#define NONE_L(m) out->m = LABEL_NONE;
#define METRIC(kind, member, name, unit, help) NONE_##kind(member)
#include "metrics.def"
#undef METRIC
    out->jump = (struct size_jump){ 0 };
}

void metrics_window(const struct adder *a, const struct rows *r, const struct window_request *w,
                    struct metrics *out)
{
    struct span sp = span_of(a, r, w);
    struct sums all = { 0 };
    struct half half[2] = { 0 };
    struct book books[2];
    add_seed(a->cfg, r, &sp, &all);
    a->add_rows(a->ctx, r, &sp, sp.begin + (sp.end - sp.begin) / 2, &all, &half[0]);
    add_newest(a->cfg, r, &sp, &all);
    add_newer_half(&all, half);
    find_books(a->cfg, r, &sp, &all, books);

    out->seconds = w->seconds;
    put_nothing(out);
    put_counts(&all, out);
    put_books(books, out);
    put_sides(&all, half, out);
    put_spread(&all, r, &sp, w, out);
    put_flow(&all, out);
    put_now(r, &sp, w, out);
    put_ratio(&all, out);
    put_moves(a, books, r, &sp, w, out);
    put_grid(a, r, &sp, w, out);
    if (all.jump_seq != 0) {
        out->jump = sums_jump_at(a->cfg, r, (size_t)(all.jump_seq - 1 - r->first_seq));
    }
    out->coverage = (double)all.ns[NS_COVERED] / (double)(w->seconds * NS_PER_S);
    if (sp.end > 0) {
        out->update_rate = (double)out->quotes / (double)w->seconds;
        out->flicker_rate = (double)all.n[N_FLICKERS] / (double)w->seconds;
    }
}
