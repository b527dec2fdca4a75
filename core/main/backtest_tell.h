/* SPDX-License-Identifier: MIT */
/* What backtest_engine.c and backtest_tell.c share. [engine] */
#ifndef MAIN_BACKTEST_TELL_H
#define MAIN_BACKTEST_TELL_H

#include "offline.h"
#include "pass.h"

#include <stdio.h>

enum { TOLD_ROWS = 65536 }; /* in one frame */

struct told {
    struct pass pass;
    uint64_t next_seq; /* first row not told */
    uint64_t lost;     /* rows that the window dropped before */
    uint64_t malformed;
    struct episode *open; /* owned: those that may change still, and whose they are */
    size_t *detector;
    size_t n_open, cap_open;
    struct buf text;
    struct quote *rows; /* owned: TOLD_ROWS */
    const struct offline_args *args;
    size_t file;
    struct import *import;
    bool failed;
};

/* What has been judged since the last call, to stdout. failed is set when that cannot be. */
void tell_judged(struct told *t, const struct changes *c);
/* All that is left, and the end. */
void tell_end(struct told *t);

#endif
