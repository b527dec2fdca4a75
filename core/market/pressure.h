/* SPDX-License-Identifier: MIT */
/*
 * Buying or selling pressure of a ticker, with hysteresis, so that who reads it need not flip-flop.
 * [any] Pure; in data time.
 *
 * Each standard window has a sign: +1 when its order flow ofi_n >= ofi_min and the mid did not fall
 * over it (net_ticks >= 0), -1 mirrored, else 0. BUYING is read when at least two of the three
 * windows are + and none is -, SELLING mirrored, else MIXED. What is read becomes the state once it
 * has been read for hold_ns at every tick. UNKNOWN, at once, when the ticker is stale or a window's
 * coverage is below one half; out of it the hold applies as well.
 */
#ifndef MARKET_PRESSURE_H
#define MARKET_PRESSURE_H

#include "market.h"

#include <stdbool.h>

enum pressure_state { PRESSURE_UNKNOWN, PRESSURE_MIXED, PRESSURE_BUYING, PRESSURE_SELLING };

enum { PRESSURE_WINDOWS = 3, PRESSURE_FLIP_MINUTES = 30 };

struct pressure_rules {
    double ofi_min;
    int64_t hold_ns;
};

struct pressure_window {
    int sign; /* +1, -1, 0 */
    double ofi_n;
    int64_t net_ticks;
};

/* {0}: nothing is known yet. */
struct pressure {
    enum pressure_state state;
    int64_t since_ns;          /* first tick at which this state was read; 0: no tick yet */
    enum pressure_state known; /* the last state that was not UNKNOWN, and the one before it */
    enum pressure_state before;
    enum pressure_state pending; /* read, but not held long enough; UNKNOWN: none */
    int64_t pending_ns;
    int64_t tick_ns; /* the tick it stands for */
    struct pressure_window windows[PRESSURE_WINDOWS];
    int64_t flip_minute;                   /* of flips[0], since 1970 */
    uint16_t flips[PRESSURE_FLIP_MINUTES]; /* changes of the known state, newest minute first */
};

/* What the tick at now_ns says; m: the metrics of the 10, 60 and 300 s windows at it. A tick that
 * is not after p->tick_ns changes nothing: it has been counted before a restart. */
void pressure_step(struct pressure *p, const struct pressure_rules *rules, int64_t now_ns,
                   const struct metrics m[PRESSURE_WINDOWS], bool stale);

/* The state before this one; while UNKNOWN the last one known. UNKNOWN: none. */
enum pressure_state pressure_previous(const struct pressure *p);
/* Changes between known states in the 30 minutes (whole ones) up to now_ns. */
int pressure_flips(const struct pressure *p, int64_t now_ns);
/* Windows whose sign is that of the state; of MIXED and UNKNOWN the larger camp. */
int pressure_agreement(const struct pressure *p);

const char *pressure_state_name(enum pressure_state s); /* "UNKNOWN" "MIXED" "BUYING" "SELLING" */
/* "++0": the windows' signs, shortest first. */
void pressure_signs(const struct pressure *p, char out[PRESSURE_WINDOWS + 1]);

#endif
