/* SPDX-License-Identifier: MIT */
/* What a plugin says over the test tape, in one number, in a process of its own. [orderflow-check]
 */
#ifndef CHECK_DIGEST_H
#define CHECK_DIGEST_H

#include "probe.h"

enum { DIGEST_VARIATIONS = 3, DIGEST_OUTPUT_MAX = 16384 };

struct digest {
    size_t n; /* emissions */
    uint64_t hash;
    int exit_status;                /* of the process; -1: a signal ended it */
    char output[DIGEST_OUTPUT_MAX]; /* what it printed; of much, beginning and end */
};

/* The surroundings of variation k, in words. */
const char *digest_variation(unsigned k);

/* Runs orderflow-check --digest in surroundings k, through the program `wrapper` and its arguments
 * unless NULL. False: it could not be run, or ended without a digest. */
MUST_CHECK bool digest_run(struct probe *p, unsigned k, const char *const *wrapper,
                           struct digest *out, struct err *err);

#endif
