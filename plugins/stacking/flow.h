/* SPDX-License-Identifier: MIT */
/* stacking, mode = flow: a run of states that grows at a price that does not retreat. Formula:
 * README.md. */
#ifndef STACKING_FLOW_H
#define STACKING_FLOW_H

#include <orderflow/explain.h>

enum { MODE, RUN, SIZE, GROWTH, RISE, SPAN_MIN_MS, SPAN_MAX_MS, KEEP, N_PARAMS };
enum { LEVELS, TOTAL_SIZE, GROWTH_RATE, FROM_SIZE, TO_SIZE, SPAN_MS, N_FIELDS };

struct flow; /* one ticker's; opaque */

/* params as in ofd_config. NULL when out of memory. */
struct flow *flow_create(const ofd_host *host, const double *params);
void flow_destroy(struct flow *f); /* NULL is fine */
void flow_detect(struct flow *f, const ofd_tick *tick);
void flow_explain(struct flow *f, const ofd_tick *tick, const ofd_explain_out *out);

#endif
