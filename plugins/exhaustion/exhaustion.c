/* SPDX-License-Identifier: MIT */
/* exhaustion: a large move makes no new extreme and its flow has faded. Formula and limits:
 * README.md. */
#include <orderflow/declare.h>
#include <orderflow/rows.h>

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

enum { MEMORY_S = 600, HISTORY_MAX_S = 360, MOVE_MAX_S = 120, FLOW_MAX_S = 30, PAUSE_S = 60 };
enum { SLOTS = 512 }; /* more than HISTORY_MAX_S + MOVE_MAX_S + FLOW_MAX_S, a power of two */
static const int64_t SECOND_NS = 1000000000;

static const char *const modes[] = { "fixed" };
enum { MODE, SIGMAS, MOVE_S, QUIET_S, FADE, FLOW_S, HISTORY_S, MIN_S, N_PARAMS };
static const ofd_param params[N_PARAMS] = {
    [MODE] = OFD_PARAM_WORDS("mode", modes, "what decides"),
    [SIGMAS] = OFD_PARAM(OFD_REAL, "sigmas", "", 2, 0.1, 100,
                         "move / deviation of such times before it, at least"),
    [MOVE_S] =
        OFD_PARAM(OFD_INT, "move_s", "s", 60, 2, MOVE_MAX_S, "the move lies within this time"),
    [QUIET_S] =
        OFD_PARAM(OFD_INT, "quiet_s", "s", 5, 0, MOVE_MAX_S, "no new extreme for, at least"),
    [FADE] =
        OFD_PARAM(OFD_REAL, "fade", "", 0.3, -1, 1, "flow now / its peak in the move, less than"),
    [FLOW_S] =
        OFD_PARAM(OFD_INT, "flow_s", "s", 10, 1, FLOW_MAX_S, "imbalance of this time is the flow"),
    [HISTORY_S] = OFD_PARAM(OFD_INT, "history_s", "s", 180, 10, HISTORY_MAX_S,
                            "time before move_s that the deviation is of"),
    [MIN_S] =
        OFD_PARAM(OFD_INT, "min_s", "s", 60, 2, HISTORY_MAX_S, "seconds of it known, at least"),
};

static const char *const directions[] = { "up", "down" };
enum { MOVE, SIZE, TIMES, SIGMA, EXTREME, QUIET, FLOW, FLOW_PEAK, N_FIELDS };
static const ofd_field fields[N_FIELDS] = {
    [MOVE] = OFD_FIELD_WORDS("move", directions, "the move that is exhausted"),
    [SIZE] = OFD_FIELD(OFD_PRICE, "size", "", "how far it went"),
    [TIMES] = OFD_FIELD(OFD_REAL, "sigmas", "", "size / sigma"),
    [SIGMA] = OFD_FIELD(OFD_REAL, "sigma", "currency", "deviation of 60 s before the move"),
    [EXTREME] = OFD_FIELD(OFD_PRICE, "extreme", "", "mid price at its end"),
    [QUIET] = OFD_FIELD(OFD_INT, "quiet_s", "s", "whole seconds since without a new extreme"),
    [FLOW] = OFD_FIELD(OFD_REAL, "flow", "shares", "imbalance now: + is buying"),
    [FLOW_PEAK] =
        OFD_FIELD(OFD_REAL, "flow_peak", "shares", "the largest of the move, in its direction"),
};
static const ofd_kind kinds[] = {
    OFD_KIND("exhaustion", "a large move makes no new extreme and its flow has faded"),
};

/* A move up or down to the last extreme, in terms of twice the mid price. */
struct move {
    int64_t extreme, size; /* size 0: none */
    int64_t end_s;         /* the second at whose end the extreme was reached first */
    double flow_peak;      /* in the direction of the move; of the ends of seconds up to end_s */
};

/* What each second left: price, flow; and what those that have ended say. Sums are made anew in
 * order of time, never by taking away, so that a restart finds the same bits. */
struct exhaustion {
    const ofd_host *host;
    double sigmas, fade;
    int64_t move_s, quiet_s, flow_s, history_s, min_s;
    uint64_t next;         /* rows before it are in; numbered by ofd_window.first_seq */
    int64_t from_s, now_s; /* seconds known: [from_s, now_s]; now_s is the last row's */
    int64_t mids[SLOTS];   /* twice the mid price in force at the end of each; 0: none */
    double flows[SLOTS];   /* imbalance of each; that of now_s as far as it has come */
    int64_t mid;           /* of the last row */
    double flow_before;    /* flow of the seconds before now_s that belong */
    double sigma;          /* of 60 s; NaN: too little history */
    int64_t samples;
    struct move up, down;
};

static size_t slot(int64_t s)
{
    return (uint64_t)s % SLOTS;
}

static int64_t mid_at(const struct exhaustion *x, int64_t s)
{
    return s >= x->from_s ? x->mids[slot(s)] : 0;
}

/* Imbalance of the seconds [from, to) that are known. */
static double flow_of(const struct exhaustion *x, int64_t from, int64_t to)
{
    double all = 0;
    for (int64_t s = from > x->from_s ? from : x->from_s; s < to; s++) {
        all += x->flows[slot(s)];
    }
    return all;
}

/* ---- seconds that have ended ------------------------------------------------------------------
 */

/* The move to the highest (dir 1) or lowest (-1) price of the last move_s. */
static struct move find_move(const struct exhaustion *x, int dir)
{
    struct move m = { .size = 0 };
    int64_t first = x->now_s - x->move_s, start_s = 0, start = 0, low = 0, low_s = 0;
    for (int64_t s = first; s < x->now_s; s++) {
        int64_t mid = mid_at(x, s) * dir;
        if (mid == 0) {
            continue;
        }
        if (low == 0 || mid <= low) { /* the last of the lowest so far */
            low = mid;
            low_s = s;
        }
        if (m.extreme == 0 || mid > m.extreme * dir) {
            m.extreme = mid * dir;
            m.end_s = s;
            start = low;
            start_s = low_s;
        }
    }
    m.size = m.extreme * dir - start;
    for (int64_t s = start_s + 1; m.size > 0 && s <= m.end_s; s++) {
        double flow = dir * flow_of(x, s - x->flow_s + 1, s + 1);
        m.flow_peak = s == start_s + 1 || flow > m.flow_peak ? flow : m.flow_peak;
    }
    return m;
}

/* Deviation of the price over 60 s, from its steps in the seconds before the last move_s. */
static void measure_sigma(struct exhaustion *x)
{
    int64_t end = x->now_s - x->move_s;
    double squares = 0;
    x->samples = 0;
    for (int64_t s = end - x->history_s; s < end; s++) {
        int64_t is = mid_at(x, s), was = mid_at(x, s - 1);
        if (is != 0 && was != 0) {
            double step = (double)(is - was);
            squares += step * step;
            x->samples++;
        }
    }
    x->sigma = x->samples >= x->min_s ? sqrt(60.0 * squares / (double)x->samples) : NAN;
}

static void begin_second(struct exhaustion *x, int64_t now_s)
{
    for (; x->now_s < now_s; x->now_s++) {
        x->mids[slot(x->now_s)] = x->mid;
        x->flows[slot(x->now_s + 1)] = 0;
    }
    x->flow_before = flow_of(x, now_s - x->flow_s + 1, now_s);
    x->up = find_move(x, 1);
    x->down = find_move(x, -1);
    measure_sigma(x);
}

/* ---- one row -----------------------------------------------------------------------------------
 */

/* Twice the mid price; 0 if there is none: a side is absent, or the book is crossed. */
static int64_t mid_of(const ofd_window *w, uint64_t i)
{
    int64_t bid = w->bid_px[i], ask = w->ask_px[i];
    return bid > 0 && ask >= bid && ask <= INT64_MAX - bid ? bid + ask : 0;
}

static void advance(struct exhaustion *x, const ofd_window *w, uint64_t i)
{
    int64_t now_s = w->ts_ns[i] / SECOND_NS;
    bool anew = ofd_row_anew(w, i, PAUSE_S) != 0;
    if (anew) {
        x->from_s = x->now_s = now_s;
        x->flows[slot(now_s)] = 0;
    }
    if (anew || now_s != x->now_s) {
        begin_second(x, now_s);
    }
    x->mid = mid_of(w, i);
    x->flows[slot(now_s)] += anew ? 0 : ofd_row_imbalance(w, i);
    x->next = w->first_seq + i + 1;
}

/* ---- judging ----------------------------------------------------------------------------------
 */

/* How a move stands as of the last row. */
struct reading {
    double times, flow; /* size / sigma; the flow in the move's direction */
    int64_t quiet_s;
    bool large, quiet, faded;
};

static struct reading read_now(const struct exhaustion *x, const struct move *m, int dir)
{
    struct reading r = { .times = x->sigma > 0 && m->size > 0 ? (double)m->size / x->sigma : NAN,
                         .flow = dir * (x->flow_before + x->flows[slot(x->now_s)]),
                         .quiet_s = x->now_s - 1 - m->end_s };
    r.large = r.times >= x->sigmas;
    r.quiet =
        m->size > 0 && x->mid != 0 && x->mid * dir <= m->extreme * dir && r.quiet_s >= x->quiet_s;
    r.faded = m->flow_peak > 0 && isfinite(m->flow_peak) && isfinite(r.flow) &&
              r.flow < x->fade * m->flow_peak;
    return r;
}

/* Judges a move as of the last row taken. OFD_LIMIT: the host takes no more. */
static int32_t judge(const struct exhaustion *x, const struct move *m, int dir, int64_t ts_ns)
{
    struct reading r = read_now(x, m, dir);
    if (!r.large || !r.quiet || !r.faded) {
        return 0;
    }
    const ofd_value ev[] = {
        { .field = MOVE, .i = dir < 0 },           { .field = SIZE, .i = m->size / 2 },
        { .field = TIMES, .f = r.times },          { .field = SIGMA, .f = x->sigma / 2e9 },
        { .field = EXTREME, .i = m->extreme / 2 }, { .field = QUIET, .i = r.quiet_s },
        { .field = FLOW, .f = dir * r.flow },      { .field = FLOW_PEAK, .f = dir * m->flow_peak },
    };
    return x->host->emit(x->host, &(ofd_pattern){ .size = sizeof(ofd_pattern),
                                                  .side = OFD_NO_SIDE,
                                                  .dir = -dir,
                                                  .ts_ns = ts_ns,
                                                  .price = OFD_NO_PRICE,
                                                  .value = r.times,
                                                  .ev = ev,
                                                  .n_ev = N_FIELDS,
                                                  .ev_stride = sizeof(ofd_value) });
}

static int32_t detect(void *self, const ofd_tick *tick)
{
    struct exhaustion *x = self;
    const ofd_window *w = ofd_window_at(tick, 0);
    uint64_t i = x->next == w->first_seq + w->first_new ? w->first_new : 0;
    for (; i < w->n; i++) {
        advance(x, w, i);
        if (i >= w->first_new && (judge(x, &x->up, 1, w->ts_ns[i]) == OFD_LIMIT ||
                                  judge(x, &x->down, -1, w->ts_ns[i]) == OFD_LIMIT)) {
            break;
        }
    }
    return 0;
}

/* ---- why, or why not ---- */

static void explain_move(const struct exhaustion *x, const struct move *m, int dir,
                         const ofd_explain_out *out)
{
    struct reading r = read_now(x, m, dir);
    bool any = m->size > 0 && x->mid != 0;
    double n = (double)x->samples, min = (double)x->min_s;
    double beyond = any ? (double)(x->mid * dir - m->extreme * dir) / 2e9 : NAN;
    double part = r.flow / m->flow_peak;
    part = isfinite(r.flow) && isfinite(m->flow_peak) ? fmax(fmin(part, 1e300), -1e300) : NAN;
    part = m->flow_peak > 0 ? part : NAN;
    const ofd_condition of = { .size = sizeof(ofd_condition), .dir = -dir };
    ofd_say(out, &of, "samples", "s", OFD_AT_LEAST, n, min, n >= min, MIN_S, -1);
    ofd_say(out, &of, "sigmas", "", OFD_AT_LEAST, r.times, x->sigmas, r.large, SIGMAS, TIMES);
    ofd_say(out, &of, "beyond", "currency", OFD_AT_MOST, beyond, 0, beyond <= 0, -1, -1);
    ofd_say(out, &of, "quiet_s", "s", OFD_AT_LEAST, any ? (double)r.quiet_s : NAN,
            (double)x->quiet_s, any && r.quiet_s >= x->quiet_s, QUIET_S, QUIET);
    ofd_say(out, &of, "flow_part", "", OFD_BELOW, part, x->fade, !isnan(part) && r.faded, FADE, -1);
}

static int32_t explain(void *self, const ofd_tick *tick, const ofd_explain_out *out)
{
    struct exhaustion *x = self;
    const ofd_window *w = ofd_window_at(tick, 0);
    for (uint64_t i = x->next == w->first_seq + w->n ? w->n : 0; i < w->n; i++) {
        advance(x, w, i);
    }
    if (w->n > 0) {
        explain_move(x, &x->up, 1, out);
        explain_move(x, &x->down, -1, out);
    }
    return 0;
}

OFD_EXPLAIN_EXT(ext, explain)

static void *create(const ofd_host *host, const ofd_config *config)
{
    struct exhaustion *x = calloc(1, sizeof *x);
    if (x == NULL) {
        host->log(host, OFD_LOG_ERROR, "out of memory");
        return NULL;
    }
    const double *p = config->params;
    x->host = host;
    x->sigmas = p[SIGMAS];
    x->fade = p[FADE];
    x->move_s = (int64_t)p[MOVE_S];
    x->quiet_s = (int64_t)p[QUIET_S];
    x->flow_s = (int64_t)p[FLOW_S];
    x->history_s = (int64_t)p[HISTORY_S];
    x->min_s = (int64_t)p[MIN_S];
    return x;
}

static const uint32_t window_s[] = { 60 };
static const ofd_plugin plugin = {
    .size = sizeof(ofd_plugin),
    .minor = OFD_MINOR,
    .id = "exhaustion",
    .name = "Exhaustion",
    .version = "1.0.0",
    .vendor = "orderflow",
    .description = "A large move makes no new extreme and its flow has faded",
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
