/* SPDX-License-Identifier: MIT */
/* absorption: a large size stands while the price does not move. Formula and limits: README.md. */
#include "flow.h"

#include <orderflow/declare.h>

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { MEMORY_S = 600 };
static const int64_t SECOND_NS = 1000000000, MS_NS = 1000000;

enum { FIXED, FLOW, QUANTILE_MODE, HYBRID };
static const char *const modes[] = {
    [FIXED] = "fixed", [FLOW] = "flow", [QUANTILE_MODE] = "quantile", [HYBRID] = "hybrid"
};
static const ofd_param params[N_PARAMS] = {
    [MODE] = OFD_PARAM_WORDS("mode", modes,
                             "what decides; quantile, hybrid: as fixed, by calibrated thresholds"),
    [STATES] =
        OFD_PARAM(OFD_INT, "states", "quotes", 10, 1, 1000, "how many of the last quotes count"),
    [RANGE_TICKS] =
        OFD_PARAM(OFD_INT, "range_ticks", "ticks", 1, 0, 1000, "price range of each side, at most"),
    [AVG_SIZE] = OFD_PARAM(OFD_REAL, "avg_size", "shares", 8000, 0, 1e12, "mean size, more than"),
    [MIN_PEAK] = OFD_PARAM(OFD_REAL, "min_peak", "shares", 0, 0, 1e12, "largest size, more than"),
    [STRONG] =
        OFD_PARAM(OFD_REAL, "strong", "shares", 12000, 0, 1e12, "strong: mean size, more than"),
    [MIN_DWELL_MS] =
        OFD_PARAM(OFD_INT, "min_dwell_ms", "ms", 0, 0, 300000, "time they span, at least"),
    [QUANTILE] = OFD_PARAM(OFD_REAL, "quantile", "", 0.995, 0.5, 0.9999,
                           "flow: removed, at least this quantile of what broke levels lately"),
    [TIMES] = OFD_PARAM(OFD_REAL, "times", "", 0, 0, 1e6,
                        "flow: instead, at least this many times their median; 0: by quantile"),
    [REMOVED] = OFD_PARAM(OFD_REAL, "removed", "shares", 0, 0, 1e12,
                          "flow: instead, removed, at least; 0: from breaks in sight"),
    [MIN_BREAKS] = OFD_PARAM(OFD_INT, "min_breaks", "breaks", 20, 1, 1000,
                             "flow: breaks in sight without which nothing is known, at least"),
    [TOLERANCE_MS] =
        OFD_PARAM(OFD_INT, "tolerance_ms", "ms", 500, 0, 10000,
                  "flow: a tick away from the level for less than this is still at it"),
    [PULLED] = OFD_PARAM(OFD_REAL, "pulled", "", 0.5, 0, 1,
                         "flow: mean size of a second / the largest such mean, at least"),
    [FADE_MS] = OFD_PARAM(OFD_INT, "fade_ms", "ms", 10000, 0, 120000,
                          "flow: time since the last removal, at most"),
};

static const char *const strengths[] = { "moderate", "strong" };
static const ofd_field fields[N_FIELDS] = {
    [STRENGTH] =
        OFD_FIELD_WORDS("strength", strengths, "by mean size; in flow mode by removed size"),
    [PRICE_LEVEL] = OFD_FIELD(OFD_PRICE, "price_level", "", "price of this side now"),
    [VOLUME] = OFD_FIELD(OFD_REAL, "volume", "shares", "traded or cancelled while the price stood"),
    [MEAN_SIZE] = OFD_FIELD(OFD_REAL, "avg_size", "shares", "mean size of these quotes"),
    [MAX_SIZE] = OFD_FIELD(OFD_REAL, "max_size", "shares", "largest size of these quotes"),
    [DISTINCT] = OFD_FIELD(OFD_INT, "distinct", "", "different states among these quotes"),
    [DWELL_MS] = OFD_FIELD(OFD_INT, "dwell_ms", "ms", "time these quotes span"),
    [ADDED] = OFD_FIELD(OFD_REAL, "added", "shares", "flow: size that came while the price stood"),
    [THRESHOLD] = OFD_FIELD(OFD_REAL, "threshold", "shares", "flow: removed size that counts"),
    [X_BREAK] = OFD_FIELD(OFD_REAL, "x_break", "", "flow: volume / median of what broke a level"),
    [BREAKS] = OFD_FIELD(OFD_INT, "breaks", "", "flow: levels broken lately, to compare with"),
};
static const ofd_kind kinds[] = {
    [ABSORPTION] = OFD_KIND("absorption", "a large size stands, the price does not move"),
    [FAILED] = OFD_KIND("absorption_failed", "flow: a level that had absorbed is broken"),
};

/* What the last `states` rows show, kept up from row to row. Rows go by their numbers. */
struct roll {
    uint64_t from, next;  /* the rows in it */
    uint64_t stands_from; /* since this row both prices have been there and within the range */
    int64_t range;
    int64_t low[2], high[2]; /* of rows since then: bid, ask */
    double whole[2];         /* sums of the sizes that are whole, which are exact */
    uint64_t odd;            /* how many are not */
};

struct absorption {
    const ofd_host *host;
    struct flow *flow; /* owned; NULL: mode = fixed */
    struct roll roll;
    uint64_t states;
    int64_t range_ticks, min_dwell_ns;
    double avg_size, min_peak, strong;
    double enough; /* the least sum of whole sizes with a mean above avg_size */
};

/* Sums of a thousand such are exact. What is added rounds to a whole number. */
static int is_whole(double size)
{
    return ((size + 0x1p52) - 0x1p52 == size) & (size >= 0) & (size < 4e12);
}

static void count_sizes(struct roll *r, const ofd_window *w, uint64_t i)
{
    double bid = w->bid_sz[i], ask = w->ask_sz[i];
    if (!(is_whole(bid) & is_whole(ask))) {
        r->odd++;
        return;
    }
    r->whole[0] += bid;
    r->whole[1] += ask;
}

static void uncount_sizes(struct roll *r, const ofd_window *w, uint64_t i)
{
    double bid = w->bid_sz[i], ask = w->ask_sz[i];
    if (r->odd > 0 && !(is_whole(bid) & is_whole(ask))) {
        r->odd--;
        return;
    }
    r->whole[0] -= bid;
    r->whole[1] -= ask;
}

static double least_enough(double states, double avg_size)
{
    int64_t low = 0, high = INT64_C(1) << 53;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if ((double)middle / states > avg_size) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return (double)low; /* 2^53: no such sum */
}

/* False, and nothing was done: with that row prices would not stand. */
static bool widen(struct roll *r, const int64_t px[2])
{
    int64_t low[2], high[2];
    for (int side = 0; side < 2; side++) {
        low[side] = px[side] < r->low[side] ? px[side] : r->low[side];
        high[side] = px[side] > r->high[side] ? px[side] : r->high[side];
        if (low[side] <= 0 || high[side] - low[side] > r->range) {
            return false;
        }
    }
    memcpy(r->low, low, sizeof low);
    memcpy(r->high, high, sizeof high);
    return true;
}

/* Prices as of row i: stands_from is looked for among the last `states` rows only where it moves.
 */
static void take_prices(struct roll *r, const ofd_window *w, uint64_t i, uint64_t states)
{
    const int64_t px[2] = { w->bid_px[i], w->ask_px[i] };
    bool stood = r->stands_from < w->first_seq + i; /* so i > 0 */
    if (stood && ((px[0] == w->bid_px[i - 1] && px[1] == w->ask_px[i - 1]) || widen(r, px))) {
        return;
    }
    uint64_t k = i + 1, oldest = i + 1 > states ? i + 1 - states : 0;
    memcpy(r->low, px, sizeof px);
    memcpy(r->high, px, sizeof px);
    while (k > oldest && widen(r, (const int64_t[2]){ w->bid_px[k - 1], w->ask_px[k - 1] })) {
        k--;
    }
    r->stands_from = w->first_seq + k;
}

/* Takes row i in and lets go what is more than `states` rows old. */
static void advance(struct roll *r, const ofd_window *w, uint64_t i, uint64_t states)
{
    count_sizes(r, w, i);
    take_prices(r, w, i, states);
    r->next = w->first_seq + i + 1;
    if (r->next - r->from > states) {
        uncount_sizes(r, w, r->from - w->first_seq);
        r->from++;
    }
}

/* An instance that has not seen the rows before the new ones, or not with this range. */
static void begin(struct roll *r, const ofd_window *w, int64_t range, uint64_t states)
{
    if (r->next != w->first_seq + w->first_new || r->from < w->first_seq || r->range != range) {
        uint64_t before = w->first_new < states - 1 ? w->first_new : states - 1;
        uint64_t from = w->first_seq + w->first_new - before;
        *r = (struct roll){ .from = from, .next = from, .stands_from = from, .range = range };
    }
}

/* False: the mean of this side is certainly not above avg_size. */
static bool may_be_large(const struct absorption *a, int side)
{
    return a->roll.odd > 0 || a->roll.whole[side] >= a->enough;
}

/* What one side showed over rows first..last. */
struct shown {
    double mean, max, removed;
    int64_t distinct;
};

static struct shown look(const struct absorption *a, const ofd_window *w, int32_t side,
                         uint64_t first, uint64_t last)
{
    const int64_t *px = side == OFD_BID ? w->bid_px : w->ask_px;
    const double *sz = side == OFD_BID ? w->bid_sz : w->ask_sz;
    double sum = sz[first];
    struct shown s = { .max = sz[first], .distinct = 1 };
    for (uint64_t i = first + 1; i <= last; i++) {
        bool moved = px[i] != px[i - 1];
        double fell = sz[i - 1] - sz[i];
        sum += sz[i];
        s.max = sz[i] > s.max ? sz[i] : s.max;
        s.removed += (moved ? 0.0 : 1.0) * (fell > 0 ? fell : 0.0); /* without a branch */
        s.distinct += moved | (fell != 0);
    }
    s.mean = sum / (double)a->states;
    return s;
}

/* Judges one side over rows first..last. OFD_LIMIT: the host takes no more. */
static int32_t judge(const struct absorption *a, const ofd_window *w, int32_t side, uint64_t first,
                     uint64_t last)
{
    const int64_t *px = side == OFD_BID ? w->bid_px : w->ask_px;
    struct shown s = look(a, w, side, first, last);
    if (!(s.mean > a->avg_size && s.max > a->min_peak && isfinite(s.mean))) {
        return 0;
    }
    const ofd_value ev[] = {
        { .field = STRENGTH, .i = s.mean > a->strong },
        { .field = PRICE_LEVEL, .i = px[last] },
        { .field = VOLUME, .f = s.removed },
        { .field = MEAN_SIZE, .f = s.mean },
        { .field = MAX_SIZE, .f = s.max },
        { .field = DISTINCT, .i = s.distinct },
        { .field = DWELL_MS, .i = (w->ts_ns[last] - w->ts_ns[first]) / MS_NS },
    };
    return a->host->emit(a->host, &(ofd_pattern){ .size = sizeof(ofd_pattern),
                                                  .side = side,
                                                  .dir = side == OFD_BID ? 1 : -1,
                                                  .ts_ns = w->ts_ns[last],
                                                  .price = px[last],
                                                  .value = s.mean,
                                                  .ev = ev,
                                                  .n_ev = sizeof ev / sizeof *ev,
                                                  .ev_stride = sizeof(ofd_value) });
}

static int32_t detect(void *self, const ofd_tick *tick)
{
    struct absorption *a = self;
    if (a->flow != NULL) {
        flow_detect(a->flow, tick);
        return 0;
    }
    struct roll *r = &a->roll;
    const ofd_window *w = ofd_window_at(tick, 0);
    int64_t range =
        a->range_ticks <= INT64_MAX / tick->px_tick ? a->range_ticks * tick->px_tick : INT64_MAX;
    begin(r, w, range, a->states);
    for (uint64_t i = r->next - w->first_seq; i < w->n; i++) {
        advance(r, w, i, a->states);
        if (i < w->first_new || i + 1 < a->states) {
            continue;
        }
        uint64_t first = i + 1 - a->states;
        int64_t dwell_ns = w->ts_ns[i] - w->ts_ns[first];
        if (r->stands_from > w->first_seq + first || dwell_ns >= MEMORY_S * SECOND_NS ||
            dwell_ns < a->min_dwell_ns) {
            continue;
        }
        if ((may_be_large(a, 0) && judge(a, w, OFD_BID, first, i) == OFD_LIMIT) ||
            (may_be_large(a, 1) && judge(a, w, OFD_ASK, first, i) == OFD_LIMIT)) {
            break;
        }
    }
    return 0;
}

/* ---- why, or why not ---- */

/* Largest price range of a side over rows first..last, in ticks; NaN: a side was absent. */
static double widest_ticks(const ofd_window *w, uint64_t first, uint64_t last, int64_t px_tick)
{
    const int64_t *const sides[] = { w->bid_px, w->ask_px };
    int64_t widest = 0;
    for (int k = 0; k < 2; k++) {
        int64_t low = sides[k][last], high = low;
        for (uint64_t i = first; i <= last; i++) {
            low = sides[k][i] < low ? sides[k][i] : low;
            high = sides[k][i] > high ? sides[k][i] : high;
        }
        if (low <= 0) {
            return NAN;
        }
        widest = high - low > widest ? high - low : widest;
    }
    return (double)widest / (double)px_tick;
}

static void explain_side(const struct absorption *a, const ofd_tick *tick, int32_t side,
                         const ofd_explain_out *out)
{
    const ofd_window *w = ofd_window_at(tick, 0);
    bool enough = w->n >= a->states;
    uint64_t last = w->n - 1, first = enough ? w->n - a->states : 0;
    double span_ms = NAN, ticks = NAN;
    struct shown s = { .mean = NAN, .max = NAN };
    if (enough) {
        span_ms = (double)(w->ts_ns[last] - w->ts_ns[first]) / (double)MS_NS;
        ticks = widest_ticks(w, first, last, tick->px_tick);
        s = look(a, w, side, first, last);
        s.mean = isfinite(s.mean) ? s.mean : NAN;
    }
    const ofd_condition of = { .size = sizeof(ofd_condition),
                               .side = side,
                               .dir = side == OFD_BID ? 1 : -1 };
    int64_t whole_ms = a->min_dwell_ns / MS_NS;
    double range = (double)a->range_ticks, dwell_ms = (double)whole_ms;
    ofd_say(out, &of, "quotes", NULL, OFD_AT_LEAST, (double)w->n, (double)a->states, enough, STATES,
            -1);
    ofd_say(out, &of, "range_ticks", NULL, OFD_AT_MOST, ticks, range, ticks <= range, RANGE_TICKS,
            -1);
    ofd_say(out, &of, "avg_size", NULL, OFD_ABOVE, s.mean, a->avg_size, s.mean > a->avg_size,
            AVG_SIZE, MEAN_SIZE);
    ofd_say(out, &of, "max_size", NULL, OFD_ABOVE, s.max, a->min_peak, s.max > a->min_peak,
            MIN_PEAK, MAX_SIZE);
    ofd_say(out, &of, "dwell_ms", NULL, OFD_AT_LEAST, span_ms, dwell_ms, span_ms >= dwell_ms,
            MIN_DWELL_MS, DWELL_MS);
    ofd_say(out, &of, "span_ms", NULL, OFD_BELOW, span_ms, MEMORY_S * 1e3, span_ms < MEMORY_S * 1e3,
            -1, DWELL_MS);
}

static int32_t explain(void *self, const ofd_tick *tick, const ofd_explain_out *out)
{
    const struct absorption *a = self;
    if (a->flow != NULL) {
        flow_explain(a->flow, tick, out);
        return 0;
    }
    explain_side(self, tick, OFD_BID, out);
    explain_side(self, tick, OFD_ASK, out);
    return 0;
}

OFD_EXPLAIN_EXT(ext, explain)

static void destroy(void *self)
{
    struct absorption *a = self;
    flow_destroy(a->flow);
    free(a);
}

static void *create(const ofd_host *host, const ofd_config *config)
{
    const double *p = config->params;
    bool flows = p[MODE] == FLOW;
    struct absorption *a = malloc(sizeof *a);
    struct flow *flow = a != NULL && flows ? flow_create(host, p) : NULL;
    if (a == NULL || (flows && flow == NULL)) {
        free(a);
        host->log(host, OFD_LOG_ERROR, "out of memory");
        return NULL;
    }
    *a = (struct absorption){ .host = host,
                              .flow = flow,
                              .states = (uint64_t)p[STATES],
                              .range_ticks = (int64_t)p[RANGE_TICKS],
                              .min_dwell_ns = (int64_t)p[MIN_DWELL_MS] * MS_NS,
                              .avg_size = p[AVG_SIZE],
                              .min_peak = p[MIN_PEAK],
                              .strong = p[STRONG],
                              .enough = least_enough(p[STATES], p[AVG_SIZE]) };
    return a;
}

static const uint32_t window_s[] = { 60 };
static const ofd_plugin plugin = {
    .size = sizeof(ofd_plugin),
    .minor = OFD_MINOR,
    .id = "absorption",
    .name = "Absorption",
    .version = "1.0.0",
    .vendor = "orderflow",
    .description = "A large size stands at the touch while the price does not move",
    .license = "MIT",
    .flags = OFD_DETERMINISTIC | OFD_ROWS,
    .memory_s = MEMORY_S,
    OFD_TABLES(window_s, params, kinds, fields),
    .create = create,
    .destroy = destroy,
    .detect = detect,
    .ext = ext,
};

OFD_ENTRY(plugin)
