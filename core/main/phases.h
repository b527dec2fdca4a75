/* SPDX-License-Identifier: MIT */
/* Where the engine's CPU time goes, and how long its turns take. [engine] */
#ifndef MAIN_PHASES_H
#define MAIN_PHASES_H

#include "clock.h"

#include <stddef.h>

/* What the engine's one thread does, in the order of a turn. */
#define PHASES_OF(X)                                                       \
    X(FETCH, "fetch")   /* asking Redis for quotes, reading its replies */ \
    X(PARSE, "parse")   /* members to rows, in order */                    \
    X(WINDOW, "window") /* rows into windows, metrics, levels */           \
    X(DETECT, "detect") /* jobs to workers, their emissions back */        \
    X(TRACK, "track")   /* emissions into episodes */                      \
    X(FORMAT, "format") /* results as text */                              \
    X(SEND, "send")     /* results to Redis */                             \
    X(OTHER, "other")   /* lease, discovery, status */

enum phase {
#define PHASE(name, text) PHASE_##name,
    PHASES_OF(PHASE)
#undef PHASE
        PHASES
};

const char *phase_name(enum phase p);

enum { TURNS_KEPT = 60 };

struct phases {
    int64_t cpu_ns[PHASES]; /* since the engine began to serve */
    int64_t mark_ns;        /* the thread's CPU time at the last lap */
    int32_t turn_ms[TURNS_KEPT];
    int32_t sorted_ms[TURNS_KEPT]; /* the same, rising */
    uint64_t turns; /* that took a boundary; the newest is turn_ms[(turns - 1) % TURNS_KEPT] */
    uint64_t late;  /* of these: took longer than the interval */
};

/* What the thread has used since the last lap goes to this phase. */
void phases_lap(struct phases *p, enum phase phase);
/* Of what the lap just taken gave to `from`, so much belongs to `to`. */
void phases_move(struct phases *p, enum phase from, enum phase to, int64_t cpu_ns);
void phases_turn(struct phases *p, int64_t ms, int64_t interval_ms);
/* The duration below which this share (0..1) of the last turns lies; 0: none yet. */
int64_t phases_turn_quantile(const struct phases *p, double share);

#endif
