/* SPDX-License-Identifier: MIT */
/* The checks of the validator as data: what each one is called, tests and tells. [orderflow,
 * orderflow-check] Pure. */
#ifndef CHECK_TABLE_H
#define CHECK_TABLE_H

#include "buf.h"

#include <stddef.h>
#include <stdint.h>

enum { CHECKS = 46, CHECK_TEXT_MAX = 1024 };

struct check_info {
    unsigned number;
    const char *name, *group, *title; /* name: stable, [a-z-]; one word for --only and --explain */
    const char *doc, *cure;
};

/* All of them, in the order of their numbers: CHECKS elements. */
const struct check_info *check_table(void);
/* By name, or by number as text; NULL: none. */
const struct check_info *check_find(const char *name);
/* The known name nearest to a misspelt one, or NULL. */
const char *check_nearest(const char *name);

void check_list(struct buf *out);                                   /* one line each */
void check_explain(const struct check_info *info, struct buf *out); /* plain text, wrapped */
void check_manual(struct buf *out);                                 /* sdk/CHECKS.md */

/* What a check says about a plugin, in order of weight. */
enum check_status { CHECK_PASSED, CHECK_SKIPPED, CHECK_WARNED, CHECK_FAILED };
const char *check_status_name(enum check_status s); /* "pass", "skip", "warning", "fail" */

/* What a probe writes to its report: a letter, a blank, one line of text. CHECK_MARK_END alone is
 * the last line; a report without it was cut short by the plugin. */
enum { CHECK_MARK_FAIL = 'F', CHECK_MARK_WARN = 'W', CHECK_MARK_SKIP = 'S', CHECK_MARK_END = '.' };

/* What `orderflow-check --count` prints, each at the beginning of a line: number of detectors and
 * the name of one, and why the settings do not fit that one. */
#define CHECK_TELL_COUNT "count"
#define CHECK_TELL_REFUSE "refuse"

/* How much work the long checks do: 1 is the documented amount. */
enum { CHECK_REPORT_FD = 3 };

#endif
