/* SPDX-License-Identifier: MIT */
/*
 * Golden files: hand-made windows as text, and what a detector must say about them.
 *
 *   # comment
 *   case NAME
 *   set KEY=VALUE ...                     parameters that differ from the default
 *   tick 0.01                             the price step; 0.01 if not given
 *   TS_MS BID BID_SIZE ASK ASK_SIZE [gap] [wide] [tie] [xN +STEP_MS ^STEP_PRICE]
 *                                         a row, or N rows, each so much later and higher
 *   expect TS_MS KIND SIDE PRICE DIR [KEY=VALUE[~TOLERANCE]] ...
 *
 * SIDE is bid, ask or -; PRICE may be -; KEY is a field, or `value`; VALUE is a number, a word, or
 * - for "not there". Only the fields that are named are compared. Times take up to 6 decimals.
 */
#ifndef GOLDEN_GOLDEN_FILE_H
#define GOLDEN_GOLDEN_FILE_H

#include "harness.h"

#include <stdio.h>

enum { GOLDEN_TEXT_MAX = 128, GOLDEN_CHECKS_MAX = 32, GOLDEN_SETS_MAX = 16 };

/* One KEY=VALUE~TOLERANCE; also a parameter. */
struct golden_pair {
    char key[GOLDEN_TEXT_MAX], text[GOLDEN_TEXT_MAX];
    double tolerance; /* < 0: none given */
};

struct golden_expect {
    int64_t ts_ns, price;
    char kind[GOLDEN_TEXT_MAX];
    int32_t side, dir;
    struct golden_pair checks[GOLDEN_CHECKS_MAX];
    size_t n_checks;
};

struct golden_case {
    char name[GOLDEN_TEXT_MAX];
    struct golden_pair sets[GOLDEN_SETS_MAX];
    size_t n_sets;
    int64_t px_tick;
    struct harness_row *rows; /* owned */
    size_t n_rows, cap_rows;
    struct golden_expect *expects; /* owned */
    size_t n_expects, cap_expects;
    size_t last_line; /* of its set, tick and row lines: expectations are written after it */
};

struct golden_file {
    const char *path; /* borrowed */
    char **lines;     /* owned, without newline */
    size_t n_lines, cap_lines;
    struct golden_case *cases; /* owned */
    size_t n_cases, cap_cases;
};

/* False: a message with file and line went to stderr. */
bool golden_read(struct golden_file *g, const char *path);
void golden_fini(struct golden_file *g); /* {0} is fine */

/* What the host finds about a row by itself, from it and the one before (NULL: none). */
uint32_t golden_row_flags(const struct harness_row *row, const struct harness_row *before);

bool golden_is_expect(const char *line);
/* Decimal text in units of 10^-digits, exactly. */
bool golden_fixed(const char *text, int digits, int64_t *out);

#endif
