/* SPDX-License-Identifier: MIT */
/* The sources of `orderflow analyze` beside Redis, and how its answer is printed. [orderflow] */
#ifndef MAIN_ANALYZE_H
#define MAIN_ANALYZE_H

#include "answer.h"
#include "cli.h"
#include "quote_files.h"

struct asked {
    const char *ticker, *file, *journal;
    int64_t asof_ns;
    int64_t history_ns;
    struct quote_files files;
    bool patterns, json;
    enum answer_detail detail;
};

/* Prints the answer, or what went wrong; answer_fini()s it. Exit status. */
int analyze_finish(const struct asked *a, bool ok, struct answer *answer, const struct err *err);

/* From recorded quotes; from a journal, as of a->asof_ns. An engine of its own does it. Exit
 * status.
 */
int analyze_file(const struct program *p, const struct asked *a);
int analyze_journal(const struct program *p, const struct asked *a);

#endif
