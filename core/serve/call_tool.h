/* SPDX-License-Identifier: MIT */
/* tools/call: from a tool's texts to the answer. [front] */
#ifndef SERVE_CALL_TOOL_H
#define SERVE_CALL_TOOL_H

#include "calls.h"

/* Writes an answer that was given a moment ago to the same question. False: there is none. */
MUST_CHECK bool call_tool_shared(struct shared *s, const struct order *o, struct buf *out);
/* An order_fn: what is a struct tool, arguments its checked arguments. */
void call_tool(const struct order *o, const struct tool_env *env, struct buf *out);
/* The same answer for one that need not run: isError, with this text. */
void put_tool_error(struct rpc_id id, enum revision rev, const char *text, struct buf *out);

#endif
