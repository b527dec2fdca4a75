/* SPDX-License-Identifier: MIT */
/* An MCP server in a process of its own, and the client's end of it: raw lines. */
#ifndef TESTS_SERVE_CLIENT_H
#define TESTS_SERVE_CLIENT_H

#include "mcp.h"

#include <sys/types.h>

struct client {
    pid_t pid;
    int in, out; /* the server's stdin and stdout */
    struct buf heard;
    size_t start;
};

#define META                                                                 \
    "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"," \
    "\"io.modelcontextprotocol/clientCapabilities\":{}}"
#define SPEAK(version)                                                                         \
    "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{\"protocolVersion\":" \
    "\"" version "\",\"capabilities\":{},\"clientInfo\":{\"name\":\"t\",\"version\":\"1\"}}}"
#define CALL(id, arguments)                                                              \
    "{\"jsonrpc\":\"2.0\",\"id\":" id ",\"method\":\"tools/call\",\"params\":{\"name\":" \
    "\"analyze_order_flow\",\"arguments\":" arguments "}}"
#define PING(id) "{\"jsonrpc\":\"2.0\",\"id\":" id ",\"method\":\"ping\"}"
#define PONG(id) "{\"jsonrpc\":\"2.0\",\"id\":" id ",\"result\":{}}"

void client_start(struct client *c, const struct mcp_config *cfg);
/* Kills the server if it still runs. */
void client_stop(struct client *c);
void client_say(struct client *c, const char *line);
void client_say_bytes(struct client *c, const char *bytes, size_t n);
/* The next line, or NULL when none comes within limit_ms or the server has gone. Borrowed until the
 * next call. */
const char *client_hear(struct client *c, int limit_ms);
void client_end_input(struct client *c);
/* The exit status, or -1: a signal, or still running after limit_ms. */
int client_exit_status(struct client *c, int limit_ms);

/* Says, and fails the test unless exactly that line comes (client_expect) or one that contains the
 * text (client_expect_in). */
void client_expect(struct client *c, const char *say, const char *want);
void client_expect_in(struct client *c, const char *say, const char *part);
/* Fails the test if anything is said before the answer to a ping. */
void client_expect_silence(struct client *c, const char *say);

#endif
