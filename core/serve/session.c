/* SPDX-License-Identifier: MIT */
#include "session_internal.h"

#include "call_tool.h"

#include <string.h>

enum { ANSWER_BYTES_MAX = 32 * 1024 * 1024 };

void request_fail(struct request *r, enum rpc_code code, const char *message)
{
    rpc_put_error(&r->out, r->m.id, code, message, NULL);
}

bool request_no_cursor(struct request *r)
{
    if (json_get(r->j, r->m.params, "cursor") == NULL) {
        return true;
    }
    request_fail(r, RPC_INVALID_PARAMS, "Invalid cursor: the list has one page");
    return false;
}

static void put_refusal(struct request *r, enum call_taken taken, bool tool)
{
    static const char *const why[] = {
        [CALL_TAKEN] = NULL,
        [CALLS_FULL] = "Too many calls at once: 256 wait for their answer. Try again.",
        [WAITS_FULL] = "Too many calls wait at once: 32. Cancel one, or wait for one to end.",
        [CALL_NO_MEMORY] = "Internal error",
    };
    if (taken == CALL_TAKEN) {
        return;
    }
    notices_tell(&r->s->notices, r->rev, NOTICE_WARNING, "calls", why[taken]);
    if (tool && taken != CALL_NO_MEMORY) {
        put_tool_error(r->m.id, r->rev, why[taken], &r->out);
    } else {
        request_fail(r, RPC_INTERNAL_ERROR, why[taken]);
    }
}

static struct order order_of(const struct request *r, order_fn *answer, const void *what,
                             const struct json_value *arguments)
{
    struct order o = { .id = r->m.id,
                       .rev = r->rev,
                       .answer = answer,
                       .what = what,
                       .arguments = arguments != NULL ? json_raw(r->j, arguments) : "",
                       .n = arguments != NULL ? arguments->len : 0,
                       .notices = &r->s->notices,
                       .batch = r->batch };
    const struct json_value *meta = json_get(r->j, r->m.params, "_meta");
    if (!rpc_id_of(r->j, json_get(r->j, meta, "progressToken"), &o.progress_token)) {
        o.progress_token.raw = NULL;
    }
    return o;
}

void request_order(struct request *r, order_fn *answer, const void *what,
                   const struct json_value *arguments)
{
    struct order o = order_of(r, answer, what, arguments);
    put_refusal(r, calls_submit(r->s->calls, &o), false);
}

void request_tool(struct request *r, const struct tool *tool, const struct json_value *arguments)
{
    struct order o = order_of(r, call_tool, tool, arguments);
    o.waits = tool->waits;
    o.shared = tool->waits ? NULL : r->s->shared;
    if (o.shared == NULL || !call_tool_shared(o.shared, &o, &r->out)) {
        put_refusal(r, calls_submit(r->s->calls, &o), true);
    }
}

static void put_error(struct session *s, enum rpc_code code, const char *message)
{
    struct buf out;
    buf_init(&out, ANSWER_BYTES_MAX);
    rpc_put_error(&out, (struct rpc_id){ 0 }, code, message, NULL);
    outbox_put(s->out, NULL, &out);
    buf_fini(&out);
}

static void initialize(struct request *r)
{
    const struct json_value *wanted = json_get(r->j, r->m.params, "protocolVersion");
    if (!json_is(wanted, JSON_STRING)) {
        request_fail(r, RPC_INVALID_PARAMS, "protocolVersion must be a string");
        return;
    }
    r->s->initialized = true;
    subs_forget_legacy(r->s->subs);
    atomic_store(&r->s->notices.level, NOTICE_NONE);
    r->s->revision = r->rev = revision_negotiate(r->j, wanted);
    result_open(&r->out, r->m.id, r->rev);
    buf_printf(&r->out, "\"protocolVersion\":\"%s\",", revision_name(r->rev));
    put_introduction(&r->out, r->rev);
    buf_puts(&r->out, ",\"serverInfo\":");
    put_server_info(&r->out, r->rev);
    result_close(&r->out, r->rev, CACHE_NONE);
}

static void ping(struct request *r)
{
    rpc_put_result(&r->out, r->m.id);
    buf_puts(&r->out, "{}}");
}

static void set_level(struct request *r)
{
    enum notice_level level = notice_level_of(r->j, json_get(r->j, r->m.params, "level"));
    if (level == NOTICE_NONE) {
        request_fail(r, RPC_INVALID_PARAMS,
                     "level must be debug, info, notice, warning, error, critical, alert or "
                     "emergency");
        return;
    }
    atomic_store(&r->s->notices.level, (int)level);
    rpc_put_result(&r->out, r->m.id);
    buf_puts(&r->out, "{}}");
}

static void discover(struct request *r)
{
    result_open(&r->out, r->m.id, r->rev);
    buf_printf(&r->out, "\"supportedVersions\":[\"%s\"],", revision_name(REVISION_MODERN));
    put_introduction(&r->out, r->rev);
    result_close(&r->out, r->rev, CACHE_DISCOVERY);
}

enum { LEGACY = 1, MODERN = 2, ANYTIME = 4 /* even before initialize */ };

static const struct method {
    const char *name;
    int eras;
    void (*answer)(struct request *r);
} methods[] = {
    { "initialize", LEGACY | ANYTIME, initialize },
    { "ping", LEGACY | ANYTIME, ping },
    { "logging/setLevel", LEGACY, set_level },
    { "server/discover", MODERN, discover },
    { "subscriptions/listen", MODERN, method_listen },
    { "tools/list", LEGACY | MODERN, method_tools_list },
    { "tools/call", LEGACY | MODERN, method_tools_call },
    { "resources/list", LEGACY | MODERN, method_resources_list },
    { "resources/templates/list", LEGACY | MODERN, method_templates_list },
    { "resources/read", LEGACY | MODERN, method_resources_read },
    { "resources/subscribe", LEGACY, method_subscribe },
    { "resources/unsubscribe", LEGACY, method_unsubscribe },
    { "prompts/list", LEGACY | MODERN, method_prompts_list },
    { "prompts/get", LEGACY | MODERN, method_prompts_get },
    { "completion/complete", LEGACY | MODERN, method_complete },
};

static const struct method *method_of(const char *name)
{
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        if (strcmp(methods[i].name, name) == 0) {
            return &methods[i];
        }
    }
    return NULL;
}

static void dispatch(struct request *r)
{
    const struct method *method = method_of(r->m.method);
    bool modern = claims_version(r->j, r->m.params);
    r->rev = modern ? REVISION_MODERN : r->s->revision;
    if (r->m.params != NULL && r->m.params->type != JSON_OBJECT) {
        request_fail(r, RPC_INVALID_PARAMS, "params must be an object");
    } else if (modern && !accept_claim(r->j, &r->m, &r->out)) {
        return;
    } else if (!modern && !r->s->initialized && (method == NULL || (method->eras & ANYTIME) == 0)) {
        request_fail(r, RPC_INVALID_PARAMS,
                     "Send initialize first, or, for 2026-07-28, params._meta with "
                     "io.modelcontextprotocol/protocolVersion and "
                     "io.modelcontextprotocol/clientCapabilities");
    } else if (!modern && method != NULL && method->eras == MODERN) {
        request_fail(r, RPC_INVALID_PARAMS,
                     "params._meta with io.modelcontextprotocol/protocolVersion and "
                     "io.modelcontextprotocol/clientCapabilities is required");
    } else if (method == NULL || (method->eras & (modern ? MODERN : LEGACY)) == 0) {
        request_fail(r, RPC_METHOD_NOT_FOUND, "Method not found");
    } else {
        method->answer(r);
    }
}

static void take_notification(struct session *s, const struct json *j, const struct rpc_message *m)
{
    struct rpc_id id;
    if (strcmp(m->method, "notifications/cancelled") == 0 &&
        rpc_id_of(j, json_get(j, m->params, "requestId"), &id)) {
        calls_cancel(s->calls, id);
        subs_cancel(s->subs, id);
    }
}

static void take_message(struct session *s, const struct json *j, const struct json_value *v,
                         struct batch *batch)
{
    struct request r = { .s = s, .j = j, .batch = batch };
    buf_init(&r.out, ANSWER_BYTES_MAX);
    rpc_read(j, v, &r.m);
    switch (r.m.kind) {
    case RPC_NOTIFICATION:
        take_notification(s, j, &r.m);
        break;
    case RPC_RESPONSE:
        break;
    case RPC_INVALID:
        request_fail(&r, RPC_INVALID_REQUEST, r.m.why);
        break;
    case RPC_REQUEST:
        if (calls_has(s->calls, r.m.id) || subs_has(s->subs, r.m.id)) {
            request_fail(&r, RPC_INVALID_REQUEST, "id is still in use");
        } else {
            dispatch(&r);
        }
        break;
    }
    if (r.out.len > 0) {
        outbox_put(s->out, batch, &r.out);
    }
    buf_fini(&r.out);
}

/* Only 2025-03-26 has batches, and none with `initialize` in it. */
static bool batch_allowed(const struct session *s, const struct json *j)
{
    const struct json_value *v = json_first(j->v);
    bool allowed = s->initialized && s->revision == REV_2025_03_26 && j->v->n > 0;
    for (uint32_t i = 0; allowed && i < j->v->n; i++, v = json_next(v)) {
        allowed = !json_equals(j, json_get(j, v, "method"), "initialize");
    }
    return allowed;
}

static void take_batch(struct session *s, const struct json *j)
{
    struct batch *batch = batch_allowed(s, j) ? batch_create() : NULL;
    if (batch == NULL) {
        put_error(s, RPC_INVALID_REQUEST, "batches are not part of this revision");
        return;
    }
    const struct json_value *v = json_first(j->v);
    for (uint32_t i = 0; i < j->v->n; i++, v = json_next(v)) {
        take_message(s, j, v, batch);
    }
    batch_release(s->out, batch);
}

void session_line(struct session *s, const char *text, size_t n)
{
    size_t blank = 0;
    while (blank < n && (text[blank] == ' ' || text[blank] == '\t')) {
        blank++;
    }
    if (blank == n) {
        return;
    }
    enum json_fault fault = json_parse(&s->json, text, n);
    if (fault != JSON_FINE) {
        put_error(s, fault == JSON_SYNTAX ? RPC_PARSE_ERROR : RPC_INVALID_REQUEST,
                  json_fault_text(fault));
    } else if (s->json.v->type == JSON_ARRAY) {
        take_batch(s, &s->json);
    } else {
        take_message(s, &s->json, s->json.v, NULL);
    }
}

void session_init(struct session *s, struct outbox *out, struct calls *calls, struct subs *subs,
                  struct shared *shared)
{
    *s = (struct session){
        .out = out, .calls = calls, .subs = subs, .shared = shared, .revision = REVISION_LEGACY
    };
    notices_init(&s->notices, out);
}

void session_line_too_long(struct session *s)
{
    put_error(s, RPC_INVALID_REQUEST, "a message has at most 16 MiB");
}

void session_fini(struct session *s)
{
    json_fini(&s->json);
}
