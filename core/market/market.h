/* SPDX-License-Identifier: MIT */
/* What one tick says about one ticker apart from patterns: the values of metrics, behaviours,
 * levels and input quality. Computed by metrics.h, behavior.h, level.h; written by result/, read by
 * serve/. [any] Pure. */
#ifndef MARKET_MARKET_H
#define MARKET_MARKET_H

#include "quote.h"

#include <stdint.h>

#define METRIC_PX_NONE INT64_MIN

enum metric_label { LABEL_NONE, LABEL_STABLE, LABEL_INCREASING, LABEL_DECREASING };

/* The last change of more than `sweep` shares between consecutive states (the peer's last_sweep).
 */
struct size_jump {
    int64_t ts_ns; /* 0: none in the window */
    int64_t px;
    double size;   /* > 0 */
    int side;      /* OFD_BID or OFD_ASK */
    int direction; /* +1 price rose with it ("lift"), -1 fell ("hit"), 0 unchanged */
};

struct metrics {
    int64_t seconds;
#define METRIC_FIELD_I(m) int64_t m;
#define METRIC_FIELD_D(m) double m;
#define METRIC_FIELD_P(m) int64_t m;
#define METRIC_FIELD_L(m) enum metric_label m;
#define METRIC(kind, member, name, unit, help) METRIC_FIELD_##kind(member)
#include "metrics.def"
#undef METRIC
    struct size_jump jump;
};

enum answer3 { ANSWER_UNKNOWN, ANSWER_NO, ANSWER_YES };

struct behavior {
    enum answer3 value;
    int dir;          /* +1, -1, 0: what it suggests now (momentum_building has its own) */
    int64_t since_ns; /* when this value began; 0 when UNKNOWN */
};

struct behaviors {
#define BEHAVIOR(member, name, dir) struct behavior member;
#include "behaviors.def"
#undef BEHAVIOR
};

enum level_status { LEVEL_OPEN, LEVEL_BROKEN, LEVEL_FLIPPED };

/* A price at which one side of the book has stood. One per (side, price). */
struct level {
    int64_t px;
    int64_t touches; /* visits, separated by >= 5 s or >= 2 ticks ("appearances") */
    int64_t held;    /* visits that ended >= 2 ticks in the defender's favour */
    int64_t broke;   /* visits that ended with the price trading through */
    double total_sz; /* size shown on arrival, summed over touches */
    double avg_sz;   /* time-weighted */
    double max_sz;
    double removed_sz; /* size taken away while the price stood */
    int64_t dwell_ms;
    int64_t first_ns, last_ns; /* quote time */
    double strength;           /* 0..1 within the ticker, in hundredths */
    enum level_status status;
};

enum { LEVELS_MAX = 20 }; /* per side */

struct quality {
    uint32_t bits; /* 1 << bit of quality.def, over the longest window */
    bool degraded; /* a degrading cause was seen in the last 10 s, or a crossed book for 2 s */
    int64_t median_gap_ns; /* median interval between quotes; 0 unknown */
    int64_t gap_limit_ns;  /* a longer silence is a gap, and stale */
#define QUALITY(member, name, bit, degrades, help) int64_t member;
#include "quality.def"
#undef QUALITY
};

#endif
