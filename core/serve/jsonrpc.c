/* SPDX-License-Identifier: MIT */
#include "jsonrpc.h"

#include <stdlib.h>
#include <string.h>

bool rpc_id_of(const struct json *j, const struct json_value *v, struct rpc_id *out)
{
    *out = (struct rpc_id){ 0 };
    if (!json_is(v, JSON_STRING) && !json_is(v, JSON_NUMBER)) {
        return false;
    }
    const char *raw = json_raw(j, v);
    if (v->type == JSON_NUMBER) {
        for (uint32_t i = 0; i < v->len; i++) {
            if (strchr(".eE", raw[i]) != NULL) {
                return false;
            }
        }
    }
    *out = (struct rpc_id){ .raw = raw, .n = v->len };
    return true;
}

static bool equal_strings(struct rpc_id a, struct rpc_id b)
{
    struct json ja = { 0 }, jb = { 0 };
    char *text = malloc(a.n);
    bool equal = text != NULL && json_parse(&ja, a.raw, a.n) == JSON_FINE &&
                 json_parse(&jb, b.raw, b.n) == JSON_FINE &&
                 json_text(&ja, ja.v, text, a.n, NULL) && json_equals(&jb, jb.v, text);
    free(text);
    json_fini(&ja);
    json_fini(&jb);
    return equal;
}

bool rpc_id_equal(struct rpc_id a, struct rpc_id b)
{
    if (a.raw == NULL || b.raw == NULL) {
        return false;
    }
    if (a.n == b.n && memcmp(a.raw, b.raw, a.n) == 0) {
        return true;
    }
    return a.raw[0] == '"' && b.raw[0] == '"' &&
           (memchr(a.raw, '\\', a.n) != NULL || memchr(b.raw, '\\', b.n) != NULL) &&
           equal_strings(a, b);
}

static void invalid(struct rpc_message *m, const char *why)
{
    m->kind = RPC_INVALID;
    m->why = why;
}

void rpc_read(const struct json *j, const struct json_value *v, struct rpc_message *out)
{
    *out = (struct rpc_message){ .kind = RPC_REQUEST };
    if (!json_is(v, JSON_OBJECT)) {
        invalid(out, "a message is an object");
        return;
    }
    const struct json_value *id = json_get(j, v, "id"), *method = json_get(j, v, "method");
    bool good_id = rpc_id_of(j, id, &out->id);
    if (method == NULL && (json_get(j, v, "result") != NULL || json_get(j, v, "error") != NULL)) {
        out->kind = RPC_RESPONSE;
        return;
    }
    bool version_2 = json_equals(j, json_get(j, v, "jsonrpc"), "2.0");
    if (id == NULL && json_is(method, JSON_STRING)) {
        out->kind = RPC_NOTIFICATION; /* never answered, malformed or not */
    } else if (!version_2) {
        invalid(out, "jsonrpc must be \"2.0\"");
    } else if (id != NULL && !good_id) {
        invalid(out, "id must be a string or an integer");
    } else if (!json_is(method, JSON_STRING)) {
        invalid(out, "method must be a string");
    }
    if (!version_2 || !json_text(j, method, out->method, sizeof out->method, NULL)) {
        (void)memcpy(out->method, "?", 2);
    }
    out->params = json_get(j, v, "params");
}

void rpc_put_result(struct buf *out, struct rpc_id id)
{
    buf_puts(out, "{\"jsonrpc\":\"2.0\",\"id\":");
    buf_add(out, id.raw, id.n);
    buf_puts(out, ",\"result\":");
}

void rpc_put_error(struct buf *out, struct rpc_id id, enum rpc_code code, const char *message,
                   const char *data)
{
    buf_puts(out, "{\"jsonrpc\":\"2.0\",");
    if (id.raw != NULL) {
        buf_puts(out, "\"id\":");
        buf_add(out, id.raw, id.n);
        buf_putc(out, ',');
    }
    buf_printf(out, "\"error\":{\"code\":%d,\"message\":", (int)code);
    buf_json(out, message, strlen(message));
    if (data != NULL) {
        buf_puts(out, ",\"data\":");
        buf_puts(out, data);
    }
    buf_puts(out, "}}");
}
