/* SPDX-License-Identifier: MIT */
#include "resources.h"
#include "session_internal.h"

void method_resources_list(struct request *r)
{
    if (request_no_cursor(r)) {
        result_open(&r->out, r->m.id, r->rev);
        buf_puts(&r->out, "\"resources\":[");
        put_resources(r->rev, &r->out);
        buf_putc(&r->out, ']');
        result_close(&r->out, r->rev, CACHE_CATALOGUE);
    }
}

void method_templates_list(struct request *r)
{
    if (request_no_cursor(r)) {
        result_open(&r->out, r->m.id, r->rev);
        buf_puts(&r->out, "\"resourceTemplates\":[");
        put_resource_templates(r->rev, &r->out);
        buf_putc(&r->out, ']');
        result_close(&r->out, r->rev, CACHE_CATALOGUE);
    }
}

void method_resources_read(struct request *r)
{
    const struct json_value *uri = json_get(r->j, r->m.params, "uri");
    char text[URI_MAX];
    struct resource found;
    if (!json_is(uri, JSON_STRING)) {
        request_fail(r, RPC_INVALID_PARAMS, "uri must be a string");
    } else if (!json_text(r->j, uri, text, sizeof text, NULL) || !resource_parse(text, &found)) {
        put_no_resource(r->m.id, r->rev, json_raw(r->j, uri), uri->len, &r->out);
    } else {
        request_order(r, read_resource, NULL, uri);
    }
}

static void refuse(struct request *r, enum sub_taken taken)
{
    if (taken == SUBS_FULL) {
        request_fail(r, RPC_INTERNAL_ERROR,
                     "Too many subscriptions: 64 listen requests and 256 resources in all");
    } else if (taken == SUB_NO_MEMORY) {
        request_fail(r, RPC_INTERNAL_ERROR, "Internal error");
    }
}

static void put_done(struct request *r)
{
    if (r->out.len == 0) {
        rpc_put_result(&r->out, r->m.id);
        buf_puts(&r->out, "{}}");
    }
}

/* The URI, "" when it is longer than that of any resource. False: no string. */
static bool read_uri(struct request *r, char text[URI_MAX])
{
    const struct json_value *uri = json_get(r->j, r->m.params, "uri");
    text[0] = '\0';
    if (!json_is(uri, JSON_STRING)) {
        request_fail(r, RPC_INVALID_PARAMS, "uri must be a string");
        return false;
    }
    if (!json_text(r->j, uri, text, URI_MAX, NULL)) {
        text[0] = '\0';
    }
    return true;
}

void method_subscribe(struct request *r)
{
    char uri[URI_MAX];
    if (read_uri(r, uri)) {
        refuse(r, subs_subscribe(r->s->subs, uri));
        put_done(r);
    }
}

void method_unsubscribe(struct request *r)
{
    char uri[URI_MAX];
    if (read_uri(r, uri)) {
        subs_unsubscribe(r->s->subs, uri);
        put_done(r);
    }
}

static bool is_flag_or_absent(const struct json_value *v)
{
    return v == NULL || v->type == JSON_TRUE || v->type == JSON_FALSE;
}

static bool are_strings_or_absent(const struct json_value *v)
{
    if (v == NULL) {
        return true;
    }
    bool ok = v->type == JSON_ARRAY;
    const struct json_value *item = json_first(v);
    for (uint32_t i = 0; ok && i < v->n; i++, item = json_next(item)) {
        ok = item->type == JSON_STRING;
    }
    return ok;
}

/* The catalogues never change, so of the filter only the resources are honoured. */
void method_listen(struct request *r)
{
    static const char *const flags[] = { "toolsListChanged", "promptsListChanged",
                                         "resourcesListChanged" };
    const struct json_value *filter = json_get(r->j, r->m.params, "notifications");
    const struct json_value *uris = json_get(r->j, filter, "resourceSubscriptions");
    if (!json_is(filter, JSON_OBJECT)) {
        request_fail(r, RPC_INVALID_PARAMS, "notifications must be an object");
        return;
    }
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        if (!is_flag_or_absent(json_get(r->j, filter, flags[i]))) {
            request_fail(r, RPC_INVALID_PARAMS, "a ...ListChanged must be true or false");
            return;
        }
    }
    if (!are_strings_or_absent(uris)) {
        request_fail(r, RPC_INVALID_PARAMS, "resourceSubscriptions must be an array of strings");
        return;
    }
    refuse(r, subs_listen(r->s->subs, r->m.id, r->j, uris));
}
