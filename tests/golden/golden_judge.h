/* SPDX-License-Identifier: MIT */
/* Does a detector say about a case what it must? */
#ifndef GOLDEN_GOLDEN_JUDGE_H
#define GOLDEN_GOLDEN_JUDGE_H

#include "golden_file.h"

enum golden_verdict {
    GOLDEN_GOOD,
    GOLDEN_REFUSED,  /* a parameter, create(), detect() or an emission was wrong: h->why */
    GOLDEN_DIFFERS,  /* it said something else than is expected */
    GOLDEN_UNSTABLE, /* it says something else when the same rows come in other batches */
    GOLDEN_CRASHED,  /* it ended its process: golden_apart() */
    GOLDEN_HUNG      /* it did not come back: golden_apart() */
};

/* Sets the case's parameters and runs it row by row; what it said is in h->found. False: h->why. */
bool golden_run(struct harness *h, const struct golden_case *c);

/* Runs the case, compares it with what is expected, and runs it again in one call, in random
 * batches and with instances that begin late. Prints to stdout what is wrong, as a diff ('-'
 * expected, '+' said) if that is it; nothing when quiet. */
enum golden_verdict golden_judge(struct harness *h, const struct golden_case *c, const char *path,
                                 bool quiet);

/* After golden_run(): the same rows in other batches, and to instances that begin late, give the
 * same emissions. */
bool golden_stable(struct harness *h, const struct golden_case *c);

/* After golden_run(): the first emission that is not expected, or NULL. */
const struct harness_found *golden_surplus(const struct harness *h, const struct golden_case *c);
bool golden_same(const struct harness_found *a, const struct harness_found *b);

#endif
