/* SPDX-License-Identifier: MIT */
#include "flow.h"

#include <orderflow/declare.h>
#include <orderflow/slices.h>

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* A leg begins more than LEG_MIN_MS after the one before it and waits BACK_MAX_MS at most after its
 * last move: never more than PENDING_MAX wait. A verdict rests on a tracker born at most
 * OFD_SLICES slices ago: 180 s. */
enum { SLICE_S = 60, PENDING_MAX = (LEG_MAX_MS + BACK_MAX_MS) / LEG_MIN_MS + 2 };
static const int64_t MS_NS = 1000000;

/* A price going away from the book in one go. */
struct leg {
    int64_t from, top, first_ns, last_ns; /* from: the price it left; top: the farthest reached */
    double removed;                       /* what the levels it left had shown */
};

/* Legs that stayed, each within join_ms of the one before. legs 0: none. */
struct chain {
    struct leg all; /* from the first, to the last */
    int64_t legs;
};

struct side {
    int64_t px; /* of the row before; 0: none */
    double size;
    struct leg pending[PENDING_MAX]; /* oldest first */
    size_t n;
    struct chain chain;
    struct leg shown; /* the leg to speak of at the newest row; from 0: none */
    bool swept;       /* chain grew at the newest row */
};

/* What rows since the beginning of a slice of time say, and no rows before. [0] bid, [1] ask. */
struct tracker {
    struct side side[2];
};

struct flow {
    const ofd_host *host;
    double removed, ticks, deep;
    int64_t leg_ns, back_ns, join_ns;
    int64_t px_tick;
    ofd_slices slices;
    struct tracker trackers[OFD_SLICES];
};

/* ---- legs ---- */

static int away_of(int which)
{
    return which == 0 ? -1 : 1;
}

static double ticks_of(const struct flow *f, const struct leg *l)
{
    return fabs((double)(l->top - l->from)) / (double)f->px_tick;
}

static bool is_sweep(const struct flow *f, const struct leg *l)
{
    return ticks_of(f, l) >= f->ticks && l->removed > f->removed && isfinite(l->removed);
}

/* The price left the one of the row before. */
static void leave(const struct flow *f, struct side *s, int64_t px, int64_t ts_ns, int away)
{
    struct leg *l = s->n > 0 ? &s->pending[s->n - 1] : NULL;
    if (l == NULL || ts_ns - l->first_ns > f->leg_ns) {
        l = &s->pending[s->n++];
        *l = (struct leg){ .from = s->px, .top = px, .first_ns = ts_ns };
    }
    l->last_ns = ts_ns;
    l->removed += s->size;
    l->top = (px - l->top) * away > 0 ? px : l->top;
}

static void join(const struct flow *f, struct side *s, const struct leg *l)
{
    struct chain *c = &s->chain;
    if (c->legs == 0 || l->first_ns - c->all.last_ns > f->join_ns) {
        *c = (struct chain){ .all = *l, .legs = 1 };
    } else {
        c->all.top = l->top;
        c->all.last_ns = l->last_ns;
        c->all.removed += l->removed;
        c->legs++;
    }
    s->swept = true;
}

/* Decides about the legs: back at the old price, or stayed away long enough. */
static void resolve(const struct flow *f, struct side *s, int64_t px, int64_t ts_ns, int away)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->n; i++) {
        struct leg l = s->pending[i];
        if ((px - l.from) * away <= 0) {
            continue;
        }
        if (ts_ns - l.last_ns < f->back_ns) {
            s->pending[kept++] = l;
            continue;
        }
        bool good = is_sweep(f, &l);
        s->shown = good || !s->swept ? l : s->shown;
        if (good) {
            join(f, s, &l);
        }
    }
    s->n = kept;
    if (s->shown.from == 0 && kept > 0) {
        s->shown = s->pending[kept - 1];
    }
}

static void take_side(const struct flow *f, struct side *s, const ofd_window *w, uint64_t i,
                      int which)
{
    int64_t px = which == 0 ? w->bid_px[i] : w->ask_px[i], ts_ns = w->ts_ns[i];
    int away = away_of(which);
    s->swept = false;
    s->shown.from = 0;
    if (px <= 0 || (w->flags[i] & OFD_ROW_GAP) != 0) {
        *s = (struct side){ .n = 0 };
    } else {
        if (s->px != 0 && (px - s->px) * away > 0) {
            leave(f, s, px, ts_ns, away);
        }
        resolve(f, s, px, ts_ns, away);
    }
    s->px = px > 0 ? px : 0;
    s->size = which == 0 ? w->bid_sz[i] : w->ask_sz[i];
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
static void catch_up(struct flow *f, const ofd_tick *tick, const ofd_window *w, uint64_t first_new)
{
    if (ofd_slices_at(&f->slices, w, first_new) && f->px_tick == tick->px_tick) {
        return;
    }
    ofd_slices_forget(&f->slices);
    f->px_tick = tick->px_tick;
    for (uint64_t i = 0; i < first_new; i++) {
        advance(f, w, i);
    }
}

/* ---- judging ---- */

/* Judges one side at the newest row. OFD_LIMIT: the host takes no more. */
static int32_t judge(const struct flow *f, int64_t ts_ns, int which)
{
    const struct side *s = &judge_of(f)->side[which];
    const struct leg *l = &s->chain.all;
    if (!s->swept || !isfinite(l->removed)) {
        return 0;
    }
    double ticks = ticks_of(f, l);
    const ofd_value ev[N_FIELDS] = {
        { .field = DIRECTION, .i = which == 0 ? HIT : LIFT },
        { .field = PRICE, .i = s->px },
        { .field = SIZE, .f = l->removed },
        { .field = SIGNED_CHANGE, .f = -l->removed },
        { .field = THROUGH, .i = 1 },
        { .field = TICKS_GONE, .i = (int64_t)ticks },
        { .field = LEGS, .i = s->chain.legs },
        { .field = SPAN_MS, .i = (l->last_ns - l->first_ns) / MS_NS },
        { .field = IS_DEEP, .i = ticks >= f->deep },
    };
    return f->host->emit(f->host, &(ofd_pattern){ .size = sizeof(ofd_pattern),
                                                  .side = which == 0 ? OFD_BID : OFD_ASK,
                                                  .dir = away_of(which),
                                                  .ts_ns = ts_ns,
                                                  .start_ns = l->first_ns,
                                                  .price = l->from,
                                                  .value = l->removed,
                                                  .ev = ev,
                                                  .n_ev = N_FIELDS,
                                                  .ev_stride = sizeof(ofd_value) });
}

void flow_detect(struct flow *f, const ofd_tick *tick)
{
    const ofd_window *w = ofd_window_at(tick, 0);
    catch_up(f, tick, w, w->first_new);
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

static void explain_side(const struct flow *f, int64_t ts_ns, int which, const ofd_explain_out *out)
{
    const struct side *s = &judge_of(f)->side[which];
    bool any = s->shown.from != 0 && isfinite(s->shown.removed) && isfinite(s->chain.all.removed);
    double ticks = any ? ticks_of(f, &s->shown) : NAN, removed = any ? s->shown.removed : NAN;
    double held = any ? whole_ms(ts_ns - s->shown.last_ns) : NAN;
    double back = whole_ms(f->back_ns);
    const ofd_condition of = { .size = sizeof(ofd_condition),
                               .side = which == 0 ? OFD_BID : OFD_ASK,
                               .dir = away_of(which) };
    ofd_say(out, &of, "ticks", "ticks", OFD_AT_LEAST, ticks, f->ticks, any && ticks >= f->ticks,
            TICKS, -1);
    ofd_say(out, &of, "removed", "shares", OFD_ABOVE, removed, f->removed,
            any && removed > f->removed, REMOVED, -1);
    ofd_say(out, &of, "held_ms", "ms", OFD_AT_LEAST, held, back, any && held >= back, BACK_MS, -1);
}

void flow_explain(struct flow *f, const ofd_tick *tick, const ofd_explain_out *out)
{
    const ofd_window *w = ofd_window_at(tick, 0);
    if (w->n > 0) {
        catch_up(f, tick, w, w->n);
        explain_side(f, w->ts_ns[w->n - 1], 0, out);
        explain_side(f, w->ts_ns[w->n - 1], 1, out);
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
    f->removed = params[REMOVED];
    f->ticks = params[TICKS];
    f->deep = params[DEEP];
    f->leg_ns = (int64_t)params[LEG_MS] * MS_NS;
    f->back_ns = (int64_t)params[BACK_MS] * MS_NS;
    f->join_ns = (int64_t)params[JOIN_MS] * MS_NS;
    return f;
}

void flow_destroy(struct flow *f)
{
    free(f);
}
