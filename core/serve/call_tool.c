/* SPDX-License-Identifier: MIT */
#include "call_tool.h"

#include <string.h>

enum { TEXT_BYTES_MAX = 8 * 1024 * 1024 };

static void open_text(struct rpc_id id, enum revision rev, struct buf *out)
{
    result_open(out, id, rev);
    buf_puts(out, "\"content\":[{\"type\":\"text\",\"text\":");
}

void put_tool_error(struct rpc_id id, enum revision rev, const char *text, struct buf *out)
{
    open_text(id, rev, out);
    buf_json(out, text, strlen(text));
    buf_puts(out, "}],\"isError\":true");
    result_close(out, rev, CACHE_NONE);
}

static void put_answer(const struct order *o, const struct buf *text, const struct buf *structured,
                       struct buf *out)
{
    const struct buf *shown = text->len > 0 ? text : structured;
    open_text(o->id, o->rev, out);
    buf_json(out, shown->data != NULL ? shown->data : "", shown->len);
    buf_puts(out, "}]");
    if (structured->len > 0 && o->rev >= REV_2025_06_18) {
        buf_puts(out, ",\"structuredContent\":");
        buf_add(out, structured->data, structured->len);
    }
    result_close(out, o->rev, CACHE_NONE);
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
    json_fini(&j);
    return ok;
}

void call_tool(const struct order *o, const struct tool_env *env, struct buf *out)
{
    struct buf text, structured;
    buf_init(&text, TEXT_BYTES_MAX);
    buf_init(&structured, TEXT_BYTES_MAX);
    bool ok = run(o, env, &text, &structured);
    if (text.failed || structured.failed) {
        rpc_put_error(out, o->id, RPC_INTERNAL_ERROR, "the answer is too large", NULL);
    } else if (ok) {
        put_answer(o, &text, &structured, out);
    } else {
        put_tool_error(o->id, o->rev, text.data != NULL ? text.data : "failed", out);
    }
    buf_fini(&text);
    buf_fini(&structured);
}
