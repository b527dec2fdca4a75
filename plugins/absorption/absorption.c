/* SPDX-License-Identifier: MIT */
/* absorption: a large size stands while the price does not move. Formula and limits: README.md. */
#include <orderflow/detector.h>

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

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

static const char *const modes[] = { "fixed" };
enum { MODE, STATES, RANGE_TICKS, AVG_SIZE, MIN_PEAK, STRONG, MIN_DWELL_MS, N_PARAMS };
static const ofd_param params[N_PARAMS] = {
    [MODE] = CHOICE(ofd_param, "mode", modes, "what decides"),
    [STATES] = PARAM(OFD_INT, "states", "quotes", 10, 1, 1000, "how many of the last quotes count"),
    [RANGE_TICKS] =
        PARAM(OFD_INT, "range_ticks", "ticks", 1, 0, 1000, "price range of each side, at most"),
    [AVG_SIZE] = PARAM(OFD_REAL, "avg_size", "shares", 8000, 0, 1e12, "mean size, more than"),
    [MIN_PEAK] = PARAM(OFD_REAL, "min_peak", "shares", 0, 0, 1e12, "largest size, more than"),
    [STRONG] = PARAM(OFD_REAL, "strong", "shares", 12000, 0, 1e12, "strong: mean size, more than"),
    [MIN_DWELL_MS] = PARAM(OFD_INT, "min_dwell_ms", "ms", 0, 0, 300000, "time they span, at least"),
};

static const char *const strengths[] = { "moderate", "strong" };
enum { STRENGTH, PRICE_LEVEL, VOLUME, MEAN_SIZE, MAX_SIZE, DISTINCT, DWELL_MS, N_FIELDS };
static const ofd_field fields[N_FIELDS] = {
    [STRENGTH] = CHOICE(ofd_field, "strength", strengths, "by mean size"),
    [PRICE_LEVEL] = FIELD(OFD_PRICE, "price_level", "", "price of this side now"),
    [VOLUME] = FIELD(OFD_REAL, "volume", "shares", "traded or cancelled while the price stood"),
    [MEAN_SIZE] = FIELD(OFD_REAL, "avg_size", "shares", "mean size of these quotes"),
    [MAX_SIZE] = FIELD(OFD_REAL, "max_size", "shares", "largest size of these quotes"),
    [DISTINCT] = FIELD(OFD_INT, "distinct", "", "different states among these quotes"),
    [DWELL_MS] = FIELD(OFD_INT, "dwell_ms", "ms", "time these quotes span"),
};
static const ofd_kind kinds[] = {
    { .size = sizeof(ofd_kind),
      .key = "absorption",
      .help = "a large size stands, the price does not move" },
};

struct absorption {
    const ofd_host *host;
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

/* Judges one side over rows first..last. OFD_LIMIT: the host takes no more. */
static int32_t judge(const struct absorption *a, const ofd_window *w, int32_t side, uint64_t first,
                     uint64_t last)
{
    const int64_t *px = side == OFD_BID ? w->bid_px : w->ask_px;
    const double *sz = side == OFD_BID ? w->bid_sz : w->ask_sz;
    double sum = sz[first], max = sz[first], removed = 0.0;
    int64_t distinct = 1;
    for (uint64_t i = first + 1; i <= last; i++) {
        bool moved = px[i] != px[i - 1];
        sum += sz[i];
        max = sz[i] > max ? sz[i] : max;
        removed += !moved && sz[i] < sz[i - 1] ? sz[i - 1] - sz[i] : 0.0;
        distinct += moved || sz[i] != sz[i - 1];
    }
    double mean = sum / (double)a->states;
    if (!(mean > a->avg_size && max > a->min_peak && isfinite(mean))) {
        return 0;
    }
    const ofd_value ev[] = {
        { .field = STRENGTH, .i = mean > a->strong },
        { .field = PRICE_LEVEL, .i = px[last] },
        { .field = VOLUME, .f = removed },
        { .field = MEAN_SIZE, .f = mean },
        { .field = MAX_SIZE, .f = max },
        { .field = DISTINCT, .i = distinct },
        { .field = DWELL_MS, .i = (w->ts_ns[last] - w->ts_ns[first]) / MS_NS },
    };
    return a->host->emit(a->host, &(ofd_pattern){ .size = sizeof(ofd_pattern),
                                                  .side = side,
                                                  .dir = side == OFD_BID ? 1 : -1,
                                                  .ts_ns = w->ts_ns[last],
                                                  .price = px[last],
                                                  .value = mean,
                                                  .ev = ev,
                                                  .n_ev = N_FIELDS,
                                                  .ev_stride = sizeof(ofd_value) });
}

static int32_t detect(void *self, const ofd_tick *tick)
{
    const struct absorption *a = self;
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

static void *create(const ofd_host *host, const ofd_config *config)
{
    struct absorption *a = malloc(sizeof *a);
    if (a == NULL) {
        host->log(host, OFD_LOG_ERROR, "out of memory");
        return NULL;
    }
    const double *p = config->params;
    *a = (struct absorption){ .host = host,
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
    .n_kinds = 1,
    .kind_stride = sizeof(ofd_kind),
    .n_fields = N_FIELDS,
    .field_stride = sizeof(ofd_field),
    .params = params,
    .kinds = kinds,
    .fields = fields,
    .create = create,
    .destroy = free,
    .detect = detect,
};

const ofd_plugin *ofd_entry_v1(uint32_t host_minor, uint32_t index)
{
    (void)host_minor;
    return index == 0 ? &plugin : NULL;
}
