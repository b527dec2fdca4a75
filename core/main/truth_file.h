/* SPDX-License-Identifier: MIT */
/* The file that `orderflow tape --truth` writes. [orderflow] */
#ifndef MAIN_TRUTH_FILE_H
#define MAIN_TRUTH_FILE_H

#include "pattern.h"
#include "truth.h"

struct truth_file {
    struct truth *items;            /* owned */
    char (*kinds)[DETECTOR_ID_MAX]; /* owned; of each */
    size_t n;
};

/* Of each thing: kind, side, dir, onset_ms, end_ms are required; price, price_to and incidental may
 * be left out. False: err says what is wrong with which; out is empty. */
MUST_CHECK bool truth_file_read(const char *path, struct truth_file *out, struct err *err);
/* Is item i the first of its kind that was asked for? */
bool truth_file_first(const struct truth_file *f, size_t i);
void truth_file_fini(struct truth_file *f); /* {0} is fine */

#endif
