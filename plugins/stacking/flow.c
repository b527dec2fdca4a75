/* SPDX-License-Identifier: MIT */
#include "flow.h"

#include <orderflow/declare.h>
#include <orderflow/slices.h>

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* A verdict rests on a tracker born at most OFD_SLICES slices ago: 180 s. */
enum { SLICE_S = 60, STATES_MAX = 128 };
static const int64_t MS_NS = 1000000;

/* States that do not shrink, at a price that does not retreat: the newest STATES_MAX. */
struct run {
    int64_t ts_ns[STATES_MAX]; /* when each began */
    double size[STATES_MAX];
    uint64_t n; /* ever; the k-th lies at k % STATES_MAX */
};

/* A run that was long and steep enough, as it was last. */
struct stack {
    bool stands;
    int64_t price, best; /* where it stood first; the best price since */
    double from, to, peak;
    int64_t states, span_ns;
};

/* What counts of a run: its states of the last span_max. */
struct reach {
    int64_t states, span_ns; /* states 0: there is none */
    double from, to;
};

struct side {
    int64_t px; /* of the row before; 0: none */
    double size;
    struct run run;
    struct stack stack;
};

/* What rows since the beginning of a slice of time say, and no rows before. [0] bid, [1] ask. */
struct tracker {
    struct side side[2];
};

struct flow {
    const ofd_host *host;
    double size, rise, keep;
    int64_t states, span_min_ns, span_max_ns;
    ofd_slices slices;
    struct tracker trackers[OFD_SLICES];
};

/* ---- runs ---- */

static struct reach reach_of(const struct flow *f, const struct run *r)
{
    struct reach a = { .states = 0 };
    uint64_t first = r->n > STATES_MAX ? r->n - STATES_MAX : 0;
    if (r->n == 0) {
        return a;
    }
    int64_t last_ns = r->ts_ns[(r->n - 1) % STATES_MAX];
    while (last_ns - r->ts_ns[first % STATES_MAX] > f->span_max_ns) {
        first++;
    }
    a.states = (int64_t)(r->n - first);
    a.span_ns = last_ns - r->ts_ns[first % STATES_MAX];
    a.from = r->size[first % STATES_MAX];
    a.to = r->size[(r->n - 1) % STATES_MAX];
    return a;
}

static bool complete(const struct flow *f, const struct reach *a)
{
    return a->states >= f->states && a->span_ns >= f->span_min_ns && a->to / a->from >= f->rise;
}

static void extend(const struct flow *f, struct side *s, double size, int64_t ts_ns, bool goes_on)
{
    struct run *r = &s->run;
    r->n = goes_on && size >= s->size ? r->n : 0;
    if (size > f->size) {
        r->ts_ns[r->n % STATES_MAX] = ts_ns;
        r->size[r->n % STATES_MAX] = size;
        r->n++;
    } else {
        r->n = 0;
    }
}

/* A new state of the side. */
static void take_state(const struct flow *f, struct side *s, int64_t px, double size, int64_t ts_ns,
                       int sign)
{
    struct stack *k = &s->stack;
    extend(f, s, size, ts_ns, s->px != 0 && (px - s->px) * sign >= 0);
    k->peak = size > k->peak ? size : k->peak;
    k->stands = k->stands && (px - k->best) * sign >= 0 && size >= f->keep * k->peak;
    struct reach a = reach_of(f, &s->run);
    if (complete(f, &a)) {
        k->price = k->stands ? k->price : px;
        k->peak = k->stands ? k->peak : size;
        k->stands = true;
        k->from = a.from;
        k->to = a.to;
        k->states = a.states;
        k->span_ns = a.span_ns;
    }
    k->best = px;
}

static void take_side(const struct flow *f, struct side *s, const ofd_window *w, uint64_t i,
                      int which)
{
    int64_t px = which == 0 ? w->bid_px[i] : w->ask_px[i];
    double size = which == 0 ? w->bid_sz[i] : w->ask_sz[i];
    if (px <= 0 || (w->flags[i] & OFD_ROW_GAP) != 0) {
        s->px = 0;
        s->run.n = 0;
        s->stack.stands = false;
    }
    if (px > 0 && (px != s->px || size < s->size || size > s->size)) {
        take_state(f, s, px, size, w->ts_ns[i], which == 0 ? 1 : -1);
        s->px = px;
        s->size = size;
    }
}

/* ---- rows ---- */

/* Of a flow that has seen a row. */
static const struct tracker *judge_of(const struct flow *f)
{
    return &f->trackers[f->slices.oldest];
}

static void advance(struct flow *f, const ofd_window *w, uint64_t i)
{
    int born = ofd_slices_row(&f->slices, w, i);
    if (born >= 0) {
        memset(&f->trackers[born], 0, sizeof f->trackers[born]);
    }
    for (int k = 0; k < OFD_SLICES; k++) {
        if (ofd_slices_live(&f->slices, k)) {
            take_side(f, &f->trackers[k].side[0], w, i, 0);
            take_side(f, &f->trackers[k].side[1], w, i, 1);
        }
    }
}

/* Takes the rows before row first_new, if they are not in already. */
static void catch_up(struct flow *f, const ofd_window *w, uint64_t first_new)
{
    if (ofd_slices_at(&f->slices, w, first_new)) {
        return;
    }
    ofd_slices_forget(&f->slices);
    for (uint64_t i = 0; i < first_new; i++) {
        advance(f, w, i);
    }
}

/* ---- judging ---- */

/* Judges one side at the newest row. OFD_LIMIT: the host takes no more. */
static int32_t judge(const struct flow *f, int64_t ts_ns, int which)
{
    const struct side *s = &judge_of(f)->side[which];
    const struct stack *k = &s->stack;
    if (!k->stands) {
        return 0;
    }
    const ofd_value ev[N_FIELDS] = {
        { .field = LEVELS, .i = k->states },
        { .field = TOTAL_SIZE, .f = s->size },
        { .field = GROWTH_RATE, .f = fmin(k->to / k->from, DBL_MAX) },
        { .field = FROM_SIZE, .f = k->from },
        { .field = TO_SIZE, .f = k->to },
        { .field = SPAN_MS, .i = k->span_ns / MS_NS },
    };
    return f->host->emit(f->host, &(ofd_pattern){ .size = sizeof(ofd_pattern),
                                                  .side = which == 0 ? OFD_BID : OFD_ASK,
                                                  .dir = which == 0 ? 1 : -1,
                                                  .ts_ns = ts_ns,
                                                  .price = k->price,
                                                  .value = s->size,
                                                  .ev = ev,
                                                  .n_ev = N_FIELDS,
                                                  .ev_stride = sizeof(ofd_value) });
}

void flow_detect(struct flow *f, const ofd_tick *tick)
{
    const ofd_window *w = ofd_window_at(tick, 0);
    catch_up(f, w, w->first_new);
    for (uint64_t i = w->first_new; i < w->n; i++) {
        advance(f, w, i);
        if (judge(f, w->ts_ns[i], 0) == OFD_LIMIT || judge(f, w->ts_ns[i], 1) == OFD_LIMIT) {
            break;
        }
    }
}

static double whole_ms(int64_t ns)
{
    int64_t ms = ns / MS_NS;
    return (double)ms;
}

/* ---- why, or why not ---- */

static void explain_side(const struct flow *f, int which, const ofd_explain_out *out)
{
    const struct side *s = &judge_of(f)->side[which];
    struct reach a = reach_of(f, &s->run);
    double run = (double)f->states, states = (double)a.states, share = s->size / s->stack.peak;
    double rise = a.states > 0 ? fmin(a.to / a.from, DBL_MAX) : NAN;
    double span = a.states > 0 ? whole_ms(a.span_ns) : NAN;
    double least = whole_ms(f->span_min_ns);
    const ofd_condition of = { .size = sizeof(ofd_condition),
                               .side = which == 0 ? OFD_BID : OFD_ASK,
                               .dir = which == 0 ? 1 : -1 };
    if (s->stack.stands) {
        ofd_say(out, &of, "kept", "", OFD_AT_LEAST, share, f->keep, true, KEEP, -1);
        return;
    }
    double size = s->px != 0 ? s->size : NAN;
    ofd_say(out, &of, "size", "shares", OFD_ABOVE, size, f->size, size > f->size, SIZE, TO_SIZE);
    ofd_say(out, &of, "states", "states", OFD_AT_LEAST, states, run, a.states >= f->states, RUN,
            LEVELS);
    ofd_say(out, &of, "rise", "", OFD_AT_LEAST, rise, f->rise, rise >= f->rise, RISE, GROWTH_RATE);
    ofd_say(out, &of, "span_ms", "ms", OFD_AT_LEAST, span, least, span >= least, SPAN_MIN_MS,
            SPAN_MS);
}

void flow_explain(struct flow *f, const ofd_tick *tick, const ofd_explain_out *out)
{
    const ofd_window *w = ofd_window_at(tick, 0);
    if (w->n > 0) {
        catch_up(f, w, w->n);
        explain_side(f, 0, out);
        explain_side(f, 1, out);
    }
}

struct flow *flow_create(const ofd_host *host, const double *params)
{
    struct flow *f = calloc(1, sizeof *f);
    if (f == NULL) {
        return NULL;
    }
    f->host = host;
    ofd_slices_init(&f->slices, SLICE_S);
    f->states = (int64_t)params[RUN];
    f->size = params[SIZE];
    f->rise = params[RISE];
    f->span_min_ns = (int64_t)params[SPAN_MIN_MS] * MS_NS;
    f->span_max_ns = (int64_t)params[SPAN_MAX_MS] * MS_NS;
    f->keep = params[KEEP];
    return f;
}

void flow_destroy(struct flow *f)
{
    free(f);
}
