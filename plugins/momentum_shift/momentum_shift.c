/* SPDX-License-Identifier: MIT */
/* momentum_shift: the bid moves one way far more often than the other. Formula and limits:
 * README.md. */
#include "flow.h"

#include <orderflow/declare.h>

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

enum { MEMORY_S = 600, REACH_S = 300 }; /* REACH_S: of fixed mode */
static const int64_t SECOND_NS = 1000000000;
static const double LN_2 = 0.693147180559945309417;

enum { FIXED, FLOW, QUANTILE_MODE, HYBRID };
static const char *const modes[] = {
    [FIXED] = "fixed", [FLOW] = "flow", [QUANTILE_MODE] = "quantile", [HYBRID] = "hybrid"
};
static const ofd_param params[N_PARAMS] = {
    [MODE] = OFD_PARAM_WORDS("mode", modes,
                             "what decides; quantile, hybrid: as fixed, by calibrated thresholds"),
    [WINDOW_S] = OFD_PARAM(OFD_INT, "window_s", "s", 60, 1, REACH_S, "moves of this time count"),
    [RATIO] = OFD_PARAM(OFD_REAL, "ratio", "", 2, 1, 99, "moves one way / the other way, at least"),
    [MIN_MOVES] = OFD_PARAM(OFD_INT, "min_moves", "moves", 10, 1, 1e6, "lifts + drops, at least"),
    [P_MAX] =
        OFD_PARAM(OFD_REAL, "p_max", "", 1, 0, 1, "p of a fair coin, at most; 1: no condition"),
    [STRONG] = OFD_PARAM(OFD_REAL, "strong", "", 3, 1, 99, "strong: ratio, at least"),
    [P_ENTER] = OFD_PARAM(OFD_REAL, "p_enter", "", 0.01, 0, 1,
                          "flow: p of a fair coin to enter a regime, at most"),
    [EXIT] = OFD_PARAM(OFD_REAL, "exit", "", 1.5, 1, 99, "flow: ratio to stay in it, at least"),
    [DWELL_MS] =
        OFD_PARAM(OFD_INT, "dwell_ms", "ms", 3000, 0, 60000, "flow: time between shifts, at least"),
    [REVERSAL_S] = OFD_PARAM(OFD_INT, "reversal_s", "s", 120, 0, 160,
                             "flow: a reversal if the opposite regime ended within this time"),
};

static const char *const directions[] = { [BULLISH] = "bullish", [BEARISH] = "bearish" };
static const char *const strengths[] = { "moderate", "strong" };
static const char *const regimes[] = { [NEUTRAL] = "neutral", [UP] = "up", [DOWN] = "down" };
static const char *const shifts[] = { [INITIATION] = "initiation", [REVERSAL] = "reversal" };
static const ofd_field fields[N_FIELDS] = {
    [DIRECTION] = OFD_FIELD_WORDS("direction", directions, "which way the bid moves"),
    [STRENGTH] = OFD_FIELD_WORDS("strength", strengths, "by ratio"),
    [LIFTS] = OFD_FIELD(OFD_INT, "lifts", "", "times the bid rose"),
    [DROPS] = OFD_FIELD(OFD_INT, "drops", "", "times the bid fell"),
    [P_VALUE] = OFD_FIELD(OFD_REAL, "p", "", "chance that a fair coin is at least as one-sided"),
    [LIFT_RATIO] = OFD_FIELD(OFD_REAL, "lift_ratio", "", "lifts / drops, at most 99; if bullish"),
    [DROP_RATIO] = OFD_FIELD(OFD_REAL, "drop_ratio", "", "drops / lifts, at most 99; if bearish"),
    [FROM] = OFD_FIELD_WORDS("from", regimes, "flow: the regime before"),
    [SHIFT] = OFD_FIELD_WORDS("shift", shifts, "flow: is it against a regime just ended?"),
};
static const ofd_kind kinds[] = {
    OFD_KIND("momentum_shift", "the bid moves one way far more often than the other"),
};

/* A running count over rows [oldest, next), numbered by ofd_window.first_seq. */
struct momentum {
    const ofd_host *host;
    struct flow *flow; /* owned; NULL: mode = fixed */
    int64_t window_ns, min_moves;
    double ratio, p_max, strong;
    uint64_t oldest, next;
    int64_t lifts, drops;
    double p;   /* of these counts; negative: not computed yet */
    bool rests; /* these counts have been judged: nothing */
};

/* C(n, k) / 2^n. For n <= 1000 every step is a whole number, exact up to 2^53. */
static double binomial(int64_t n, int64_t k)
{
    if (n > 1000) {
        double log_ways =
            lgamma((double)n + 1) - lgamma((double)k + 1) - lgamma((double)(n - k) + 1);
        return exp(log_ways - (double)n * LN_2);
    }
    double ways = 1.0;
    for (int64_t i = 1; i <= k; i++) {
        ways = ways * (double)(n - k + i) / (double)i;
    }
    return ldexp(ways, -(int)n);
}

double fair_coin_p(int64_t a, int64_t b)
{
    int64_t k = a < b ? a : b, n = a + b;
    double term = binomial(n, k), sum = 0.0;
    for (; term > sum * 1e-17; k--) {
        sum += term;
        term *= (double)k / (double)(n - k + 1);
    }
    return fmin(2.0 * sum, 1.0);
}

/* Adds row i's move of the bid `times` times (1 or -1). */
static void count(struct momentum *m, const ofd_window *w, uint64_t i, int times)
{
    int64_t was = w->bid_px[i - 1], is = w->bid_px[i];
    if (was == is || was == 0 || is == 0 || (w->flags[i] & OFD_ROW_GAP) != 0) {
        return;
    }
    m->lifts += is > was ? times : 0;
    m->drops += is < was ? times : 0;
    m->p = -1.0;
    m->rests = false;
}

/* Is the move of row old still in sight from row i, with both its rows? */
static bool in_sight(const struct momentum *m, const ofd_window *w, uint64_t old, uint64_t i)
{
    return w->ts_ns[i] - w->ts_ns[old] < m->window_ns &&
           w->ts_ns[i] - w->ts_ns[old - 1] < REACH_S * SECOND_NS;
}

/* Takes row i in and lets go what is no longer in sight from it. */
static void advance(struct momentum *m, const ofd_window *w, uint64_t i)
{
    count(m, w, i, 1);
    m->next = w->first_seq + i + 1;
    while (m->oldest < m->next && !in_sight(m, w, m->oldest - w->first_seq, i)) {
        count(m, w, m->oldest - w->first_seq, -1);
        m->oldest++;
    }
}

/* Judges the count as of row i. OFD_LIMIT: the host takes no more. */
static int32_t judge(struct momentum *m, const ofd_window *w, uint64_t i)
{
    if (m->rests) {
        return 0;
    }
    bool up = m->lifts > m->drops;
    double most = (double)(up ? m->lifts : m->drops), least = (double)(up ? m->drops : m->lifts);
    if (most + least < (double)m->min_moves || most == least || most < m->ratio * least) {
        m->rests = true;
        return 0;
    }
    m->p = m->p < 0.0 ? fair_coin_p(m->lifts, m->drops) : m->p;
    if (m->p > m->p_max) {
        return 0;
    }
    const ofd_value ev[] = {
        { .field = DIRECTION, .i = up ? BULLISH : BEARISH },
        { .field = STRENGTH, .i = most >= m->strong * least },
        { .field = LIFTS, .i = m->lifts },
        { .field = DROPS, .i = m->drops },
        { .field = P_VALUE, .f = m->p },
        { .field = up ? LIFT_RATIO : DROP_RATIO, .f = fmin(most / least, RATIO_CAP) },
    };
    return m->host->emit(m->host, &(ofd_pattern){ .size = sizeof(ofd_pattern),
                                                  .side = OFD_NO_SIDE,
                                                  .dir = up ? 1 : -1,
                                                  .ts_ns = w->ts_ns[i],
                                                  .price = OFD_NO_PRICE,
                                                  .value = (most - least) / sqrt(most + least),
                                                  .ev = ev,
                                                  .n_ev = sizeof ev / sizeof *ev,
                                                  .ev_stride = sizeof *ev });
}

static int32_t detect(void *self, const ofd_tick *tick)
{
    struct momentum *m = self;
    if (m->flow != NULL) {
        flow_detect(m->flow, tick);
        return 0;
    }
    const ofd_window *w = ofd_window_at(tick, 0);
    if (m->next != w->first_seq + w->first_new || m->oldest <= w->first_seq) {
        m->oldest = m->next = w->first_seq + 1; /* the first row that has one before it */
        m->lifts = m->drops = 0;
        m->rests = false;
    }
    for (uint64_t i = m->next - w->first_seq; i < w->n; i++) {
        advance(m, w, i);
        if (i >= w->first_new && judge(m, w, i) == OFD_LIMIT) {
            break;
        }
    }
    return 0;
}

/* ---- why, or why not ---- */

/* The count as of the newest row, made anew: the instance stays as it is. */
static struct momentum count_newest(const struct momentum *self, const ofd_window *w)
{
    struct momentum m = *self;
    m.oldest = m.next = w->first_seq + 1;
    m.lifts = m.drops = 0;
    m.p = -1.0;
    for (uint64_t i = 1; i < w->n; i++) {
        if (in_sight(&m, w, i, w->n - 1)) {
            count(&m, w, i, 1);
        }
    }
    return m;
}

static void explain_direction(const struct momentum *m, int32_t dir, const ofd_explain_out *out)
{
    double most = (double)(dir > 0 ? m->lifts : m->drops);
    double least = (double)(dir > 0 ? m->drops : m->lifts);
    double moves = most + least, p = moves > 0 ? fair_coin_p(m->lifts, m->drops) : NAN;
    double ratio = moves > 0 ? fmin(most / least, RATIO_CAP) : NAN;
    double min_moves = (double)m->min_moves;
    const ofd_condition of = { .size = sizeof(ofd_condition), .dir = dir };
    ofd_say(out, &of, "moves", NULL, OFD_AT_LEAST, moves, min_moves, moves >= min_moves, MIN_MOVES,
            -1);
    ofd_say(out, &of, "lead", NULL, OFD_ABOVE, most - least, 0.0, most > least, -1, -1);
    ofd_say(out, &of, "ratio", NULL, OFD_AT_LEAST, ratio, m->ratio,
            moves > 0 && most >= m->ratio * least, RATIO, dir > 0 ? LIFT_RATIO : DROP_RATIO);
    ofd_say(out, &of, "p", NULL, OFD_AT_MOST, p, m->p_max, p <= m->p_max, P_MAX, P_VALUE);
}

static int32_t explain(void *self, const ofd_tick *tick, const ofd_explain_out *out)
{
    const struct momentum *s = self;
    if (s->flow != NULL) {
        flow_explain(s->flow, tick, out);
        return 0;
    }
    struct momentum m = count_newest(self, ofd_window_at(tick, 0));
    explain_direction(&m, 1, out);
    explain_direction(&m, -1, out);
    return 0;
}

OFD_EXPLAIN_EXT(ext, explain)

static void destroy(void *self)
{
    struct momentum *m = self;
    flow_destroy(m->flow);
    free(m);
}

static void *create(const ofd_host *host, const ofd_config *config)
{
    const double *p = config->params;
    bool flows = p[MODE] == FLOW;
    struct momentum *m = malloc(sizeof *m);
    struct flow *flow = m != NULL && flows ? flow_create(host, p) : NULL;
    if (m == NULL || (flows && flow == NULL)) {
        free(m);
        host->log(host, OFD_LOG_ERROR, "out of memory");
        return NULL;
    }
    *m = (struct momentum){ .host = host,
                            .flow = flow,
                            .window_ns = (int64_t)p[WINDOW_S] * SECOND_NS,
                            .min_moves = (int64_t)p[MIN_MOVES],
                            .ratio = p[RATIO],
                            .p_max = p[P_MAX],
                            .strong = p[STRONG],
                            .p = -1.0 };
    return m;
}

static const uint32_t window_s[] = { 60 };
static const ofd_plugin plugin = {
    .size = sizeof(ofd_plugin),
    .minor = OFD_MINOR,
    .id = "momentum_shift",
    .name = "Momentum shift",
    .version = "1.0.0",
    .vendor = "orderflow",
    .description = "The bid moves one way far more often than the other",
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
