/* SPDX-License-Identifier: MIT */
#include "resources.h"

#include "clock.h"

#include <stdio.h>
#include <string.h>

#define SCHEME "orderflow://"

enum { TEXT_BYTES_MAX = 8 * 1024 * 1024, ANALYSIS_HISTORY_S = 300 };

static const struct {
    const char *uri;    /* or template */
    const char *suffix; /* behind the ticker; NULL: no ticker is part of it */
    const char *name, *title, *description, *mime;
} kinds[RESOURCE_KINDS] = {
    [RESOURCE_ANALYSIS] = { SCHEME "{ticker}/analysis", "/analysis", "analysis",
                            "Order flow of a ticker",
                            "What analyze_order_flow answers with its defaults. Changes when an "
                            "episode starts or ends, or pressure flips.",
                            "application/xml" },
    [RESOURCE_PATTERNS] = { SCHEME "{ticker}/patterns", "/patterns", "patterns",
                            "Patterns of a ticker",
                            "Episodes as stored, the one last true first. Changes when one starts "
                            "or ends.",
                            "application/json" },
    [RESOURCE_DETECTORS] = { SCHEME "detectors", NULL, "detectors", "Detectors",
                             "What runs, with parameters and state. Changes when a detector is "
                             "added, removed or quarantined, or its state changes.",
                             "application/json" },
    [RESOURCE_STATUS] = { SCHEME "status", NULL, "status", "Engine",
                          "Which engine serves, with its counters. Changes when an engine begins "
                          "or ceases to serve, or its settings change.",
                          "application/json" },
};

static int hex(char c)
{
    const char *digits = "0123456789abcdef0123456789ABCDEF";
    const char *at = c != '\0' ? strchr(digits, c) : NULL;
    return at != NULL ? (int)((at - digits) % 16) : -1;
}

/* Percent escapes decoded. False: malformed, or it does not fit. */
static bool decode(const char *text, size_t n, char out[TICKER_MAX])
{
    size_t len = 0;
    for (size_t i = 0; i < n; i++) {
        char c = text[i];
        if (c == '%') {
            int high = i + 2 < n ? hex(text[i + 1]) : -1;
            int low = i + 2 < n ? hex(text[i + 2]) : -1;
            if (high < 0 || low < 0) {
                return false;
            }
            c = (char)(high * 16 + low);
            i += 2;
        }
        if (len + 1 >= TICKER_MAX) {
            return false;
        }
        out[len++] = c;
    }
    out[len] = '\0';
    return strlen(out) == len;
}

static bool ends_in(const char *text, size_t n, const char *suffix)
{
    size_t k = strlen(suffix);
    return n >= k && memcmp(text + n - k, suffix, k) == 0;
}

bool resource_parse(const char *uri, struct resource *out)
{
    size_t n = strlen(uri), scheme = strlen(SCHEME);
    *out = (struct resource){ .kind = RESOURCE_KINDS };
    for (int k = 0; k < RESOURCE_KINDS; k++) {
        const char *suffix = kinds[k].suffix;
        out->kind = (enum resource_kind)k;
        if (suffix == NULL && strcmp(uri, kinds[k].uri) == 0) {
            return true;
        }
        if (suffix != NULL && n > scheme + strlen(suffix) && memcmp(uri, SCHEME, scheme) == 0 &&
            ends_in(uri, n, suffix)) {
            return decode(uri + scheme, n - scheme - strlen(suffix), out->ticker) &&
                   ticker_valid(out->ticker);
        }
    }
    out->kind = RESOURCE_KINDS;
    return false;
}

enum resource_kind resource_of_template(const char *text)
{
    struct resource r;
    for (int k = 0; k < RESOURCE_KINDS; k++) {
        if (strcmp(text, kinds[k].uri) == 0) {
            return (enum resource_kind)k;
        }
    }
    return resource_parse(text, &r) ? r.kind : RESOURCE_KINDS;
}

static void put_member(struct buf *out, const char *name, const char *text)
{
    buf_printf(out, ",\"%s\":", name);
    buf_json(out, text, strlen(text));
}

static void put_kind(int k, const char *uri_name, enum revision rev, struct buf *out)
{
    buf_printf(out, "{\"%s\":\"%s\"", uri_name, kinds[k].uri);
    put_member(out, "name", kinds[k].name);
    if (rev >= REV_2025_06_18) {
        put_member(out, "title", kinds[k].title);
    }
    put_member(out, "description", kinds[k].description);
    put_member(out, "mimeType", kinds[k].mime);
    buf_putc(out, '}');
}

void put_resources(enum revision rev, struct buf *out)
{
    put_kind(RESOURCE_DETECTORS, "uri", rev, out);
    buf_putc(out, ',');
    put_kind(RESOURCE_STATUS, "uri", rev, out);
}

void put_resource_templates(enum revision rev, struct buf *out)
{
    for (int k = 0; k < RESOURCE_KINDS; k++) {
        buf_puts(out, k > 0 ? "," : "");
        put_kind(k, "uriTemplate", rev, out);
    }
}

void put_no_resource(struct rpc_id id, enum revision rev, const char *uri, size_t n,
                     struct buf *out)
{
    struct buf data;
    buf_init(&data, 64 + n);
    buf_puts(&data, "{\"uri\":");
    buf_add(&data, uri, n);
    buf_putc(&data, '}');
    rpc_put_error(out, id, rev == REVISION_MODERN ? RPC_INVALID_PARAMS : RPC_NO_RESOURCE,
                  "Resource not found", data.data);
    buf_fini(&data);
}

/* ---- reading ---- */

/* True and *found_out false: it has no quotes. */
static bool read_analysis(const struct tool_env *env, const char *ticker, struct buf *text,
                          bool *found_out, struct err *err)
{
    struct answer a;
    bool ok = query_answer(env->query, ticker, ANALYSIS_HISTORY_S * NS_PER_S, ANSWER_PATTERNS_MAX,
                           &a, err);
    *found_out = ok && a.found;
    if (*found_out) {
        answer_xml(&a, text);
    }
    answer_fini(&a);
    return ok;
}

static bool read_text(const struct tool_env *env, const struct resource *r, struct buf *text,
                      bool *found_out, struct err *err)
{
    *found_out = true;
    switch (r->kind) {
    case RESOURCE_ANALYSIS:
        return read_analysis(env, r->ticker, text, found_out, err);
    case RESOURCE_PATTERNS:
        return query_patterns_json(env->query, r->ticker, text, found_out, err);
    case RESOURCE_DETECTORS:
        return query_detectors_json(env->query, text, err);
    case RESOURCE_STATUS:
        return query_status_json(env->query, text, err);
    case RESOURCE_KINDS:
        break;
    }
    *found_out = false;
    return true;
}

static void put_contents(const struct order *o, const struct resource *r, const struct buf *text,
                         struct buf *out)
{
    result_open(out, o->id, o->rev);
    buf_puts(out, "\"contents\":[{\"uri\":");
    buf_add(out, o->arguments, o->n);
    put_member(out, "mimeType", kinds[r->kind].mime);
    buf_puts(out, ",\"text\":");
    buf_json(out, text->data != NULL ? text->data : "", text->len);
    buf_puts(out, "}]");
    result_close(out, o->rev, CACHE_LIVE);
}

void read_resource(const struct order *o, const struct tool_env *env, struct buf *out)
{
    char uri[URI_MAX];
    struct json j = { 0 };
    struct resource r;
    struct buf text;
    struct err err = { 0 };
    bool found = json_parse(&j, o->arguments, o->n) == JSON_FINE &&
                 json_text(&j, j.v, uri, sizeof uri, NULL) && resource_parse(uri, &r);
    buf_init(&text, TEXT_BYTES_MAX);
    if (found && !read_text(env, &r, &text, &found, &err)) {
        notices_tell_failure(o->notices, o->rev, &err);
        rpc_put_error(out, o->id, RPC_INTERNAL_ERROR, err.text, NULL);
    } else if (!found) {
        put_no_resource(o->id, o->rev, o->arguments, o->n, out);
    } else if (text.failed) {
        rpc_put_error(out, o->id, RPC_INTERNAL_ERROR, "the resource is too large", NULL);
    } else {
        put_contents(o, &r, &text, out);
    }
    buf_fini(&text);
    json_fini(&j);
}
