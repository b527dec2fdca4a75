/* SPDX-License-Identifier: MIT */
/* Reading a JSON object of a report with care: whole text, exact names, finite numbers, ranges. The
 * first thing that is wrong is kept, everything after it yields zeros; ask parsed_close(). [any]
 * Pure. */
#ifndef MARKET_REPORT_PARSED_H
#define MARKET_REPORT_PARSED_H

#include "err.h"

#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

struct parsed {
    cJSON *root; /* owned; NULL if the text was no object */
    cJSON *at;   /* the object that is read: root, or a member of it */
    bool failed;
    struct err *err;
};

void parsed_open(struct parsed *p, const char *text, size_t n, struct err *err);
bool parsed_close(struct parsed *p); /* true if nothing was wrong */
void parsed_fail(struct parsed *p, const char *name, const char *what);

bool parsed_has(const struct parsed *p, const char *name);
double parsed_number(struct parsed *p, const char *name, double min, double max);
/* A whole number, or a string of one. */
int64_t parsed_int(struct parsed *p, const char *name, int64_t min, int64_t max);
/* A decimal number, or a string of one, in 1e-9. */
int64_t parsed_px(struct parsed *p, const char *name);
/* Milliseconds, or seconds, since 1970 -> ns, good to the microsecond. */
int64_t parsed_ms(struct parsed *p, const char *name);
int64_t parsed_s(struct parsed *p, const char *name);
/* Borrowed until parsed_close(); "" if it is wrong. */
const char *parsed_text(struct parsed *p, const char *name);

#endif
