/* SPDX-License-Identifier: MIT */
/* sweep: the size of a side jumps from one state to the next. Formula and limits: README.md. */
#include "flow.h"

#include <orderflow/declare.h>

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

enum { MEMORY_S = 600 };
static const int64_t SECOND_NS = 1000000000;

enum { FIXED, FLOW, QUANTILE_MODE, HYBRID };
static const char *const modes[] = {
    [FIXED] = "fixed", [FLOW] = "flow", [QUANTILE_MODE] = "quantile", [HYBRID] = "hybrid"
};
static const ofd_param params[N_PARAMS] = {
    [MODE] = OFD_PARAM_WORDS("mode", modes,
                             "what decides; quantile, hybrid: as fixed, by calibrated thresholds"),
    [CHANGE] = OFD_PARAM(OFD_REAL, "change", "shares", 15000, 0, 1e12,
                         "size gained or lost between two states, more than"),
    [REMOVED] = OFD_PARAM(OFD_REAL, "removed", "shares", 15000, 0, 1e12,
                          "flow: what the levels it left had shown, more than"),
    [TICKS] =
        OFD_PARAM(OFD_INT, "ticks", "ticks", 1, 1, 1000, "flow: how far the price goes, at least"),
    [DEEP] = OFD_PARAM(OFD_INT, "deep", "ticks", 3, 1, 1000, "flow: deep: so far, at least"),
    [LEG_MS] = OFD_PARAM(OFD_INT, "leg_ms", "ms", 250, LEG_MIN_MS, LEG_MAX_MS,
                         "flow: time from a leg's first move to its last, at most"),
    [BACK_MS] = OFD_PARAM(OFD_INT, "back_ms", "ms", 500, 0, BACK_MAX_MS,
                          "flow: not back at the old price for, at least"),
    [JOIN_MS] = OFD_PARAM(OFD_INT, "join_ms", "ms", 1000, 0, 10000,
                          "flow: legs that begin within this of the end of the one before are one"),
};

static const char *const directions[] = {
    [LIFT] = "lift", [HIT] = "hit", [UNCHANGED] = "unchanged"
};
static const char *const answers[] = { "no", "yes" };
static const ofd_field fields[N_FIELDS] = {
    [DIRECTION] = OFD_FIELD_WORDS("direction", directions, "how the price of this side moved"),
    [PRICE] = OFD_FIELD(OFD_PRICE, "price", "", "price of this side after the change"),
    [SIZE] = OFD_FIELD(OFD_REAL, "size", "shares", "size gained or lost"),
    [SIGNED_CHANGE] = OFD_FIELD(OFD_REAL, "change", "shares", "size gained (+) or lost (-)"),
    [THROUGH] = OFD_FIELD_WORDS("through", answers,
                                "the price left a level that showed more than `change`"),
    [TICKS_GONE] = OFD_FIELD(OFD_INT, "ticks", "ticks", "flow: how far it went"),
    [LEGS] = OFD_FIELD(OFD_INT, "legs", "", "flow: in how many goes"),
    [SPAN_MS] = OFD_FIELD(OFD_INT, "span_ms", "ms", "flow: from the first move to the last"),
    [IS_DEEP] = OFD_FIELD_WORDS("is_deep", answers, "flow: it went at least `deep` ticks"),
};
static const ofd_kind kinds[] = {
    OFD_KIND("sweep", "the size of a side jumps from one state to the next"),
};

struct sweep {
    const ofd_host *host;
    struct flow *flow; /* owned; NULL: mode = fixed */
    double change;
};

/* Judges one side at row i > 0. OFD_LIMIT: the host takes no more. */
static int32_t judge(const struct sweep *s, const ofd_window *w, int32_t side, uint64_t i)
{
    const int64_t *px = side == OFD_BID ? w->bid_px : w->ask_px;
    const double *sz = side == OFD_BID ? w->bid_sz : w->ask_sz;
    double change = sz[i] - sz[i - 1];
    if (px[i] == 0 || px[i - 1] == 0 || !(fabs(change) > s->change)) {
        return 0;
    }
    int direction = px[i] > px[i - 1] ? LIFT : px[i] < px[i - 1] ? HIT : UNCHANGED;
    int away = side == OFD_BID ? HIT : LIFT;
    int through = direction == away && sz[i - 1] > s->change;
    const ofd_value ev[] = {
        { .field = DIRECTION, .i = direction }, { .field = PRICE, .i = px[i] },
        { .field = SIZE, .f = fabs(change) },   { .field = SIGNED_CHANGE, .f = change },
        { .field = THROUGH, .i = through },
    };
    return s->host->emit(s->host, &(ofd_pattern){ .size = sizeof(ofd_pattern),
                                                  .side = side,
                                                  .dir = !through          ? 0
                                                         : side == OFD_BID ? -1
                                                                           : 1,
                                                  .ts_ns = w->ts_ns[i],
                                                  .price = px[i],
                                                  .value = fabs(change),
                                                  .ev = ev,
                                                  .n_ev = sizeof ev / sizeof *ev,
                                                  .ev_stride = sizeof(ofd_value) });
}

static int32_t detect(void *self, const ofd_tick *tick)
{
    const struct sweep *s = self;
    if (s->flow != NULL) {
        flow_detect(s->flow, tick);
        return 0;
    }
    const ofd_window *w = ofd_window_at(tick, 0);
    for (uint64_t i = w->first_new > 0 ? w->first_new : 1; i < w->n; i++) {
        bool bid = fabs(w->bid_sz[i] - w->bid_sz[i - 1]) > s->change;
        bool ask = fabs(w->ask_sz[i] - w->ask_sz[i - 1]) > s->change;
        if (!(bid | ask) || w->ts_ns[i] - w->ts_ns[i - 1] >= MEMORY_S * SECOND_NS) {
            continue;
        }
        if (judge(s, w, OFD_BID, i) == OFD_LIMIT || judge(s, w, OFD_ASK, i) == OFD_LIMIT) {
            break;
        }
    }
    return 0;
}

/* ---- why, or why not ---- */

static void explain_side(const struct sweep *s, const ofd_window *w, int32_t side,
                         const ofd_explain_out *out)
{
    const int64_t *px = side == OFD_BID ? w->bid_px : w->ask_px;
    const double *sz = side == OFD_BID ? w->bid_sz : w->ask_sz;
    double shown = 0, size = NAN, gap_ms = NAN, far_ms = MEMORY_S * 1e3;
    for (uint64_t i = w->n > 2 ? w->n - 2 : 0; i < w->n; i++) {
        shown += px[i] != 0;
    }
    if (w->n >= 2) {
        size = fabs(sz[w->n - 1] - sz[w->n - 2]);
        gap_ms = (double)(w->ts_ns[w->n - 1] - w->ts_ns[w->n - 2]) / 1e6;
    }
    const ofd_condition of = { .size = sizeof(ofd_condition), .side = side };
    ofd_say(out, &of, "size", NULL, OFD_ABOVE, size, s->change, size > s->change, CHANGE, SIZE);
    ofd_say(out, &of, "states_shown", NULL, OFD_AT_LEAST, shown, 2, shown >= 2, -1, -1);
    ofd_say(out, &of, "gap_ms", NULL, OFD_BELOW, gap_ms, far_ms, gap_ms < far_ms, -1, -1);
}

static int32_t explain(void *self, const ofd_tick *tick, const ofd_explain_out *out)
{
    const struct sweep *s = self;
    if (s->flow != NULL) {
        flow_explain(s->flow, tick, out);
        return 0;
    }
    explain_side(self, ofd_window_at(tick, 0), OFD_BID, out);
    explain_side(self, ofd_window_at(tick, 0), OFD_ASK, out);
    return 0;
}

OFD_EXPLAIN_EXT(ext, explain)

static void destroy(void *self)
{
    struct sweep *s = self;
    flow_destroy(s->flow);
    free(s);
}

static void *create(const ofd_host *host, const ofd_config *config)
{
    bool flows = config->params[MODE] == FLOW;
    struct sweep *s = malloc(sizeof *s);
    struct flow *flow = s != NULL && flows ? flow_create(host, config->params) : NULL;
    if (s == NULL || (flows && flow == NULL)) {
        free(s);
        host->log(host, OFD_LOG_ERROR, "out of memory");
        return NULL;
    }
    *s = (struct sweep){ .host = host, .flow = flow, .change = config->params[CHANGE] };
    return s;
}

static const uint32_t window_s[] = { 60 };
static const ofd_plugin plugin = {
    .size = sizeof(ofd_plugin),
    .minor = OFD_MINOR,
    .id = "sweep",
    .name = "Sweep",
    .version = "1.0.0",
    .vendor = "orderflow",
    .description = "The size of a side jumps from one state to the next",
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
