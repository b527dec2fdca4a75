/* SPDX-License-Identifier: MIT */
/* sweep, mode = flow: levels that were taken and did not come back. Formula: README.md. */
#ifndef SWEEP_FLOW_H
#define SWEEP_FLOW_H

#include <orderflow/explain.h>

enum { MODE, CHANGE, REMOVED, TICKS, DEEP, LEG_MS, BACK_MS, JOIN_MS, N_PARAMS };
enum {
    DIRECTION,
    PRICE,
    SIZE,
    SIGNED_CHANGE,
    THROUGH,
    TICKS_GONE,
    LEGS,
    SPAN_MS,
    IS_DEEP,
    N_FIELDS
};
enum { LIFT, HIT, UNCHANGED };                                    /* DIRECTION */
enum { LEG_MIN_MS = 100, LEG_MAX_MS = 2000, BACK_MAX_MS = 1000 }; /* ranges of parameters */

struct flow; /* one ticker's; opaque */

/* params as in ofd_config. NULL when out of memory. */
struct flow *flow_create(const ofd_host *host, const double *params);
void flow_destroy(struct flow *f); /* NULL is fine */
void flow_detect(struct flow *f, const ofd_tick *tick);
void flow_explain(struct flow *f, const ofd_tick *tick, const ofd_explain_out *out);

#endif
