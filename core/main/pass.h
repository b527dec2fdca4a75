/* SPDX-License-Identifier: MIT */
/* Recorded quotes of one ticker through windows, detectors and episodes: no Redis, no clock but the
 * quotes' own, everything judged before more is taken. [engine] */
#ifndef MAIN_PASS_H
#define MAIN_PASS_H

#include "engine.h"

struct pass {
    struct engine engine;
    struct ticker *ticker;
    size_t untaken, unjudged; /* rows pushed since windows took, since detectors judged */
    int64_t take_ns;          /* CPU time of this process that went into windows (and metrics) */
    /* Called with the episodes that changed, once for each, whenever what was pushed has been
     * judged: an episode comes again with each change, and is as it was at last at its last. NULL:
     * nobody asks. */
    void (*changed)(void *ctx, const struct changes *c);
    void *ctx;
};

/* Detectors described and started. bare: no metrics, levels, behaviours, pressure, so no report,
 * and ended episodes are not kept. Set changed after it. pass_fini() in any case. */
MUST_CHECK bool pass_begin(struct pass *p, const struct settings *cfg, const struct paths *paths,
                           const char *ticker, bool bare, struct err *err);
/* The same in two steps, for a ticker whose price step is known (0: it is not). */
MUST_CHECK bool pass_start(struct pass *p, const struct settings *cfg, const struct paths *paths,
                           bool bare, struct err *err);
MUST_CHECK bool pass_add(struct pass *p, const char *ticker, int64_t px_tick, struct err *err);
/* What has been taken is judged: for who takes rows and boundaries of the ticker itself. */
MUST_CHECK bool pass_judge(struct pass *p, struct err *err);
/* One more row; its member is copied where it is needed. Often judges what came before. */
MUST_CHECK bool pass_push(struct pass *p, const struct row *row, struct err *err);
/* No more rows: the first boundary at or after the last row is taken. */
MUST_CHECK bool pass_end(struct pass *p, struct err *err);
void pass_fini(struct pass *p);

#endif
