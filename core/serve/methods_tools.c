/* SPDX-License-Identifier: MIT */
#include "call_tool.h"
#include "session_internal.h"

void method_tools_list(struct request *r)
{
    enum tool_detail detail = r->rev >= REV_2025_06_18   ? TOOL_TITLED
                              : r->rev >= REV_2025_03_26 ? TOOL_ANNOTATED
                                                         : TOOL_PLAIN;
    if (!request_no_cursor(r)) {
        return;
    }
    result_open(&r->out, r->m.id, r->rev);
    buf_puts(&r->out, "\"tools\":[");
    for (size_t i = 0; tool_at(i) != NULL; i++) {
        buf_puts(&r->out, i > 0 ? "," : "");
        tool_print(tool_at(i), detail, &r->out);
    }
    buf_putc(&r->out, ']');
    result_close(&r->out, r->rev, CACHE_CATALOGUE);
}

void method_tools_call(struct request *r)
{
    const struct json_value *name = json_get(r->j, r->m.params, "name");
    const struct json_value *arguments = json_get(r->j, r->m.params, "arguments");
    const struct tool *tool = tool_find(r->j, name);
    struct err err = { 0 };
    if (!json_is(name, JSON_STRING)) {
        request_fail(r, RPC_INVALID_PARAMS, "name must be a string");
    } else if (arguments != NULL && arguments->type != JSON_OBJECT) {
        request_fail(r, RPC_INVALID_PARAMS, "arguments must be an object");
    } else if (tool == NULL) {
        request_fail(r, RPC_INVALID_PARAMS, "Unknown tool; tools/list names those there are");
    } else if (!tool_check(tool, &(struct tool_args){ .j = r->j, .obj = arguments }, &err)) {
        put_tool_error(r->m.id, r->rev, err.text, &r->out);
    } else {
        request_tool(r, tool, arguments);
    }
}
