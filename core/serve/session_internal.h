/* SPDX-License-Identifier: MIT */
/* One request, and the methods that answer it. [front; the reading thread] */
#ifndef SERVE_SESSION_INTERNAL_H
#define SERVE_SESSION_INTERNAL_H

#include "session.h"

/* One request on its way through the dispatcher. */
struct request {
    struct session *s;
    const struct json *j;
    struct rpc_message m;
    enum revision rev;
    struct batch *batch; /* NULL: none */
    struct buf out;      /* the answer; empty: none now */
};

void request_fail(struct request *r, enum rpc_code code, const char *message);
/* Lists have one page. False: a cursor was given; the error is in r->out. */
MUST_CHECK bool request_no_cursor(struct request *r);
/* Hands the request to the worker threads; arguments may be NULL. What it refuses is in r->out. */
void request_order(struct request *r, order_fn *answer, const void *what,
                   const struct json_value *arguments);
/* The same of a tool call, unless the same has been asked a moment ago. */
void request_tool(struct request *r, const struct tool *tool, const struct json_value *arguments);

void method_tools_list(struct request *r);
void method_tools_call(struct request *r);
void method_resources_list(struct request *r);
void method_templates_list(struct request *r);
void method_resources_read(struct request *r);
void method_subscribe(struct request *r);
void method_unsubscribe(struct request *r);
void method_listen(struct request *r);
void method_prompts_list(struct request *r);
void method_prompts_get(struct request *r);
void method_complete(struct request *r);

#endif
