/* SPDX-License-Identifier: MIT */
/* Stored texts into the parts of an answer, wherever they came from. [front] Pure. */
#ifndef SERVE_COLLECT_H
#define SERVE_COLLECT_H

#include "answer.h"
#include "json.h"

#include <stddef.h>

/* The window of that name, a new one in which nothing is known if there is none yet; NULL when
 * there is no room. */
struct report_window *collect_window(struct report *r, const char *name);

/* One more member of levels (0 bid, 1 ask), once the state has been read, or of patterns. */
MUST_CHECK bool collect_level(struct report *r, int side, const char *text, size_t n,
                              struct err *err);
MUST_CHECK bool collect_pattern(struct answer *a, const char *text, size_t n, struct err *err);
/* text: {"state","reason"}, or the state alone. They come to stand in the order of their ids. */
MUST_CHECK bool collect_detector(struct answer *a, const char *id, const char *text, size_t n,
                                 struct err *err);
/* The lease, or the root of an offline document: "config" and "hash". */
void collect_config(struct answer *a, const struct json *j, const struct json_value *obj);
/* The same of the text of a lease. */
void collect_lease(struct answer *a, const char *text, size_t n);
/* A quote as the broker writes it. False: it cannot be read. */
MUST_CHECK bool collect_quote(const char *text, size_t n, struct quote *out);
/* Once all levels have come, in any order: strongest first, without those of which the state or the
 * member is missing. */
void collect_sort_levels(struct report *r);

#endif
