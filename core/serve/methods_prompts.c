/* SPDX-License-Identifier: MIT */
#include "complete.h"
#include "prompts.h"
#include "resources.h"
#include "session_internal.h"

#include <string.h>

void method_prompts_list(struct request *r)
{
    if (!request_no_cursor(r)) {
        return;
    }
    result_open(&r->out, r->m.id, r->rev);
    buf_puts(&r->out, "\"prompts\":[");
    for (size_t i = 0; prompt_at(i) != NULL; i++) {
        buf_puts(&r->out, i > 0 ? "," : "");
        put_prompt(prompt_at(i), r->rev, &r->out);
    }
    buf_putc(&r->out, ']');
    result_close(&r->out, r->rev, CACHE_CATALOGUE);
}

void method_prompts_get(struct request *r)
{
    const struct json_value *name = json_get(r->j, r->m.params, "name");
    const struct json_value *arguments = json_get(r->j, r->m.params, "arguments");
    const struct prompt *p = prompt_find(r->j, name);
    struct err err = { 0 };
    if (!json_is(name, JSON_STRING)) {
        request_fail(r, RPC_INVALID_PARAMS, "name must be a string");
    } else if (arguments != NULL && arguments->type != JSON_OBJECT) {
        request_fail(r, RPC_INVALID_PARAMS, "arguments must be an object");
    } else if (p == NULL) {
        request_fail(r, RPC_INVALID_PARAMS, "Unknown prompt; prompts/list names those there are");
    } else {
        result_open(&r->out, r->m.id, r->rev);
        if (put_prompt_messages(p, r->j, arguments, &r->out, &err)) {
            result_close(&r->out, r->rev, CACHE_NONE);
        } else {
            buf_clear(&r->out);
            request_fail(r, RPC_INVALID_PARAMS, err.text);
        }
    }
}

/* ---- completion ---- */

static void complete_value(struct request *r, enum prompt_value kind,
                           const struct json_value *typed)
{
    static const char *const directions[] = { "long", "short" };
    char text[16];
    switch (kind) {
    case PROMPT_TICKER:
        request_order(r, complete_ticker, NULL, typed);
        break;
    case PROMPT_TICKERS:
        request_order(r, complete_tickers, NULL, typed);
        break;
    case PROMPT_DETECTOR:
        request_order(r, complete_detector, NULL, typed);
        break;
    case PROMPT_DIRECTION:
        if (json_text(r->j, typed, text, sizeof text, NULL)) {
            put_completion(r->m.id, r->rev, text, directions, 2, &r->out);
        } else {
            put_completion(r->m.id, r->rev, "", NULL, 0, &r->out);
        }
        break;
    case PROMPT_PRICE:
        put_completion(r->m.id, r->rev, "", NULL, 0, &r->out);
        break;
    }
}

static void complete_prompt(struct request *r, const struct json_value *ref,
                            const struct json_value *name, const struct json_value *typed)
{
    const struct prompt *p = prompt_find(r->j, json_get(r->j, ref, "name"));
    const struct prompt_argument *a = p != NULL ? prompt_argument(p, r->j, name) : NULL;
    if (p == NULL) {
        request_fail(r, RPC_INVALID_PARAMS, "ref: unknown prompt");
    } else if (a == NULL) {
        put_completion(r->m.id, r->rev, "", NULL, 0, &r->out);
    } else {
        complete_value(r, a->value, typed);
    }
}

static void complete_resource(struct request *r, const struct json_value *ref,
                              const struct json_value *name, const struct json_value *typed)
{
    char uri[URI_MAX];
    enum resource_kind kind = RESOURCE_KINDS;
    if (json_text(r->j, json_get(r->j, ref, "uri"), uri, sizeof uri, NULL)) {
        kind = resource_of_template(uri);
    }
    if (kind == RESOURCE_KINDS) {
        request_fail(r, RPC_INVALID_PARAMS, "ref: unknown resource");
    } else if (strstr(uri, "{ticker}") != NULL && json_equals(r->j, name, "ticker")) {
        complete_value(r, PROMPT_TICKER, typed);
    } else {
        put_completion(r->m.id, r->rev, "", NULL, 0, &r->out);
    }
}

void method_complete(struct request *r)
{
    const struct json_value *ref = json_get(r->j, r->m.params, "ref");
    const struct json_value *argument = json_get(r->j, r->m.params, "argument");
    const struct json_value *name = json_get(r->j, argument, "name");
    const struct json_value *typed = json_get(r->j, argument, "value");
    const struct json_value *type = json_get(r->j, ref, "type");
    if (!json_is(ref, JSON_OBJECT) || !json_is(name, JSON_STRING) || !json_is(typed, JSON_STRING)) {
        request_fail(r, RPC_INVALID_PARAMS,
                     "ref must be an object, argument one with name and value as strings");
    } else if (json_equals(r->j, type, "ref/prompt")) {
        complete_prompt(r, ref, name, typed);
    } else if (json_equals(r->j, type, "ref/resource")) {
        complete_resource(r, ref, name, typed);
    } else {
        request_fail(r, RPC_INVALID_PARAMS, "ref.type must be ref/prompt or ref/resource");
    }
}
