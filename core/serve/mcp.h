/* SPDX-License-Identifier: MIT */
/*
 * The MCP server: newline-delimited JSON-RPC on two descriptors, revisions 2024-11-05 to 2025-11-25
 * (`initialize`) and 2026-07-28 (stateless), told apart message by message. [front]
 *
 * One thread reads and answers what needs no data; tool calls run on worker threads with a Redis
 * connection each, so a stalled Redis delays only the answers that need it. Nothing is connected
 * and nothing started before the first tool call: clients probe with throw-away processes.
 */
#ifndef SERVE_MCP_H
#define SERVE_MCP_H

#include "query.h"

struct mcp_config {
    struct query_config query; /* ensure_engine is called by one thread at a time */
    int64_t history_max_s;     /* longest `history`: the TTL of quotes */
    int in_fd, out_fd;         /* protocol only; logs go to stderr */
};

/*
 * Serves until the end of input (calls already read are finished, for at most 1.5 s), until nobody
 * reads the output, or until SIGTERM, SIGINT or SIGHUP (at once). Returns the exit status: 0, or 1
 * when it could not start. SIGPIPE is ignored from then on; the three signals have their former
 * handlers again. The caller should end the process soon: after a hang a thread may be left.
 */
int mcp_run(const struct mcp_config *cfg);

#endif
