/* SPDX-License-Identifier: MIT */
#include "flow.h"

#include <orderflow/declare.h>
#include <orderflow/slices.h>

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

/* A verdict rests on a machine born at most OFD_SLICES slices ago, on moves up to 300 s before
 * that, and on the row before such a move, less than PAUSE_S older: 240 + 300 + 60 s. */
enum { SLICE_S = 80, PAUSE_S = 60 };
static const int64_t SECOND_NS = 1000000000, MS_NS = 1000000;

/* The regime since the beginning of a slice of time, for all that is known from there on. */
struct machine {
    int regime, from;
    bool reversal;
    int64_t changed_ns;  /* the last transition; INT64_MIN: none yet */
    int64_t ended_ns[3]; /* when UP and DOWN were left; INT64_MIN: not yet */
};

struct flow {
    const ofd_host *host;
    int64_t window_ns, min_moves, dwell_ns, reversal_ns;
    double ratio, strong, p_enter, exit;
    uint64_t first; /* moves of rows from this one on count, by ofd_window.first_seq */
    int64_t lifts, drops;
    double p; /* of these; negative: not computed yet */
    ofd_slices slices;
    struct machine machines[OFD_SLICES];
};

/* ---- moves ---- */

static bool has_mid(const ofd_window *w, uint64_t i)
{
    return w->bid_px[i] > 0 && w->ask_px[i] >= w->bid_px[i] &&
           w->ask_px[i] <= INT64_MAX - w->bid_px[i];
}

/* Adds row i's move of the mid price `times` times (1 or -1). */
static void count(struct flow *f, const ofd_window *w, uint64_t i, int times)
{
    if ((w->bid_px[i] == w->bid_px[i - 1] && w->ask_px[i] == w->ask_px[i - 1]) || !has_mid(w, i) ||
        !has_mid(w, i - 1) || w->ts_ns[i] - w->ts_ns[i - 1] >= PAUSE_S * SECOND_NS) {
        return;
    }
    int64_t was = w->bid_px[i - 1] + w->ask_px[i - 1], is = w->bid_px[i] + w->ask_px[i];
    f->lifts += is > was ? times : 0;
    f->drops += is < was ? times : 0;
    f->p = -1;
}

/* ---- regimes ---- */

static struct machine new_machine(void)
{
    return (struct machine){ .changed_ns = INT64_MIN,
                             .ended_ns = { INT64_MIN, INT64_MIN, INT64_MIN } };
}

static double most_of(const struct flow *f, int regime)
{
    return (double)(regime == UP ? f->lifts : f->drops);
}

static double enter_ratio(const struct flow *f)
{
    return fmax(f->ratio, f->exit);
}

static bool may_enter(struct flow *f, int regime)
{
    double most = most_of(f, regime), least = most_of(f, UP + DOWN - regime);
    if (most + least < (double)f->min_moves || most <= least || most < enter_ratio(f) * least) {
        return false;
    }
    f->p = f->p < 0 ? fair_coin_p(f->lifts, f->drops) : f->p;
    return f->p <= f->p_enter;
}

static bool may_stay(const struct flow *f, int regime)
{
    double most = most_of(f, regime), least = most_of(f, UP + DOWN - regime);
    return most > least && most >= f->exit * least;
}

static bool dwells(const struct flow *f, const struct machine *m, int64_t ts_ns)
{
    return m->changed_ns != INT64_MIN && ts_ns - m->changed_ns < f->dwell_ns;
}

static void change(const struct flow *f, struct machine *m, int regime, int64_t ts_ns)
{
    m->ended_ns[m->regime] = ts_ns;
    if (regime != NEUTRAL) {
        int64_t ended_ns = m->ended_ns[UP + DOWN - regime];
        m->reversal = ended_ns != INT64_MIN && ts_ns - ended_ns <= f->reversal_ns;
    }
    m->from = m->regime;
    m->regime = regime;
    m->changed_ns = ts_ns;
}

static void machine_step(struct flow *f, struct machine *m, int64_t ts_ns)
{
    if (dwells(f, m, ts_ns)) {
        return;
    }
    for (int regime = UP; regime <= DOWN; regime++) {
        if (m->regime != regime && may_enter(f, regime)) {
            change(f, m, regime, ts_ns);
            return;
        }
    }
    if (m->regime != NEUTRAL && !may_stay(f, m->regime)) {
        change(f, m, NEUTRAL, ts_ns);
    }
}

static void forget(struct flow *f, uint64_t first)
{
    f->first = first;
    f->lifts = f->drops = 0;
    f->p = -1;
    ofd_slices_forget(&f->slices);
}

static void advance(struct flow *f, const ofd_window *w, uint64_t i)
{
    uint64_t seq = w->first_seq + i;
    if (i == 0 || (w->flags[i] & OFD_ROW_GAP) != 0) {
        forget(f, seq + 1);
    } else {
        count(f, w, i, 1);
    }
    while (f->first <= seq && w->ts_ns[i] - w->ts_ns[f->first - w->first_seq] >= f->window_ns) {
        count(f, w, f->first - w->first_seq, -1);
        f->first++;
    }
    int born = ofd_slices_row(&f->slices, w, i);
    if (born >= 0) {
        f->machines[born] = new_machine();
    }
    for (int k = 0; k < OFD_SLICES; k++) {
        if (ofd_slices_live(&f->slices, k)) {
            machine_step(f, &f->machines[k], w->ts_ns[i]);
        }
    }
}

/* Takes the rows before row first_new, if they are not in already. */
static void catch_up(struct flow *f, const ofd_window *w, uint64_t first_new)
{
    if (ofd_slices_at(&f->slices, w, first_new) && f->first > w->first_seq) {
        return;
    }
    forget(f, w->first_seq);
    for (uint64_t i = 0; i < first_new; i++) {
        advance(f, w, i);
    }
}

/* ---- judging ---- */

/* Judges the newest row taken. OFD_LIMIT: the host takes no more. */
static int32_t judge(struct flow *f, int64_t ts_ns)
{
    const struct machine *m = &f->machines[f->slices.oldest];
    if (m->regime == NEUTRAL) {
        return 0;
    }
    bool up = m->regime == UP;
    double most = most_of(f, m->regime), least = most_of(f, UP + DOWN - m->regime);
    f->p = f->p < 0 ? (most + least > 0 ? fair_coin_p(f->lifts, f->drops) : 1) : f->p;
    const ofd_value ev[N_FIELDS - 1] = {
        { .field = DIRECTION, .i = up ? BULLISH : BEARISH },
        { .field = STRENGTH, .i = most > 0 && most >= f->strong * least },
        { .field = LIFTS, .i = f->lifts },
        { .field = DROPS, .i = f->drops },
        { .field = P_VALUE, .f = f->p },
        { .field = FROM, .i = m->from },
        { .field = SHIFT, .i = m->reversal ? REVERSAL : INITIATION },
        { .field = up ? LIFT_RATIO : DROP_RATIO, .f = fmin(most / least, RATIO_CAP) },
    };
    double value = most + least > 0 ? (most - least) / sqrt(most + least) : 0;
    return f->host->emit(f->host, &(ofd_pattern){ .size = sizeof(ofd_pattern),
                                                  .side = OFD_NO_SIDE,
                                                  .dir = up ? 1 : -1,
                                                  .ts_ns = ts_ns,
                                                  .price = OFD_NO_PRICE,
                                                  .value = value,
                                                  .ev = ev,
                                                  .n_ev = most > 0 ? N_FIELDS - 1 : N_FIELDS - 2,
                                                  .ev_stride = sizeof *ev });
}

void flow_detect(struct flow *f, const ofd_tick *tick)
{
    const ofd_window *w = ofd_window_at(tick, 0);
    catch_up(f, w, w->first_new);
    for (uint64_t i = w->first_new; i < w->n; i++) {
        advance(f, w, i);
        if (judge(f, w->ts_ns[i]) == OFD_LIMIT) {
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

static void explain_regime(const struct flow *f, int regime, int64_t ts_ns,
                           const ofd_explain_out *out)
{
    const struct machine *m = &f->machines[f->slices.oldest];
    double most = most_of(f, regime), least = most_of(f, UP + DOWN - regime), moves = most + least;
    double ratio = moves > 0 ? fmin(most / least, RATIO_CAP) : NAN;
    double p = moves > 0 ? fair_coin_p(f->lifts, f->drops) : NAN;
    double dwell = whole_ms(f->dwell_ns), min = (double)f->min_moves;
    double since = m->changed_ns != INT64_MIN ? (double)(ts_ns - m->changed_ns) / 1e6 : NAN;
    bool in = m->regime == regime, held = dwells(f, m, ts_ns);
    double at = in ? f->exit : enter_ratio(f);
    const ofd_condition of = { .size = sizeof(ofd_condition), .dir = regime == UP ? 1 : -1 };
    if (in && held) {
        ofd_say(out, &of, "in_regime_ms", "ms", OFD_BELOW, since, dwell, true, DWELL_MS, -1);
        return;
    }
    if (m->changed_ns != INT64_MIN && !in) {
        ofd_say(out, &of, "since_ms", "ms", OFD_AT_LEAST, since, dwell, !held, DWELL_MS, -1);
    }
    ofd_say(out, &of, "lead", "moves", OFD_ABOVE, most - least, 0, most > least, -1, -1);
    ofd_say(out, &of, "ratio", "", OFD_AT_LEAST, ratio, at, moves > 0 && most >= at * least,
            in || f->exit > f->ratio ? EXIT : RATIO, regime == UP ? LIFT_RATIO : DROP_RATIO);
    if (!in) {
        ofd_say(out, &of, "moves", "moves", OFD_AT_LEAST, moves, min, moves >= min, MIN_MOVES, -1);
        ofd_say(out, &of, "p", "", OFD_AT_MOST, p, f->p_enter, p <= f->p_enter, P_ENTER, P_VALUE);
    }
}

void flow_explain(struct flow *f, const ofd_tick *tick, const ofd_explain_out *out)
{
    const ofd_window *w = ofd_window_at(tick, 0);
    if (w->n > 0) {
        catch_up(f, w, w->n);
        explain_regime(f, UP, w->ts_ns[w->n - 1], out);
        explain_regime(f, DOWN, w->ts_ns[w->n - 1], out);
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
    f->window_ns = (int64_t)params[WINDOW_S] * SECOND_NS;
    f->min_moves = (int64_t)params[MIN_MOVES];
    f->dwell_ns = (int64_t)params[DWELL_MS] * MS_NS;
    f->reversal_ns = (int64_t)params[REVERSAL_S] * SECOND_NS;
    f->ratio = params[RATIO];
    f->strong = params[STRONG];
    f->p_enter = params[P_ENTER];
    f->exit = params[EXIT];
    return f;
}

void flow_destroy(struct flow *f)
{
    free(f);
}
