/* SPDX-License-Identifier: MIT */
/* The stored patterns of an answer: all of them, or those that are shown. [front] */
#ifndef SERVE_QUERY_PATTERNS_H
#define SERVE_QUERY_PATTERNS_H

#include "query_internal.h"
#include "recent.h"

/* How they are read; made when the commands are queued. */
struct pattern_plan {
    size_t n_replies;
    bool known; /* only what changed since the mark */
    struct recent_mark mark;
};

/* Queues the commands. */
MUST_CHECK bool patterns_queue(struct query *q, const struct answer *a, struct pattern_plan *out,
                               struct err *err);
/* Their replies, r[0..n_replies), into a->patterns. May ask further: no reply of the same pipeline
 * is good afterwards. */
MUST_CHECK bool patterns_read(struct query *q, const struct pattern_plan *plan,
                              const struct reply *r, struct answer *a, struct err *err);

#endif
