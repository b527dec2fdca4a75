/* SPDX-License-Identifier: MIT */
/* completion/complete: names of tickers and detectors. [front] */
#ifndef SERVE_COMPLETE_H
#define SERVE_COMPLETE_H

#include "calls.h"
#include "names.h"

enum { COMPLETIONS_MAX = 100 };

/* order_fn: arguments is what was typed so far, as JSON. The names that begin with it, without
 * regard to case, in order. */
void complete_ticker(const struct order *o, const struct tool_env *env, struct buf *out);
/* The same; only what stands behind the last comma is completed. */
void complete_tickers(const struct order *o, const struct tool_env *env, struct buf *out);
void complete_detector(const struct order *o, const struct tool_env *env, struct buf *out);

/* The answer that needs no data: those of the n values that begin with what was typed. */
void put_completion(struct rpc_id id, enum revision rev, const char *typed,
                    const char *const *values, size_t n, struct buf *out);

#endif
