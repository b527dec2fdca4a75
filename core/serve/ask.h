/* SPDX-License-Identifier: MIT */
/* Questions to the engine: why does a detector fire on a ticker, or why not? [front] */
#ifndef SERVE_ASK_H
#define SERVE_ASK_H

#include "query.h"

enum { ASK_WAIT_MS = 4000 };

/* Puts the question and waits for the reply, at most ASK_WAIT_MS: one JSON object
 *   {"ticker", "detector", "status": ok | cannot_explain | not_running | failed | no_detector |
 *    no_ticker, "reason", "tick_ms", "conditions": [...], "params": {...}}
 * False: Redis, cancelled, or no engine answered (ERR_TIMEOUT). */
MUST_CHECK bool query_ask(struct query *q, const char *ticker, const char *detector,
                          struct buf *reply, struct err *err);

#endif
