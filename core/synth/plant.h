/* SPDX-License-Identifier: MIT */
/*
 * What is planted, as scripts that move the touch. [core/synth] Pure.
 *
 * `mean` is the usual queue, `side` the one acted on; the other goes on as ever but is not emptied.
 * In parentheses what `strength` is:
 * - absorption: 4 to 5.5 mean stand at once; for 18 to 33 s they are traded into and filled up
 *   again some five times a second, about twice what 99.5 % of breaking levels take
 *   (removed / mean);
 * - stacking: 2 mean, then 3 to 5 times 20 to 45 % more, 0.2 to 0.9 s apart; stands 1.5 s (last /
 *   first);
 * - sweep: 2.5 mean, then 5.5 to 7.5, taken in one go and 1 to 3 ticks further; the other side
 *   follows within 250 ms; 1.5 s of rest (taken / mean);
 * - refill: 1.5 to 2.5 mean shown; 4 to 6 times 50 to 80 % of it goes and is back, +-5 %, in 80 to
 *   400 ms; shown 0.6 to 1.2 s between (cycles);
 * - shift: 60 to 90 s in which one side is eaten and the other grows, about a move in 2 s (ticks
 *   gone);
 * - pulling: 2.2 mean, then 4 to 5.5, for 1 to 3 s; 60 to 85 % goes in two cancels (gone / mean);
 * - flicker: 4 to 6 times 3.5 to 4.5 mean come and are gone after 0.1 to 0.4 s (how often);
 * - vacuum: 2 to 4 s with 1 to 3 lots on either side and a spread of 3 ticks (seconds);
 * - exhaustion: 30 to 40 s as shift, then 15 to 20 s of usual flow that moves nothing (ticks gone);
 * - pressure: 10 to 14 s as shift with orders of twice the size (ticks gone).
 */
#ifndef SYNTH_PLANT_H
#define SYNTH_PLANT_H

#include "market.h"
#include "synth.h"

enum { PLANT_TRUTHS = 3 };

struct plant {
    enum synth_kind kind;
    int side, dir; /* dir: of the price, for what leans */
    int phase, left;
    int64_t wall, base, sum, from_ticks;     /* lots; what each script needs */
    struct synth_truth truths[PLANT_TRUTHS]; /* [0]: what was asked for; px in ticks */
    size_t n_truths;
};

/* Begins on a side and direction drawn from the market's numbers. */
void plant_begin(struct plant *p, enum synth_kind kind, struct market *m);
/* Acts once. Returns the ms after which it acts again; -1: it is over, the market is as before. */
int64_t plant_act(struct plant *p, struct market *m, int64_t now_ms);

#endif
