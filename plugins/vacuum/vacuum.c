/* SPDX-License-Identifier: MIT */
/* vacuum: little is shown on both sides, or the spread is wide, for a while. Formula and limits:
 * README.md. */
#include <orderflow/declare.h>
#include <orderflow/rows.h>

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { MEMORY_S = 600, HISTORY_MAX_S = 420, HOLD_MAX_MS = 10000, PAUSE_S = 60, SLOTS = 512 };
static const int64_t SECOND_NS = 1000000000, MS_NS = 1000000;
static const double VALUE_CAP = 1e6;

static const char *const modes[] = { "fixed" };
enum { MODE, SPREAD_TIMES, DEPTH_Q, HOLD_MS, HISTORY_S, MIN_S, N_PARAMS };
static const ofd_param params[N_PARAMS] = {
    [MODE] = OFD_PARAM_WORDS("mode", modes, "what decides"),
    [SPREAD_TIMES] = OFD_PARAM(OFD_REAL, "spread_times", "", 2, 1.01, 1000,
                               "wide: spread / its median over history_s, at least"),
    [DEPTH_Q] = OFD_PARAM(OFD_REAL, "depth_q", "", 0.05, 0, 0.9,
                          "thin: size of both sides below this quantile of history_s; 0: never"),
    [HOLD_MS] =
        OFD_PARAM(OFD_INT, "hold_ms", "ms", 500, 0, HOLD_MAX_MS, "wide or thin for, at least"),
    [HISTORY_S] =
        OFD_PARAM(OFD_INT, "history_s", "s", 300, 10, HISTORY_MAX_S, "history to compare with"),
    [MIN_S] =
        OFD_PARAM(OFD_INT, "min_s", "s", 60, 1, HISTORY_MAX_S, "seconds of it known, at least"),
};

enum { THIN, WIDE, BOTH };
static const char *const causes[] = { [THIN] = "thin", [WIDE] = "wide", [BOTH] = "both" };
enum { CAUSE, SPREAD, MEDIAN, DEPTH, THIN_DEPTH, BID_MEAN, ASK_MEAN, N_FIELDS };
static const ofd_field fields[N_FIELDS] = {
    [CAUSE] = OFD_FIELD_WORDS("cause", causes, "what is true now"),
    [SPREAD] = OFD_FIELD(OFD_PRICE, "spread", "", "spread now"),
    [MEDIAN] = OFD_FIELD(OFD_PRICE, "median_spread", "", "its median over history_s"),
    [DEPTH] = OFD_FIELD(OFD_REAL, "depth", "shares", "size of both sides now"),
    [THIN_DEPTH] =
        OFD_FIELD(OFD_REAL, "thin_depth", "shares", "its quantile depth_q over history_s"),
    [BID_MEAN] = OFD_FIELD(OFD_REAL, "bid_size", "shares", "mean bid size by time over hold_ms"),
    [ASK_MEAN] = OFD_FIELD(OFD_REAL, "ask_size", "shares", "mean ask size by time over hold_ms"),
};
static const ofd_kind kinds[] = {
    OFD_KIND("vacuum", "little is shown on both sides, or the spread is wide"),
};

/* What a quote shows of both sides. spread 0: no two sides, or they are locked or crossed. */
struct book {
    int64_t spread;
    double depth;
};

struct vacuum {
    const ofd_host *host;
    double spread_times, depth_q;
    int64_t hold_ns, history_s;
    size_t min_s;
    uint64_t next; /* rows before it are in; numbered by ofd_window.first_seq */
    /* the book in force at the end of each of the seconds [from_s, now_s) */
    int64_t from_s, now_s;
    struct book seconds[SLOTS];
    int64_t spreads[HISTORY_MAX_S]; /* those of the last history_s that have two sides, sorted */
    double depths[HISTORY_MAX_S];
    size_t n;
    /* as of the last row */
    struct book book;
    int64_t since_ns; /* first row of those up to the last that all are wide or thin */
    bool lacks;       /* the last row is */
};

/* ---- history: one sample a second ------------------------------------------------------------ */

static struct book *second(struct vacuum *v, int64_t s)
{
    return &v->seconds[(uint64_t)s % SLOTS];
}

/* First index of a sorted list that is not smaller. */
static size_t place_i(const int64_t *list, size_t n, int64_t x)
{
    size_t lo = 0;
    while (n > 0) {
        size_t half = n / 2;
        bool right = list[lo + half] < x;
        lo += right ? half + 1 : 0;
        n = right ? n - half - 1 : half;
    }
    return lo;
}

static size_t place_f(const double *list, size_t n, double x)
{
    size_t lo = 0;
    while (n > 0) {
        size_t half = n / 2;
        bool right = list[lo + half] < x;
        lo += right ? half + 1 : 0;
        n = right ? n - half - 1 : half;
    }
    return lo;
}

static void insert(struct vacuum *v, const struct book *b)
{
    size_t i = place_i(v->spreads, v->n, b->spread), f = place_f(v->depths, v->n, b->depth);
    memmove(v->spreads + i + 1, v->spreads + i, (v->n - i) * sizeof *v->spreads);
    memmove(v->depths + f + 1, v->depths + f, (v->n - f) * sizeof *v->depths);
    v->spreads[i] = b->spread;
    v->depths[f] = b->depth;
    v->n++;
}

static void erase(struct vacuum *v, const struct book *b)
{
    size_t i = place_i(v->spreads, v->n, b->spread), f = place_f(v->depths, v->n, b->depth);
    v->n--;
    memmove(v->spreads + i, v->spreads + i + 1, (v->n - i) * sizeof *v->spreads);
    memmove(v->depths + f, v->depths + f + 1, (v->n - f) * sizeof *v->depths);
}

/* Seconds up to `to` have ended with the book that is in force. */
static void end_seconds(struct vacuum *v, int64_t to)
{
    for (; v->now_s < to; v->now_s++) {
        int64_t old = v->now_s - v->history_s;
        if (old >= v->from_s && second(v, old)->spread > 0) {
            erase(v, second(v, old));
        }
        *second(v, v->now_s) = v->book;
        if (v->book.spread > 0) {
            insert(v, &v->book);
        }
    }
}

/* The lower median of n > 0. */
static int64_t median_spread(const struct vacuum *v)
{
    return v->spreads[(v->n - 1) / 2];
}

static double median(const struct vacuum *v)
{
    return v->n > 0 ? (double)median_spread(v) : NAN;
}

/* Below this both sides together are thin; NaN: nothing is. */
static double thin_depth(const struct vacuum *v)
{
    return v->n > 0 && v->depth_q > 0 ? v->depths[(size_t)(v->depth_q * (double)v->n)] : NAN;
}

static bool is_wide(const struct vacuum *v)
{
    return (double)v->book.spread >= v->spread_times * median(v);
}

static bool is_thin(const struct vacuum *v)
{
    return v->book.depth < thin_depth(v);
}

/* ---- one row ----------------------------------------------------------------------------------
 */

static struct book book_of(const ofd_window *w, uint64_t i)
{
    int64_t bid = w->bid_px[i], ask = w->ask_px[i];
    return bid > 0 && ask > bid
               ? (struct book){ .spread = ask - bid, .depth = w->bid_sz[i] + w->ask_sz[i] }
               : (struct book){ 0 };
}

static void advance(struct vacuum *v, const ofd_window *w, uint64_t i)
{
    int64_t now_s = w->ts_ns[i] / SECOND_NS;
    bool anew = ofd_row_anew(w, i, PAUSE_S) != 0;
    if (anew) {
        v->from_s = v->now_s = now_s;
        v->n = 0;
        v->lacks = false;
    }
    end_seconds(v, now_s);
    v->book = book_of(w, i);
    bool lacks = v->book.spread > 0 && v->n >= v->min_s && (is_wide(v) || is_thin(v));
    v->since_ns = lacks && v->lacks ? v->since_ns : w->ts_ns[i];
    v->lacks = lacks;
    v->next = w->first_seq + i + 1;
}

/* Mean size of each side by time over the last hold_ns; of row i alone if that is no time. */
static void means(const struct vacuum *v, const ofd_window *w, uint64_t i, double *bid_out,
                  double *ask_out)
{
    int64_t start_ns = w->ts_ns[i] - v->hold_ns, end_ns = w->ts_ns[i];
    double bid = 0, ask = 0;
    for (uint64_t k = i; k > 0 && end_ns > start_ns;) {
        k--;
        int64_t from_ns = w->ts_ns[k] > start_ns ? w->ts_ns[k] : start_ns;
        double part = (double)(end_ns - from_ns) / (double)v->hold_ns;
        bid += part * w->bid_sz[k];
        ask += part * w->ask_sz[k];
        end_ns = from_ns;
    }
    *bid_out = v->hold_ns > 0 ? bid : w->bid_sz[i];
    *ask_out = v->hold_ns > 0 ? ask : w->ask_sz[i];
}

/* The way to the side that shows less: +1 the ask, -1 the bid; 0 if they are equal but for
 * rounding.
 */
static int thinner(double bid, double ask)
{
    bool even = fabs(bid - ask) <= 1e-9 * fmax(bid, ask);
    return even ? 0 : bid > ask ? 1 : -1;
}

/* How much it lacks, in terms of the thresholds: 1 is enough. */
static double lack(const struct vacuum *v)
{
    double wide = (double)v->book.spread / (v->spread_times * median(v));
    double thin = thin_depth(v) / v->book.depth;
    return v->book.spread > 0 && v->n > 0 ? fmin(fmax(wide, thin), VALUE_CAP) : NAN;
}

/* Judges row i, the last taken. OFD_LIMIT: the host takes no more. */
static int32_t judge(const struct vacuum *v, const ofd_window *w, uint64_t i)
{
    if (!v->lacks || w->ts_ns[i] - v->since_ns < v->hold_ns) {
        return 0;
    }
    double bid, ask, floor_depth = thin_depth(v);
    means(v, w, i, &bid, &ask);
    int cause = is_wide(v) && is_thin(v) ? BOTH : is_wide(v) ? WIDE : THIN;
    const ofd_value ev[] = {
        { .field = CAUSE, .i = cause },
        { .field = SPREAD, .i = v->book.spread },
        { .field = MEDIAN, .i = median_spread(v) },
        { .field = DEPTH, .f = fmin(v->book.depth, DBL_MAX) },
        { .field = BID_MEAN, .f = bid },
        { .field = ASK_MEAN, .f = ask },
        { .field = THIN_DEPTH, .f = fmin(floor_depth, DBL_MAX) },
    };
    uint32_t n_ev = isnan(floor_depth) ? N_FIELDS - 1 : N_FIELDS;
    return v->host->emit(v->host, &(ofd_pattern){ .size = sizeof(ofd_pattern),
                                                  .side = OFD_NO_SIDE,
                                                  .dir = thinner(bid, ask),
                                                  .ts_ns = w->ts_ns[i],
                                                  .price = OFD_NO_PRICE,
                                                  .value = lack(v),
                                                  .ev = ev,
                                                  .n_ev = n_ev,
                                                  .ev_stride = sizeof(ofd_value) });
}

static int32_t detect(void *self, const ofd_tick *tick)
{
    struct vacuum *v = self;
    const ofd_window *w = ofd_window_at(tick, 0);
    uint64_t i = v->next == w->first_seq + w->first_new ? w->first_new : 0;
    for (; i < w->n; i++) {
        advance(v, w, i);
        if (i >= w->first_new && judge(v, w, i) == OFD_LIMIT) {
            break;
        }
    }
    return 0;
}

/* ---- why, or why not ---- */

static int32_t explain(void *self, const ofd_tick *tick, const ofd_explain_out *out)
{
    struct vacuum *v = self;
    const ofd_window *w = ofd_window_at(tick, 0);
    for (uint64_t i = v->next == w->first_seq + w->n ? w->n : 0; i < w->n; i++) {
        advance(v, w, i);
    }
    if (w->n == 0) {
        return 0;
    }
    double held_ms = v->lacks ? (double)(w->ts_ns[w->n - 1] - v->since_ns) / (double)MS_NS : NAN;
    double hold_ms = (double)v->hold_ns / (double)MS_NS;
    const ofd_condition of = { .size = sizeof(ofd_condition) };
    ofd_say(out, &of, "seconds", "s", OFD_AT_LEAST, (double)v->n, (double)v->min_s,
            v->n >= v->min_s, MIN_S, -1);
    ofd_say(out, &of, "lack", "", OFD_AT_LEAST, lack(v), 1,
            v->book.spread > 0 && (is_wide(v) || is_thin(v)), -1, -1);
    ofd_say(out, &of, "held_ms", "ms", OFD_AT_LEAST, held_ms, hold_ms, held_ms >= hold_ms, HOLD_MS,
            -1);
    return 0;
}

OFD_EXPLAIN_EXT(ext, explain)

static void *create(const ofd_host *host, const ofd_config *config)
{
    struct vacuum *v = calloc(1, sizeof *v);
    if (v == NULL) {
        host->log(host, OFD_LOG_ERROR, "out of memory");
        return NULL;
    }
    const double *p = config->params;
    v->host = host;
    v->spread_times = p[SPREAD_TIMES];
    v->depth_q = p[DEPTH_Q];
    v->hold_ns = (int64_t)p[HOLD_MS] * MS_NS;
    v->history_s = (int64_t)p[HISTORY_S];
    v->min_s = (size_t)p[MIN_S];
    return v;
}

static const uint32_t window_s[] = { 60 };
static const ofd_plugin plugin = {
    .size = sizeof(ofd_plugin),
    .minor = OFD_MINOR,
    .id = "vacuum",
    .name = "Vacuum",
    .version = "1.0.0",
    .vendor = "orderflow",
    .description = "Little is shown on both sides, or the spread is wide",
    .license = "MIT",
    .flags = OFD_DETERMINISTIC | OFD_ROWS | OFD_OFF,
    .memory_s = MEMORY_S,
    OFD_TABLES(window_s, params, kinds, fields),
    .create = create,
    .destroy = free,
    .detect = detect,
    .ext = ext,
};

OFD_ENTRY(plugin)
