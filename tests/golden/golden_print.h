/* SPDX-License-Identifier: MIT */
/* Rows and emissions as the lines of a golden file. */
#ifndef GOLDEN_GOLDEN_PRINT_H
#define GOLDEN_GOLDEN_PRINT_H

#include "golden_file.h"

/* Each prints `indent`, one line and its end. */
void golden_print_found(FILE *out, const char *indent, const struct harness *h,
                        const struct harness_found *f);
void golden_print_expected(FILE *out, const char *indent, const struct golden_expect *e);
void golden_print_row(FILE *out, const char *indent, const struct harness_row *row);
/* `case NAME`, `tick`, `set ...` and all rows; no expectations. */
void golden_print_case(FILE *out, const char *indent, const struct golden_case *c,
                       const char *name);

#endif
