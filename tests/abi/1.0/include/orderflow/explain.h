/* SPDX-License-Identifier: MIT */
/*
 * orderflow detector extension "ofd.explain/1": why a detector fires, or why not and how near.
 * Optional: a detector that has it returns its table from ofd_plugin.ext().
 *
 *   static const ofd_explain explains = { .size = sizeof(ofd_explain), .explain = explain };
 *   static const void *ext(const char *id)
 *   {
 *       return strcmp(id, OFD_EXPLAIN_ID) == 0 ? &explains : NULL;
 *   }
 *
 * explain() is called only when somebody asks. It judges the newest row of the tick, row n - 1, and
 * says every condition of every pattern that detect() might emit for it; a pattern (kind, side,
 * dir) is true there exactly when all of its conditions hold. run_golden checks that against
 * detect().
 *
 * All rules of detector.h hold here. Compiles as C11 and later and as C++11 and later.
 */
#ifndef ORDERFLOW_EXPLAIN_H
#define ORDERFLOW_EXPLAIN_H

#include "detector.h"

#ifdef __cplusplus
extern "C" {
#endif

#define OFD_EXPLAIN_ID "ofd.explain/1"

/* How `value` must stand to `threshold`. */
enum { OFD_ABOVE = 1, OFD_AT_LEAST = 2, OFD_BELOW = 3, OFD_AT_MOST = 4 }; /* > >= < <= */

typedef struct ofd_condition {
    uint32_t size, kind; /* kind, side and dir: the pattern it belongs to, as in ofd_pattern */
    int32_t side, dir;   /* dir 0: whichever direction */
    int32_t op, holds;   /* OFD_ABOVE ...; 1: it holds, 0: it does not */
    int32_t param;       /* index of the parameter that is the threshold; -1: none */
    int32_t field;       /* index of the field in which a pattern stores this value; -1: none */
    const char *key;     /* what is compared: [a-z][a-z0-9_]{0,31} */
    const char *unit;    /* at most 15 bytes; "" or NULL: that of the parameter or field */
    double value;        /* finite; NaN: there is none yet (too few rows, a side is absent) */
    double threshold;
} ofd_condition;

/* Where conditions go. say() copies; it answers as emit() does: 0, OFD_BAD_VALUE or OFD_LIMIT (64
 * conditions of one call). */
typedef struct ofd_explain_out ofd_explain_out;
struct ofd_explain_out {
    uint32_t size, reserved0;
    void *ctx; /* the host's own */
    int32_t (*say)(const ofd_explain_out *out, const ofd_condition *c);
};

typedef struct ofd_explain {
    uint32_t size, reserved0;
    /* Called between two detect() calls, with the views of the last one and no new rows. Leaves the
     * instance as it found it; may log, may not emit. 0, or negative after one log() line. */
    int32_t (*explain)(void *self, const ofd_tick *tick, const ofd_explain_out *out);
} ofd_explain;

#ifdef __cplusplus
}
#endif
#endif
