/* SPDX-License-Identifier: MIT */
/* momentum_shift, mode = flow: regimes of the mid price and the shifts between them. Formula:
 * README.md. */
#ifndef MOMENTUM_SHIFT_FLOW_H
#define MOMENTUM_SHIFT_FLOW_H

#include <orderflow/explain.h>

enum {
    MODE,
    WINDOW_S,
    RATIO,
    MIN_MOVES,
    P_MAX,
    STRONG,
    P_ENTER,
    EXIT,
    DWELL_MS,
    REVERSAL_S,
    N_PARAMS
};
enum { DIRECTION, STRENGTH, LIFTS, DROPS, P_VALUE, LIFT_RATIO, DROP_RATIO, FROM, SHIFT, N_FIELDS };
enum { BULLISH, BEARISH };
enum { NEUTRAL, UP, DOWN };         /* FROM */
enum { INITIATION, REVERSAL };      /* SHIFT */
static const double RATIO_CAP = 99; /* of ratios in evidence */

/* Two-sided p of a fair coin: how likely are counts at least as uneven as a and b? (of fixed mode)
 */
double fair_coin_p(int64_t a, int64_t b);

struct flow; /* one ticker's; opaque */

/* params as in ofd_config. NULL when out of memory. */
struct flow *flow_create(const ofd_host *host, const double *params);
void flow_destroy(struct flow *f); /* NULL is fine */
void flow_detect(struct flow *f, const ofd_tick *tick);
void flow_explain(struct flow *f, const ofd_tick *tick, const ofd_explain_out *out);

#endif
