/* SPDX-License-Identifier: MIT */
/* What else the market did at times like this one: the baseline. [any] Pure.
 *
 * Like: of the same ticker, 30-minute bucket of the day (any day), decile of the return of the last
 * 60 s, and quarter of the spread. Where such times are fewer than MATCH_MIN the spread is left
 * out, then the decile. Times are the whole seconds of the grid. */
#ifndef EVAL_MATCH_H
#define EVAL_MATCH_H

#include "course.h"

enum {
    MATCH_DRAWS = 50,
    MATCH_MIN = 30,
    BUCKETS = 48,
    DECILES = 10,
    SPREADS = 4,
    CELLS = BUCKETS * DECILES * SPREADS
};

struct match {
    const struct course *c; /* borrowed */
    uint16_t *cell;         /* owned: of each grid point; UINT16_MAX: no return of 60 s, no mid */
    double *prior;          /* owned: change of bid + ask within 60 s; NaN: not known */
    float *ofi_z;           /* owned: ofi against those of its bucket; NaN: not known */
    uint32_t *list;         /* owned: grid points by cell */
    uint32_t start[CELLS + 1];                        /* where each cell begins in list */
    double decile[DECILES - 1], quarter[SPREADS - 1]; /* upper ends */
};

MUST_CHECK bool match_init(struct match *m, const struct course *c, struct err *err);
void match_fini(struct match *m); /* {0} is fine */

/* Up to MATCH_DRAWS grid points like point i for which the price s seconds later is known, none
 * within s of i; drawn with replacement by the sequence `seed`, whose number *at goes on. Returns
 * how many: 0 if there is nothing like it. *wider_out: a condition was left out. */
size_t match_draw(const struct match *m, size_t i, size_t s, uint64_t seed, uint64_t *at,
                  uint32_t out[MATCH_DRAWS], bool *wider_out);

/* For each grid point: was the price s seconds later higher (1), the same (1/2) or lower (0), less
 * the mean of that over its cell. NaN: not known. out: one per grid point. */
void match_residuals(const struct match *m, size_t s, float *out);

#endif
