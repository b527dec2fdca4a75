/* SPDX-License-Identifier: MIT */
/* Names of what is stored, each once and in order. [front] */
#ifndef SERVE_NAMES_H
#define SERVE_NAMES_H

#include "query.h"

struct names {
    char (*items)[64]; /* owned */
    size_t n;
};

void names_fini(struct names *n); /* {0} is fine */

/* Tickers that have quotes; stops after the timeout of Redis with what it has seen. */
MUST_CHECK bool query_tickers(struct query *q, struct names *out, struct err *err);
/* Detectors of the serving engine that are not refused. */
MUST_CHECK bool query_detector_names(struct query *q, struct names *out, struct err *err);

#endif
