/* SPDX-License-Identifier: MIT */
#include "call_tool.h"

#include <string.h>

enum { TEXT_BYTES_MAX = 8 * 1024 * 1024, BODY_BYTES_MAX = 3 * TEXT_BYTES_MAX };

void put_tool_error(struct rpc_id id, enum revision rev, const char *text, struct buf *out)
{
    result_open(out, id, rev);
    buf_puts(out, "\"content\":[{\"type\":\"text\",\"text\":");
    buf_json(out, text, strlen(text));
    buf_puts(out, "}],\"isError\":true");
    result_close(out, rev, CACHE_NONE);
}

static bool has_structured(enum revision rev)
{
    return rev >= REV_2025_06_18;
}

bool call_tool_shared(struct shared *s, const struct order *o, struct buf *out)
{
    result_open(out, o->id, o->rev);
    if (shared_get(s, o->what, has_structured(o->rev), o->arguments, o->n, clock_mono(), out)) {
        result_close(out, o->rev, CACHE_NONE);
        return true;
    }
    buf_clear(out);
    return false;
}

static void put_answer(const struct order *o, const struct buf *text, const struct buf *structured,
                       struct mono since, struct buf *out)
{
    const struct buf *shown = text->len > 0 ? text : structured;
    struct buf body;
    buf_init(&body, BODY_BYTES_MAX);
    buf_puts(&body, "\"content\":[{\"type\":\"text\",\"text\":");
    buf_json(&body, shown->data != NULL ? shown->data : "", shown->len);
    buf_puts(&body, "}]");
    if (structured->len > 0 && has_structured(o->rev)) {
        buf_puts(&body, ",\"structuredContent\":");
        buf_add(&body, structured->data, structured->len);
    }
    if (o->shared != NULL) {
        shared_put(o->shared, o->what, has_structured(o->rev), o->arguments, o->n, since, &body);
    }
    result_open(out, o->id, o->rev);
    buf_add(out, body.data, body.len);
    result_close(out, o->rev, CACHE_NONE);
    out->failed = out->failed || body.failed;
    buf_fini(&body);
}

/* Writes the tool's texts. False: it is an error. */
static bool run(const struct order *o, const struct tool_env *env, struct buf *text,
                struct buf *structured)
{
    const struct tool *tool = o->what;
    struct json j = { 0 };
    struct tool_args args = { .j = &j };
    struct err err = { 0 };
    if (o->n > 0 && json_parse(&j, o->arguments, o->n) == JSON_FINE) {
        args.obj = j.v;
    }
    bool ok = tool->run(env, &args, text, structured, &err);
    if (!ok && text->len == 0) {
        buf_puts(text, err.text);
    }
    if (!ok) {
        notices_tell_failure(o->notices, o->rev, &err);
    }
    json_fini(&j);
    return ok;
}

void call_tool(const struct order *o, const struct tool_env *env, struct buf *out)
{
    struct buf text, structured;
    struct mono since = clock_mono();
    buf_init(&text, TEXT_BYTES_MAX);
    buf_init(&structured, TEXT_BYTES_MAX);
    bool ok = run(o, env, &text, &structured);
    if (text.failed || structured.failed) {
        rpc_put_error(out, o->id, RPC_INTERNAL_ERROR, "the answer is too large", NULL);
    } else if (ok) {
        put_answer(o, &text, &structured, since, out);
    } else {
        put_tool_error(o->id, o->rev, text.data != NULL ? text.data : "failed", out);
    }
    buf_fini(&text);
    buf_fini(&structured);
}
