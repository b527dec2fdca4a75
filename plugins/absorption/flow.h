/* SPDX-License-Identifier: MIT */
/* absorption, mode = flow: what was removed at a level against what breaks one. Formula: README.md.
 */
#ifndef ABSORPTION_FLOW_H
#define ABSORPTION_FLOW_H

#include <orderflow/explain.h>

enum {
    MODE,
    STATES,
    RANGE_TICKS,
    AVG_SIZE,
    MIN_PEAK,
    STRONG,
    MIN_DWELL_MS,
    QUANTILE,
    TIMES,
    REMOVED,
    MIN_BREAKS,
    TOLERANCE_MS,
    PULLED,
    FADE_MS,
    N_PARAMS
};
enum {
    STRENGTH,
    PRICE_LEVEL,
    VOLUME,
    MEAN_SIZE,
    MAX_SIZE,
    DISTINCT,
    DWELL_MS,
    ADDED,
    THRESHOLD,
    X_BREAK,
    BREAKS,
    N_FIELDS
};
enum { ABSORPTION, FAILED };

struct flow; /* one ticker's; opaque */

/* params as in ofd_config. NULL when out of memory. */
struct flow *flow_create(const ofd_host *host, const double *params);
void flow_destroy(struct flow *f); /* NULL is fine */
void flow_detect(struct flow *f, const ofd_tick *tick);
void flow_explain(struct flow *f, const ofd_tick *tick, const ofd_explain_out *out);

#endif
