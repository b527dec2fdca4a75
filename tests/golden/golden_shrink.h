/* SPDX-License-Identifier: MIT */
/* Cases run in a process of their own, and the smallest window that still shows a failure. */
#ifndef GOLDEN_GOLDEN_SHRINK_H
#define GOLDEN_GOLDEN_SHRINK_H

#include "golden_judge.h"

struct golden_outcome {
    enum golden_verdict verdict;
    int signal; /* GOLDEN_CRASHED: what ended it; 0: it left by exit() */
};

/* golden_judge() in a child, so that a detector that crashes or hangs fails its case and no other.
 * Prints what is wrong. */
struct golden_outcome golden_apart(struct harness *h, const struct golden_case *c,
                                   const char *path);

/* Leaves rows out as long as the case still fails in the same way, for 20 s at most, and prints
 * what is left as a case to paste. A pattern that is missing can have no such oracle: then only the
 * rows are left out that cannot matter to it. */
void golden_shrink(struct harness *h, const struct golden_case *c, struct golden_outcome outcome);

#endif
