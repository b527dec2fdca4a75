/* SPDX-License-Identifier: MIT */
/* What a trial amounts to, once the whole family is known. [any] Pure. */
#ifndef EVAL_FINDING_H
#define EVAL_FINDING_H

#include "trial.h"

enum { EPISODES_MIN = 100, DAYS_ENOUGH = 10 };
#define FDR_MAX 0.10

enum finding {
    FINDING_EDGE,         /* q <= FDR_MAX, the interval of the lift above 0, net above 0 */
    FINDING_GROSS_ONLY,   /* the same, but the spread eats it */
    FINDING_NO_EDGE,      /* none of it */
    FINDING_REDUNDANT,    /* a lift, but the episode adds nothing to return, order flow and queue */
    FINDING_INSUFFICIENT, /* fewer than EPISODES_MIN episodes used, or DAYS_ENOUGH days */
    FINDINGS
};
const char *finding_name(enum finding v); /* "EDGE", "GROSS-ONLY", ... */

/* q: of its p within the family. */
enum finding finding_of(const struct trial *t, double q);
/* A lift that is beyond chance, whatever else. */
bool finding_lifts(const struct trial *t, double q);

/* The chance that a true lift is found when it is the only one of a family of m: its estimate, of
 * standard error se, must pass FDR_MAX / m one-sided, and 1.96 se. */
double finding_power(double lift, double se, double m);
/* The lift for which that chance is `power`. */
double finding_detectable(double power, double se, double m);

#endif
