/* SPDX-License-Identifier: MIT */
/* JSON-RPC 2.0 messages: taken apart and put together. [front] Pure. */
#ifndef SERVE_JSONRPC_H
#define SERVE_JSONRPC_H

#include "buf.h"
#include "json.h"

enum rpc_code {
    RPC_PARSE_ERROR = -32700,
    RPC_INVALID_REQUEST = -32600,
    RPC_METHOD_NOT_FOUND = -32601,
    RPC_INVALID_PARAMS = -32602,
    RPC_INTERNAL_ERROR = -32603,
    RPC_NO_RESOURCE = -32002, /* legacy only */
    RPC_UNSUPPORTED_VERSION = -32022
};

/* An id as it stood in the message: a string or a whole number, echoed byte for byte. */
struct rpc_id {
    const char *raw; /* borrowed; NULL: none */
    size_t n;
};
/* Equal as JSON values: "a" and "\u0061" are, 1 and "1" are not. */
bool rpc_id_equal(struct rpc_id a, struct rpc_id b);
/* False: v is no string and no number written without fraction and exponent. */
MUST_CHECK bool rpc_id_of(const struct json *j, const struct json_value *v, struct rpc_id *out);

enum rpc_kind { RPC_REQUEST, RPC_NOTIFICATION, RPC_RESPONSE, RPC_INVALID };

enum { RPC_METHOD_MAX = 128 };

struct rpc_message {
    enum rpc_kind kind;
    struct rpc_id id;                /* of a request, and of an invalid message that has one */
    char method[RPC_METHOD_MAX];     /* longer ones are cut: no method is that long */
    const struct json_value *params; /* NULL: absent */
    const char *why;                 /* RPC_INVALID: what is wrong */
};

void rpc_read(const struct json *j, const struct json_value *v, struct rpc_message *out);

/* {"jsonrpc":"2.0","id":ID,"result": - the caller goes on with the value and a brace. */
void rpc_put_result(struct buf *out, struct rpc_id id);
/* The whole message; without id when id.raw is NULL. data: JSON text, or NULL. */
void rpc_put_error(struct buf *out, struct rpc_id id, enum rpc_code code, const char *message,
                   const char *data);

#endif
