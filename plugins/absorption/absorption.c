/* SPDX-License-Identifier: MIT */
/* absorption: a large size stands while the price does not move. Formula and limits: README.md. */
#include "flow.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { MEMORY_S = 600 };
static const int64_t SECOND_NS = 1000000000, MS_NS = 1000000;

#define PARAM(t, k, u, d, lo, hi, h)                                                              \
    {                                                                                             \
        .size = sizeof(ofd_param), .type = (t), .key = (k), .unit = (u), .help = (h), .def = (d), \
        .min = (lo), .max = (hi)                                                                  \
    }
#define FIELD(t, k, u, h)                                                            \
    {                                                                                \
        .size = sizeof(ofd_field), .type = (t), .key = (k), .unit = (u), .help = (h) \
    }
#define CHOICE(T, k, words, h)                                                      \
    {                                                                               \
        .size = sizeof(T), .type = OFD_CHOICE, .key = (k), .unit = "", .help = (h), \
        .choices = (words), .n_choices = sizeof(words) / sizeof *(words)            \
    }

enum { FIXED, FLOW };
static const char *const modes[] = { [FIXED] = "fixed", [FLOW] = "flow" };
static const ofd_param params[N_PARAMS] = {
    [MODE] = CHOICE(ofd_param, "mode", modes, "what decides"),
    [STATES] = PARAM(OFD_INT, "states", "quotes", 10, 1, 1000, "how many of the last quotes count"),
    [RANGE_TICKS] =
        PARAM(OFD_INT, "range_ticks", "ticks", 1, 0, 1000, "price range of each side, at most"),
    [AVG_SIZE] = PARAM(OFD_REAL, "avg_size", "shares", 8000, 0, 1e12, "mean size, more than"),
    [MIN_PEAK] = PARAM(OFD_REAL, "min_peak", "shares", 0, 0, 1e12, "largest size, more than"),
    [STRONG] = PARAM(OFD_REAL, "strong", "shares", 12000, 0, 1e12, "strong: mean size, more than"),
    [MIN_DWELL_MS] = PARAM(OFD_INT, "min_dwell_ms", "ms", 0, 0, 300000, "time they span, at least"),
    [QUANTILE] = PARAM(OFD_REAL, "quantile", "", 0.995, 0.5, 0.9999,
                       "flow: removed, at least this quantile of what broke levels lately"),
    [TIMES] = PARAM(OFD_REAL, "times", "", 0, 0, 1e6,
                    "flow: instead, at least this many times their median; 0: by quantile"),
    [REMOVED] = PARAM(OFD_REAL, "removed", "shares", 0, 0, 1e12,
                      "flow: instead, removed, at least; 0: from breaks in sight"),
    [MIN_BREAKS] = PARAM(OFD_INT, "min_breaks", "breaks", 20, 1, 1000,
                         "flow: breaks in sight without which nothing is known, at least"),
    [TOLERANCE_MS] = PARAM(OFD_INT, "tolerance_ms", "ms", 500, 0, 10000,
                           "flow: a tick away from the level for less than this is still at it"),
    [PULLED] = PARAM(OFD_REAL, "pulled", "", 0.5, 0, 1,
                     "flow: mean size of a second / the largest such mean, at least"),
    [FADE_MS] = PARAM(OFD_INT, "fade_ms", "ms", 10000, 0, 120000,
                      "flow: time since the last removal, at most"),
};

static const char *const strengths[] = { "moderate", "strong" };
static const ofd_field fields[N_FIELDS] = {
    [STRENGTH] =
        CHOICE(ofd_field, "strength", strengths, "by mean size; in flow mode by removed size"),
    [PRICE_LEVEL] = FIELD(OFD_PRICE, "price_level", "", "price of this side now"),
    [VOLUME] = FIELD(OFD_REAL, "volume", "shares", "traded or cancelled while the price stood"),
    [MEAN_SIZE] = FIELD(OFD_REAL, "avg_size", "shares", "mean size of these quotes"),
    [MAX_SIZE] = FIELD(OFD_REAL, "max_size", "shares", "largest size of these quotes"),
    [DISTINCT] = FIELD(OFD_INT, "distinct", "", "different states among these quotes"),
    [DWELL_MS] = FIELD(OFD_INT, "dwell_ms", "ms", "time these quotes span"),
    [ADDED] = FIELD(OFD_REAL, "added", "shares", "flow: size that came while the price stood"),
    [THRESHOLD] = FIELD(OFD_REAL, "threshold", "shares", "flow: removed size that counts"),
    [X_BREAK] = FIELD(OFD_REAL, "x_break", "", "flow: volume / median of what broke a level"),
    [BREAKS] = FIELD(OFD_INT, "breaks", "", "flow: levels broken lately, to compare with"),
};
static const ofd_kind kinds[] = {
    [ABSORPTION] = { .size = sizeof(ofd_kind),
                     .key = "absorption",
                     .help = "a large size stands, the price does not move" },
    [FAILED] = { .size = sizeof(ofd_kind),
                 .key = "absorption_failed",
                 .help = "flow: a level that had absorbed is broken" },
};

struct absorption {
    const ofd_host *host;
    struct flow *flow; /* owned; NULL: mode = fixed */
    uint64_t states;
    int64_t range_ticks, min_dwell_ns;
    double avg_size, min_peak, strong;
};

/* Was a price there in all rows first..last, and no two of them more than range apart? */
static bool stands(const int64_t *px, uint64_t first, uint64_t last, int64_t range)
{
    int64_t low = px[last], high = px[last];
    for (uint64_t i = last + 1; i-- > first;) {
        low = px[i] < low ? px[i] : low;
        high = px[i] > high ? px[i] : high;
        if (low <= 0 || high - low > range) {
            return false;
        }
    }
    return true;
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
        sum += sz[i];
        s.max = sz[i] > s.max ? sz[i] : s.max;
        s.removed += !moved && sz[i] < sz[i - 1] ? sz[i - 1] - sz[i] : 0.0;
        s.distinct += moved || sz[i] != sz[i - 1];
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
    const struct absorption *a = self;
    if (a->flow != NULL) {
        flow_detect(a->flow, tick);
        return 0;
    }
    const ofd_window *w = ofd_window_at(tick, 0);
    int64_t range =
        a->range_ticks <= INT64_MAX / tick->px_tick ? a->range_ticks * tick->px_tick : INT64_MAX;
    for (uint64_t i = w->first_new; i < w->n; i++) {
        if (i + 1 < a->states) {
            continue;
        }
        uint64_t first = i + 1 - a->states;
        int64_t dwell_ns = w->ts_ns[i] - w->ts_ns[first];
        if (dwell_ns >= MEMORY_S * SECOND_NS || dwell_ns < a->min_dwell_ns ||
            !stands(w->bid_px, first, i, range) || !stands(w->ask_px, first, i, range)) {
            continue;
        }
        if (judge(a, w, OFD_BID, first, i) == OFD_LIMIT ||
            judge(a, w, OFD_ASK, first, i) == OFD_LIMIT) {
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
#define SAY(k, o, v, t, yes, p, f)                                         \
    (void)out->say(out, &(ofd_condition){ .size = sizeof(ofd_condition),   \
                                          .side = side,                    \
                                          .dir = side == OFD_BID ? 1 : -1, \
                                          .op = (o),                       \
                                          .holds = (yes),                  \
                                          .param = (p),                    \
                                          .field = (f),                    \
                                          .key = (k),                      \
                                          .value = (v),                    \
                                          .threshold = (t) })
    int64_t whole_ms = a->min_dwell_ns / MS_NS;
    double range = (double)a->range_ticks, dwell_ms = (double)whole_ms;
    SAY("quotes", OFD_AT_LEAST, (double)w->n, (double)a->states, enough, STATES, -1);
    SAY("range_ticks", OFD_AT_MOST, ticks, range, ticks <= range, RANGE_TICKS, -1);
    SAY("avg_size", OFD_ABOVE, s.mean, a->avg_size, s.mean > a->avg_size, AVG_SIZE, MEAN_SIZE);
    SAY("max_size", OFD_ABOVE, s.max, a->min_peak, s.max > a->min_peak, MIN_PEAK, MAX_SIZE);
    SAY("dwell_ms", OFD_AT_LEAST, span_ms, dwell_ms, span_ms >= dwell_ms, MIN_DWELL_MS, DWELL_MS);
    SAY("span_ms", OFD_BELOW, span_ms, MEMORY_S * 1e3, span_ms < MEMORY_S * 1e3, -1, DWELL_MS);
#undef SAY
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

static const ofd_explain explains = { .size = sizeof(ofd_explain), .explain = explain };

static const void *ext(const char *id)
{
    return strcmp(id, OFD_EXPLAIN_ID) == 0 ? &explains : NULL;
}

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
                              .strong = p[STRONG] };
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
    .window_s = window_s,
    .n_windows = 1,
    .memory_s = MEMORY_S,
    .n_params = N_PARAMS,
    .param_stride = sizeof(ofd_param),
    .n_kinds = sizeof kinds / sizeof *kinds,
    .kind_stride = sizeof(ofd_kind),
    .n_fields = N_FIELDS,
    .field_stride = sizeof(ofd_field),
    .params = params,
    .kinds = kinds,
    .fields = fields,
    .create = create,
    .destroy = destroy,
    .detect = detect,
    .ext = ext,
};

const ofd_plugin *ofd_entry_v1(uint32_t host_minor, uint32_t index)
{
    (void)host_minor;
    return index == 0 ? &plugin : NULL;
}
