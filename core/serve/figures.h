/* SPDX-License-Identifier: MIT */
/*
 * What the last look at Redis said of a ticker's tick, so that calls between two ticks do not read
 * the same text again. [front] One thread.
 *
 * It holds as long as Redis answers with the same bytes, and no longer: what is compared is all of
 * the replies, not a time or a number.
 */
#ifndef SERVE_FIGURES_H
#define SERVE_FIGURES_H

#include "answer.h"
#include "redis.h"

struct figures {
    struct buf bytes; /* of the replies; empty: nothing is kept */
    struct report report;
    struct answer_detector *detectors; /* owned */
    size_t n_detectors;
};

void figures_init(struct figures *f);
void figures_fini(struct figures *f);

/* True: the replies r[0..n) are those that were kept; fills a->report and a->detectors (which is
 * empty). False also for no memory. */
MUST_CHECK bool figures_same(const struct figures *f, const struct reply *r, size_t n,
                             struct answer *a);
/* Keeps what was read from r[0..n), in place of what was kept before. Without memory nothing. */
void figures_keep(struct figures *f, const struct reply *r, size_t n, const struct answer *a);

#endif
