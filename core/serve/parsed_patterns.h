/* SPDX-License-Identifier: MIT */
/*
 * Stored patterns that were read before: most of those that a call shows stood in the call before
 * it, and one that has ended never changes. [front] One thread.
 */
#ifndef SERVE_PARSED_PATTERNS_H
#define SERVE_PARSED_PATTERNS_H

#include "report.h"

enum { PARSED_PATTERNS = 48 };

struct parsed_patterns {
    uint64_t uses;
    struct parsed_pattern *items[PARSED_PATTERNS]; /* owned; NULL: none yet */
};

void parsed_patterns_fini(struct parsed_patterns *k);

/* As report_get_pattern(), but a text of this id that was read before is not read again. k NULL:
 * nothing is remembered. Of out->fields only the n_fields that there are. */
MUST_CHECK bool parsed_patterns_get(struct parsed_patterns *k, uint64_t id, const char *text,
                                    size_t n, struct stored_pattern *out);

#endif
