/* SPDX-License-Identifier: MIT */
/* stacking: the size of a side grows from state to state. Formula and limits: README.md. */
#include "flow.h"

#include <orderflow/declare.h>

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

enum { MEMORY_S = 600 };
static const int64_t SECOND_NS = 1000000000, MS_NS = 1000000;

enum { FIXED, FLOW, QUANTILE_MODE, HYBRID };
static const char *const modes[] = {
    [FIXED] = "fixed", [FLOW] = "flow", [QUANTILE_MODE] = "quantile", [HYBRID] = "hybrid"
};
static const ofd_param params[N_PARAMS] = {
    [MODE] = OFD_PARAM_WORDS("mode", modes,
                             "what decides; quantile, hybrid: as fixed, by calibrated thresholds"),
    [RUN] = OFD_PARAM(OFD_INT, "run", "states", 3, 2, 100, "how many of the last states must grow"),
    [SIZE] =
        OFD_PARAM(OFD_REAL, "size", "shares", 5000, 0, 1e12, "size of each of them, more than"),
    [GROWTH] = OFD_PARAM(OFD_REAL, "growth", "", 1, 1, 1000, "last size / first size, at least"),
    [RISE] = OFD_PARAM(OFD_REAL, "rise", "", 1.5, 1, 1000, "flow: instead, last / first, at least"),
    [SPAN_MIN_MS] = OFD_PARAM(OFD_INT, "span_min_ms", "ms", 200, 0, 60000,
                              "flow: from the first state to the last, at least"),
    [SPAN_MAX_MS] = OFD_PARAM(OFD_INT, "span_max_ms", "ms", 10000, 0, 60000,
                              "flow: states older than this before the last do not count"),
    [KEEP] = OFD_PARAM(OFD_REAL, "keep", "", 0.7, 0, 1,
                       "flow: it stands while size / peak is, at least"),
};

static const ofd_field fields[N_FIELDS] = {
    [LEVELS] = OFD_FIELD(OFD_INT, "levels", "states", "states that grew"),
    [TOTAL_SIZE] = OFD_FIELD(OFD_REAL, "total_size", "shares", "size shown now"),
    [GROWTH_RATE] = OFD_FIELD(OFD_REAL, "growth_rate", "", "last size / first size"),
    [FROM_SIZE] = OFD_FIELD(OFD_REAL, "from_size", "shares", "size of the first of these states"),
    [TO_SIZE] = OFD_FIELD(OFD_REAL, "to_size", "shares", "size of the last of these states"),
    [SPAN_MS] =
        OFD_FIELD(OFD_INT, "span_ms", "ms", "from the end of the first to the start of the last"),
};
static const ofd_kind kinds[] = {
    OFD_KIND("stacking", "the size of a side grows from state to state"),
};

/* What the last call found of a side, by numbers of rows. */
struct kept {
    bool grows;
    int64_t states;
    uint64_t first_end, last_start;
};

struct stacking {
    const ofd_host *host;
    struct flow *flow; /* owned; NULL: mode = fixed */
    int64_t run;
    double size, growth;
    uint64_t next; /* the row after those judged so far; UINT64_MAX: unknown */
    struct kept kept[2];
};

/* What one side shows, and its last states as far as they grow. */
struct side {
    const int64_t *px;
    const double *sz;
    int64_t
        states; /* how many have grown, 0: the last is too small; counted from `run` on or not */
    bool grows; /* at least `run`, and all of these can be seen: */
    uint64_t first_end, last_start; /* the last row of the first state, the first row of the last */
};

/* Does a state of this side begin at row i? Row 0 begins one for all that can be seen. */
static bool begins(const struct side *s, uint64_t i)
{
    return i == 0 || s->px[i] != s->px[i - 1] || s->sz[i] != s->sz[i - 1];
}

/* Walks back from row i over the last `run` states for as long as each is larger than the one
 * before it. */
static void climb(const struct stacking *k, struct side *s, uint64_t i)
{
    s->grows = s->sz[i] > k->size;
    s->states = s->grows;
    for (int64_t state = 1; s->grows && state < k->run; state++) {
        while (!begins(s, i)) {
            i--;
        }
        s->last_start = state == 1 ? i : s->last_start;
        s->grows = i > 0 && s->sz[i - 1] > k->size && s->sz[i - 1] < s->sz[i];
        i -= s->grows;
        s->states += s->grows;
    }
    s->first_end = i;
}

/* `states` as of row i > 0, from that of the row before. No branch could be foretold. */
static int64_t states_at(const struct side *s, uint64_t i, double size)
{
    double is = s->sz[i], was = s->sz[i - 1];
    int64_t begins_here = -(int64_t)((s->px[i] != s->px[i - 1]) | (is != was));
    int64_t up = -(int64_t)(is > was), large = -(int64_t)(is > size);
    return ((((s->states & up) + 1) & large) & begins_here) | (s->states & ~begins_here);
}

/* Judges one side at row i, where at least `run` states grow. OFD_LIMIT: the host takes no more. */
static int32_t judge(const struct stacking *k, const ofd_window *w, struct side *s, int32_t id,
                     uint64_t i)
{
    if (begins(s, i)) {
        climb(k, s, i);
    }
    if (!s->grows) {
        return 0;
    }
    double from = s->sz[s->first_end], to = s->sz[i];
    if (to / from < k->growth || w->ts_ns[i] - w->ts_ns[s->first_end] >= MEMORY_S * SECOND_NS) {
        return 0;
    }
    const ofd_value ev[] = {
        { .field = LEVELS, .i = k->run },
        { .field = TOTAL_SIZE, .f = to },
        { .field = GROWTH_RATE, .f = fmin(to / from, DBL_MAX) },
        { .field = FROM_SIZE, .f = from },
        { .field = TO_SIZE, .f = to },
        { .field = SPAN_MS, .i = (w->ts_ns[s->last_start] - w->ts_ns[s->first_end]) / MS_NS },
    };
    return k->host->emit(k->host, &(ofd_pattern){ .size = sizeof(ofd_pattern),
                                                  .side = id,
                                                  .dir = id == OFD_BID ? 1 : -1,
                                                  .ts_ns = w->ts_ns[i],
                                                  .price = s->px[i],
                                                  .value = to,
                                                  .ev = ev,
                                                  .n_ev = N_FIELDS,
                                                  .ev_stride = sizeof(ofd_value) });
}

/* As of the row before the new ones. */
static struct side resume(const struct stacking *k, const ofd_window *w, int32_t id)
{
    const struct kept *was = &k->kept[id == OFD_ASK];
    struct side s = { .px = id == OFD_BID ? w->bid_px : w->ask_px,
                      .sz = id == OFD_BID ? w->bid_sz : w->ask_sz };
    if (k->next != w->first_seq + w->first_new) {
        if (w->first_new > 0 && w->first_new < w->n) {
            climb(k, &s, w->first_new - 1);
        }
        return s;
    }
    s.states = was->states;
    s.grows = was->grows && was->first_end >= w->first_seq;
    s.first_end = s.grows ? was->first_end - w->first_seq : 0;
    s.last_start = s.grows ? was->last_start - w->first_seq : 0;
    return s;
}

static void keep(struct stacking *k, const ofd_window *w, int32_t id, const struct side *s)
{
    k->kept[id == OFD_ASK] = (struct kept){ .grows = s->grows,
                                            .states = s->states,
                                            .first_end = w->first_seq + s->first_end,
                                            .last_start = w->first_seq + s->last_start };
}

static int32_t detect(void *self, const ofd_tick *tick)
{
    struct stacking *k = self;
    if (k->flow != NULL) {
        flow_detect(k->flow, tick);
        return 0;
    }
    const ofd_window *w = ofd_window_at(tick, 0);
    struct side bid = resume(k, w, OFD_BID), ask = resume(k, w, OFD_ASK);
    uint64_t i = w->first_new;
    if (i == 0 && w->n > 0) { /* a run has at least two states */
        climb(k, &bid, i);
        climb(k, &ask, i);
        i++;
    }
    for (; i < w->n; i++) {
        bid.states = states_at(&bid, i, k->size);
        ask.states = states_at(&ask, i, k->size);
        if ((bid.states >= k->run && judge(k, w, &bid, OFD_BID, i) == OFD_LIMIT) ||
            (ask.states >= k->run && judge(k, w, &ask, OFD_ASK, i) == OFD_LIMIT)) {
            k->next = UINT64_MAX;
            return 0;
        }
    }
    if (w->first_new < w->n) {
        keep(k, w, OFD_BID, &bid);
        keep(k, w, OFD_ASK, &ask);
        k->next = w->first_seq + w->n;
    }
    return 0;
}

/* ---- why, or why not ---- */

static void explain_side(const struct stacking *k, const ofd_window *w, int32_t id,
                         const ofd_explain_out *out)
{
    struct side s = { .px = id == OFD_BID ? w->bid_px : w->ask_px,
                      .sz = id == OFD_BID ? w->bid_sz : w->ask_sz };
    double size = NAN, growth = NAN, span_ms = NAN;
    if (w->n > 0) {
        climb(k, &s, w->n - 1);
        size = s.sz[w->n - 1];
    }
    if (s.states > 0) {
        growth = fmin(size / s.sz[s.first_end], DBL_MAX);
        span_ms = (double)(w->ts_ns[w->n - 1] - w->ts_ns[s.first_end]) / (double)MS_NS;
    }
    const ofd_condition of = { .size = sizeof(ofd_condition),
                               .side = id,
                               .dir = id == OFD_BID ? 1 : -1 };
    double states = (double)s.states, run = (double)k->run, far_ms = MEMORY_S * 1e3;
    ofd_say(out, &of, "size", NULL, OFD_ABOVE, size, k->size, size > k->size, SIZE, TO_SIZE);
    ofd_say(out, &of, "growing_states", NULL, OFD_AT_LEAST, states, run, s.states >= k->run, RUN,
            LEVELS);
    ofd_say(out, &of, "growth_rate", NULL, OFD_AT_LEAST, growth, k->growth, growth >= k->growth,
            GROWTH, GROWTH_RATE);
    ofd_say(out, &of, "span_ms", NULL, OFD_BELOW, span_ms, far_ms, span_ms < far_ms, -1, -1);
}

static int32_t explain(void *self, const ofd_tick *tick, const ofd_explain_out *out)
{
    const struct stacking *k = self;
    if (k->flow != NULL) {
        flow_explain(k->flow, tick, out);
        return 0;
    }
    explain_side(self, ofd_window_at(tick, 0), OFD_BID, out);
    explain_side(self, ofd_window_at(tick, 0), OFD_ASK, out);
    return 0;
}

OFD_EXPLAIN_EXT(ext, explain)

static void destroy(void *self)
{
    struct stacking *k = self;
    flow_destroy(k->flow);
    free(k);
}

static void *create(const ofd_host *host, const ofd_config *config)
{
    const double *p = config->params;
    bool flows = p[MODE] == FLOW;
    struct stacking *k = malloc(sizeof *k);
    struct flow *flow = k != NULL && flows ? flow_create(host, p) : NULL;
    if (k == NULL || (flows && flow == NULL)) {
        free(k);
        host->log(host, OFD_LOG_ERROR, "out of memory");
        return NULL;
    }
    *k = (struct stacking){
        .host = host, .flow = flow, .run = (int64_t)p[RUN], .size = p[SIZE], .growth = p[GROWTH]
    };
    return k;
}

static const uint32_t window_s[] = { 60 };
static const ofd_plugin plugin = {
    .size = sizeof(ofd_plugin),
    .minor = OFD_MINOR,
    .id = "stacking",
    .name = "Stacking",
    .version = "1.0.0",
    .vendor = "orderflow",
    .description = "The size of a side grows from state to state",
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
