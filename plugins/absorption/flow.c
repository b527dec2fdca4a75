/* SPDX-License-Identifier: MIT */
#include "flow.h"

#include <orderflow/declare.h>
#include <orderflow/slices.h>

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* A verdict rests on trackers born at most OFD_SLICES slices ago, on breaks of HISTORY_S that such
 * trackers saw, and on a level broken within WATCH_S before: 180 + 400 + 11 s, less than memory_s.
 */
enum { SLICE_S = 60, HISTORY_S = 400, WATCH_S = 10, BREAKS_MAX = 1024 };
static const int64_t SECOND_NS = 1000000000, MS_NS = 1000000;

/* A price's uninterrupted time at the touch. px 0: none. */
struct visit {
    int64_t px, start_ns, last_ns, removal_ns; /* removal_ns: of the last removal; else start_ns */
    int64_t distinct;
    double size, max, removed, added;
    double area, total;  /* size x ns: of the current second, of all of the visit before it */
    double second, peak; /* mean size of the last whole second; largest of those. < 0: none yet */
};

/* A level that absorbed and was then broken, under watch for failing. px 0: none. */
struct watch {
    int64_t px, beyond_ns, until_ns; /* beyond_ns 0: the price is not beyond it */
};

struct side {
    struct visit at, off; /* off: elsewhere within a tick, not yet for tolerance_ms */
    struct watch watch;
    bool failed; /* at the newest row, the level failed_px did */
    int64_t failed_px;
};

/* What rows since the beginning of a slice of time say, and no rows before. */
struct tracker {
    struct side side[2];
};

/* What broke levels of one side lately: by time, and in order of size. */
struct breaks {
    int64_t ts_ns[BREAKS_MAX];
    double removed[BREAKS_MAX], sorted[BREAKS_MAX];
    uint32_t first, n;
};

struct flow {
    const ofd_host *host;
    double quantile, tail, times, removed, pulled;
    uint32_t min_breaks;
    int64_t tolerance_ns, fade_ns;
    int64_t px_tick;
    ofd_slices slices;
    struct tracker trackers[OFD_SLICES];
    struct breaks breaks[2];
    double threshold[2]; /* as of the newest row; NaN: not known */
};

/* ---- what breaks a level ---- */

static uint32_t place_of(const struct breaks *b, double removed)
{
    uint32_t low = 0, high = b->n;
    while (low < high) {
        uint32_t mid = (low + high) / 2;
        if (b->sorted[mid] < removed) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low;
}

static void breaks_drop(struct breaks *b)
{
    uint32_t at = place_of(b, b->removed[b->first]);
    b->n--;
    memmove(b->sorted + at, b->sorted + at + 1, (b->n - at) * sizeof *b->sorted);
    b->first = (b->first + 1) % BREAKS_MAX;
}

static void breaks_add(struct breaks *b, int64_t ts_ns, double removed)
{
    if (b->n == BREAKS_MAX) {
        breaks_drop(b);
    }
    uint32_t at = place_of(b, removed), slot = (b->first + b->n) % BREAKS_MAX;
    memmove(b->sorted + at + 1, b->sorted + at, (b->n - at) * sizeof *b->sorted);
    b->sorted[at] = removed;
    b->ts_ns[slot] = ts_ns;
    b->removed[slot] = removed;
    b->n++;
}

static double median_of(const struct breaks *b)
{
    return b->n > 0 ? b->sorted[(b->n - 1) / 2] : NAN;
}

/* The removal that counts as absorbing. Beyond what so few breaks can tell, their size is taken to
 * be distributed like a waiting time: at quantile q it is log2(1 / (1 - q)) medians. */
static double threshold_of(const struct flow *f, const struct breaks *b)
{
    if (f->removed > 0) {
        return f->removed;
    }
    if (b->n < f->min_breaks) {
        return NAN;
    }
    if (f->times > 0) {
        return f->times * median_of(b);
    }
    double rank = ceil(f->quantile * ((double)b->n + 1));
    return rank <= (double)b->n ? b->sorted[(uint32_t)rank - 1]
                                : fmax(b->sorted[b->n - 1], f->tail * median_of(b));
}

/* ---- visits ---- */

static struct visit visit_begin(int64_t px, double size, int64_t ts_ns)
{
    return (struct visit){ .px = px,
                           .start_ns = ts_ns,
                           .last_ns = ts_ns,
                           .removal_ns = ts_ns,
                           .distinct = 1,
                           .size = size,
                           .max = size,
                           .second = -1,
                           .peak = -1 };
}

static void note_second(struct visit *v, double mean)
{
    v->second = mean;
    v->peak = mean > v->peak ? mean : v->peak;
}

/* The size shown so far stood until ts_ns. */
static void visit_stand(struct visit *v, int64_t ts_ns)
{
    int64_t was_s = v->last_ns / SECOND_NS, is_s = ts_ns / SECOND_NS;
    if (is_s > was_s) {
        v->area += v->size * (double)((was_s + 1) * SECOND_NS - v->last_ns);
        v->total += v->area;
        if (was_s * SECOND_NS >= v->start_ns) {
            note_second(v, v->area / (double)SECOND_NS);
        }
        if (is_s > was_s + 1) {
            v->total += v->size * (double)((is_s - was_s - 1) * SECOND_NS);
            note_second(v, v->size);
        }
        v->area = 0;
        v->last_ns = is_s * SECOND_NS;
    }
    v->area += v->size * (double)(ts_ns - v->last_ns);
    v->last_ns = ts_ns;
}

/* The price is still, or again, that of the visit. back: it was elsewhere just before. */
static void visit_add(struct visit *v, double size, int64_t ts_ns, bool back)
{
    visit_stand(v, ts_ns);
    double change = size - v->size;
    if (change < 0 && !back) {
        v->removed -= change;
        v->removal_ns = ts_ns;
    } else if (!back) {
        v->added += change;
    }
    v->distinct += change < 0 || change > 0;
    v->size = size;
    v->max = size > v->max ? size : v->max;
}

/* What a row does to the visits of a side. */
struct step {
    int64_t px, ts_ns;
    double size;
    int sign;     /* of a price change that is good for the side */
    double limit; /* what counted as absorbing before this row */
    bool judging;
};

/* The visit is over; was it broken? */
static void visit_end(struct flow *f, struct side *s, const struct step *t, int64_t gone_to)
{
    struct breaks *b = &f->breaks[t->sign < 0];
    if (gone_to != 0 && (gone_to > s->at.px ? 1 : -1) != t->sign) {
        if (s->at.removed > 0 && s->at.removed >= t->limit) {
            s->watch = (struct watch){ .px = s->at.px, .until_ns = t->ts_ns + WATCH_S * SECOND_NS };
        }
        if (t->judging) {
            breaks_add(b, t->ts_ns, s->at.removed);
        }
    }
    s->at = s->off;
    s->off.px = 0;
}

static void visits_step(struct flow *f, struct side *s, const struct step *t)
{
    for (;;) {
        bool away = s->off.px != 0;
        bool overdue = away && t->ts_ns - s->off.start_ns >= f->tolerance_ns;
        if (s->at.px == 0) {
            s->at = visit_begin(t->px, t->size, t->ts_ns);
            return;
        }
        if (overdue) {
            visit_end(f, s, t, s->off.px);
        } else if (t->px == s->at.px) {
            visit_add(&s->at, t->size, t->ts_ns, away);
            s->off.px = 0;
            return;
        } else if (t->px - s->at.px > f->px_tick || s->at.px - t->px > f->px_tick) {
            visit_end(f, s, t, t->px);
        } else if (t->px == s->off.px) {
            visit_add(&s->off, t->size, t->ts_ns, false);
            return;
        } else {
            s->off = visit_begin(t->px, t->size, t->ts_ns);
            return;
        }
    }
}

/* Has the price been more than a tick beyond the watched level for tolerance_ms? */
static void watch_step(const struct flow *f, struct side *s, const struct step *t)
{
    struct watch *w = &s->watch;
    s->failed = false;
    if (w->px == 0) {
        return;
    }
    int64_t beyond = t->px > w->px ? t->px - w->px : w->px - t->px;
    bool worse = (t->px > w->px ? 1 : -1) != t->sign && t->px != w->px;
    if (t->px == 0 || !worse || t->ts_ns > w->until_ns) {
        w->px = 0;
    } else if (beyond <= f->px_tick) {
        w->beyond_ns = 0;
    } else if (w->beyond_ns == 0) {
        w->beyond_ns = t->ts_ns;
    }
    if (w->px != 0 && w->beyond_ns != 0 && t->ts_ns - w->beyond_ns >= f->tolerance_ns) {
        s->failed = true;
        s->failed_px = w->px;
        w->px = 0;
    }
}

/* ---- rows ---- */

/* Of a flow that has seen a row. */
static const struct tracker *judge_of(const struct flow *f)
{
    return &f->trackers[f->slices.oldest];
}

static void take_side(struct flow *f, struct tracker *k, const ofd_window *w, uint64_t i, int which)
{
    struct side *s = &k->side[which];
    const struct step t = { .px = which == 0 ? w->bid_px[i] : w->ask_px[i],
                            .size = which == 0 ? w->bid_sz[i] : w->ask_sz[i],
                            .ts_ns = w->ts_ns[i],
                            .sign = which == 0 ? 1 : -1,
                            .limit = f->threshold[which],
                            .judging = k == judge_of(f) };
    if (t.px <= 0 || (w->flags[i] & OFD_ROW_GAP) != 0) {
        s->at.px = s->off.px = s->watch.px = 0;
    }
    if (t.px > 0) {
        visits_step(f, s, &t);
    }
    watch_step(f, s, &t);
}

static void advance(struct flow *f, const ofd_window *w, uint64_t i)
{
    int born = ofd_slices_row(&f->slices, w, i);
    if (born >= 0) {
        memset(&f->trackers[born], 0, sizeof f->trackers[born]);
    }
    for (int which = 0; which < 2; which++) {
        struct breaks *b = &f->breaks[which];
        while (b->n > 0 && w->ts_ns[i] - b->ts_ns[b->first] >= HISTORY_S * SECOND_NS) {
            breaks_drop(b);
        }
        f->threshold[which] = threshold_of(f, b);
        for (int k = 0; k < OFD_SLICES; k++) {
            if (ofd_slices_live(&f->slices, k)) {
                take_side(f, &f->trackers[k], w, i, which);
            }
        }
        f->threshold[which] = threshold_of(f, b);
    }
}

/* ---- judging ---- */

/* How a side stands at the newest row. */
struct reading {
    bool there, kept, fresh, enough, crossed; /* at its level; not pulled; removed lately; ... */
    double share, quiet_ms;
};

static struct reading read_now(const struct flow *f, const ofd_window *w, uint64_t i, int which)
{
    const struct visit *v = &judge_of(f)->side[which].at;
    int64_t px = which == 0 ? w->bid_px[i] : w->ask_px[i];
    struct reading r = { .there = v->px != 0 && v->px == px,
                         .crossed = (w->flags[i] & OFD_ROW_CROSSED) != 0,
                         .share = v->peak > 0 ? v->second / v->peak : 1,
                         .quiet_ms = (double)(w->ts_ns[i] - v->removal_ns) / (double)MS_NS };
    r.kept = r.share >= f->pulled;
    r.fresh = w->ts_ns[i] - v->removal_ns <= f->fade_ns;
    r.enough = v->removed > 0 && isfinite(v->removed) && v->removed >= f->threshold[which];
    return r;
}

static int32_t say(const struct flow *f, uint32_t kind, int which, const ofd_window *w, uint64_t i,
                   int64_t px, const ofd_value *ev, uint32_t n_ev)
{
    int dir = (which == 0 ? 1 : -1) * (kind == FAILED ? -1 : 1);
    const struct visit *v = &judge_of(f)->side[which].at;
    return f->host->emit(f->host, &(ofd_pattern){ .size = sizeof(ofd_pattern),
                                                  .kind = kind,
                                                  .side = which == 0 ? OFD_BID : OFD_ASK,
                                                  .dir = dir,
                                                  .ts_ns = w->ts_ns[i],
                                                  .price = px,
                                                  .value = kind == FAILED ? 1 : v->removed,
                                                  .ev = ev,
                                                  .n_ev = n_ev,
                                                  .ev_stride = sizeof(ofd_value) });
}

/* Judges one side at the newest row. OFD_LIMIT: the host takes no more. */
static int32_t judge(const struct flow *f, const ofd_window *w, uint64_t i, int which)
{
    const struct side *s = &judge_of(f)->side[which];
    const struct visit *v = &s->at;
    struct reading r = read_now(f, w, i, which);
    if (s->failed) {
        const ofd_value ev[] = { { .field = PRICE_LEVEL, .i = s->failed_px } };
        if (say(f, FAILED, which, w, i, s->failed_px, ev, 1) == OFD_LIMIT) {
            return OFD_LIMIT;
        }
    }
    if (!r.there || !r.kept || !r.fresh || !r.enough || r.crossed) {
        return 0;
    }
    double thr = f->threshold[which], median = median_of(&f->breaks[which]);
    double span = (double)(w->ts_ns[i] - v->start_ns);
    double mean = span > 0 ? (v->total + v->area) / span : v->size;
    const ofd_value ev[N_FIELDS] = {
        { .field = STRENGTH, .i = v->removed >= 2 * thr },
        { .field = PRICE_LEVEL, .i = v->px },
        { .field = VOLUME, .f = v->removed },
        { .field = MEAN_SIZE, .f = fmin(mean, DBL_MAX) },
        { .field = MAX_SIZE, .f = v->max },
        { .field = DISTINCT, .i = v->distinct },
        { .field = DWELL_MS, .i = (w->ts_ns[i] - v->start_ns) / MS_NS },
        { .field = ADDED, .f = fmin(v->added, DBL_MAX) },
        { .field = THRESHOLD, .f = thr },
        { .field = BREAKS, .i = (int64_t)f->breaks[which].n },
        { .field = X_BREAK, .f = fmin(v->removed / median, 1e6) },
    };
    return say(f, ABSORPTION, which, w, i, v->px, ev, median > 0 ? N_FIELDS : N_FIELDS - 1);
}

/* Takes the rows before row `first_new`; of which they are the next if it is all as it was. Returns
 * the first that is not in. */
static uint64_t catch_up(struct flow *f, const ofd_tick *tick, const ofd_window *w,
                         uint64_t first_new)
{
    if (ofd_slices_at(&f->slices, w, first_new) && f->px_tick == tick->px_tick) {
        return first_new;
    }
    ofd_slices_forget(&f->slices);
    f->px_tick = tick->px_tick;
    f->breaks[0].n = f->breaks[1].n = 0;
    for (uint64_t i = 0; i < first_new; i++) {
        advance(f, w, i);
    }
    return first_new;
}

void flow_detect(struct flow *f, const ofd_tick *tick)
{
    const ofd_window *w = ofd_window_at(tick, 0);
    for (uint64_t i = catch_up(f, tick, w, w->first_new); i < w->n; i++) {
        advance(f, w, i);
        if (judge(f, w, i, 0) == OFD_LIMIT || judge(f, w, i, 1) == OFD_LIMIT) {
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

static void explain_side(const struct flow *f, const ofd_window *w, int which,
                         const ofd_explain_out *out)
{
    uint64_t i = w->n - 1;
    const struct side *s = &judge_of(f)->side[which];
    const struct visit *v = &s->at;
    const struct breaks *b = &f->breaks[which];
    struct reading r = read_now(f, w, i, which);
    double thr = f->threshold[which], removed = v->px != 0 ? v->removed : NAN;
    bool known = isfinite(thr), any = known && v->px != 0 && isfinite(removed);
    const ofd_condition absorption = { .size = sizeof(ofd_condition),
                                       .kind = ABSORPTION,
                                       .side = which == 0 ? OFD_BID : OFD_ASK,
                                       .dir = which == 0 ? 1 : -1 };
    const ofd_condition failed = { .size = sizeof(ofd_condition),
                                   .kind = FAILED,
                                   .side = which == 0 ? OFD_BID : OFD_ASK,
                                   .dir = which == 0 ? -1 : 1 };
    if (!(f->removed > 0)) {
        double n = (double)b->n, min = (double)f->min_breaks;
        ofd_say(out, &absorption, "breaks", "", OFD_AT_LEAST, n, min, n >= min, MIN_BREAKS, BREAKS);
    }
    ofd_say(out, &absorption, "removed", "shares", known && thr > 0 ? OFD_AT_LEAST : OFD_ABOVE,
            any ? removed : NAN, known ? thr : 0, any && r.enough, f->removed > 0 ? REMOVED : -1,
            VOLUME);
    ofd_say(out, &absorption, "at_level", "", OFD_AT_LEAST, r.there, 1, r.there, -1, -1);
    ofd_say(out, &absorption, "shown_share", "", OFD_AT_LEAST, r.share, f->pulled, r.kept, PULLED,
            -1);
    ofd_say(out, &absorption, "quiet_ms", "ms", OFD_AT_MOST, r.quiet_ms, whole_ms(f->fade_ns),
            r.fresh, FADE_MS, -1);
    ofd_say(out, &absorption, "crossed", "", OFD_AT_MOST, r.crossed, 0, !r.crossed, -1, -1);
    ofd_say(out, &failed, "failed", "", OFD_AT_LEAST, s->failed, 1, s->failed, -1, -1);
}

void flow_explain(struct flow *f, const ofd_tick *tick, const ofd_explain_out *out)
{
    const ofd_window *w = ofd_window_at(tick, 0);
    if (w->n == 0) {
        return;
    }
    (void)catch_up(f, tick, w, w->n);
    explain_side(f, w, 0, out);
    explain_side(f, w, 1, out);
}

struct flow *flow_create(const ofd_host *host, const double *params)
{
    struct flow *f = calloc(1, sizeof *f);
    if (f == NULL) {
        return NULL;
    }
    f->host = host;
    ofd_slices_init(&f->slices, SLICE_S);
    f->quantile = params[QUANTILE];
    f->tail = log2(1 / (1 - params[QUANTILE]));
    f->times = params[TIMES];
    f->removed = params[REMOVED];
    f->min_breaks = (uint32_t)params[MIN_BREAKS];
    f->tolerance_ns = (int64_t)params[TOLERANCE_MS] * MS_NS;
    f->pulled = params[PULLED];
    f->fade_ns = (int64_t)params[FADE_MS] * MS_NS;
    return f;
}

void flow_destroy(struct flow *f)
{
    free(f);
}
