/* SPDX-License-Identifier: MIT */
/*
 * A tape with planted structure of which all is known: a queue-reactive market (market.h) in which
 * scripts (plant.h) act one after another. [any] Pure: no clock, no I/O; whole numbers only, so
 * that a seed gives the same tape on every machine.
 */
#ifndef SYNTH_SYNTH_H
#define SYNTH_SYNTH_H

#include "err.h"

#include <stddef.h>
#include <stdint.h>

enum synth_kind {
#define PLANT(name, word, type, per_h, seconds, quiet) PLANT_##name,
#include "plants.def"
#undef PLANT
    PLANTS
};
const char *synth_word(enum synth_kind k); /* of the command line */
const char *synth_type(enum synth_kind k); /* of the pattern a detector should report */
int64_t synth_default_per_h(enum synth_kind k);

enum { SYNTH_BID = 1, SYNTH_ASK = 2 }; /* 0: no side; as in the plugin ABI */

struct synth_config {
    uint64_t seed;
    int64_t start_ms;
    int64_t seconds, days; /* of a session; sessions begin 24 h apart */
    int64_t rate;          /* orders a second that a market of usual queues sees */
    int64_t px, px_tick;   /* 1e-9 units; px: the first bid, a multiple of px_tick */
    int64_t mean_sz, lot;  /* size of a usual queue; all sizes are multiples of lot */
    int64_t per_h[PLANTS]; /* of each kind */
    /* What absorption and stacking foretell: with a chance of effect_ppm / 10^6 the price then goes
     * effect_ticks in their direction, evenly over effect_s, on top of what it does anyway. Both
     * queues are then drawn anew at their end, so that what stands there foretells nothing by
     * itself. */
    int64_t effect_ticks, effect_s, effect_ppm;
};

/* A thing that was planted. */
struct synth_truth {
    const char *type;
    int32_t side, dir;
    int64_t onset_ms, end_ms;
    int64_t px, px_to;      /* where; a sweep: from, to. 0: nowhere */
    int64_t strength_milli; /* plant.h says of what */
    int64_t effect_ticks;   /* how far the price was moved afterwards; signed */
    bool incidental;        /* true, and not what was asked for: nobody has to find it */
};

struct synth_quote {
    int64_t ts_ms, bid_px, ask_px, bid_sz, ask_sz;
};

struct synth; /* opaque */

/* NULL: the plants do not fit into the session, or no memory; err says which. */
struct synth *synth_create(const struct synth_config *cfg, struct err *err);
void synth_destroy(struct synth *s); /* NULL is fine */
/* The next quote, in order of time, one a ms at most. False at the end, or when there was no
 * memory: then err is set. */
MUST_CHECK bool synth_next(struct synth *s, struct synth_quote *out, struct err *err);
/* All that is planted and over in what has been given out, one plant after another; borrowed until
 * the next call. */
const struct synth_truth *synth_truths(const struct synth *s, size_t *n_out);

#endif
