/* SPDX-License-Identifier: MIT */
#include "complete.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { TYPED_MAX = 512 };

static bool begins_with(const char *text, const char *typed)
{
    return strncasecmp(text, typed, strlen(typed)) == 0;
}

static void put_values(struct rpc_id id, enum revision rev, const char *before,
                       const char *const *values, size_t n, struct buf *out)
{
    char text[2 * TYPED_MAX];
    result_open(out, id, rev);
    buf_puts(out, "\"completion\":{\"values\":[");
    for (size_t i = 0; i < n && i < COMPLETIONS_MAX; i++) {
        (void)snprintf(text, sizeof text, "%s%s", before, values[i]);
        buf_puts(out, i > 0 ? "," : "");
        buf_json(out, text, strlen(text));
    }
    buf_printf(out, "],\"total\":%zu,\"hasMore\":%s}", n, n > COMPLETIONS_MAX ? "true" : "false");
    result_close(out, rev, CACHE_NONE);
}

void put_completion(struct rpc_id id, enum revision rev, const char *typed,
                    const char *const *values, size_t n, struct buf *out)
{
    const char *fitting[COMPLETIONS_MAX];
    size_t n_fitting = 0;
    for (size_t i = 0; i < n && n_fitting < COMPLETIONS_MAX; i++) {
        if (begins_with(values[i], typed)) {
            fitting[n_fitting++] = values[i];
        }
    }
    put_values(id, rev, "", fitting, n_fitting, out);
}

static void put_fitting(const struct order *o, const char *before, const char *typed,
                        const struct names *names, struct buf *out)
{
    const char **fitting = calloc(names->n + 1, sizeof(const char *));
    if (fitting == NULL) {
        rpc_put_error(out, o->id, RPC_INTERNAL_ERROR, "out of memory", NULL);
        return;
    }
    size_t n = 0;
    for (size_t i = 0; i < names->n; i++) {
        if (begins_with(names->items[i], typed)) {
            fitting[n++] = names->items[i];
        }
    }
    put_values(o->id, o->rev, before, fitting, n, out);
    free(fitting);
}

typedef bool names_fn(struct query *q, struct names *out, struct err *err);

static void complete(const struct order *o, const struct tool_env *env, names_fn *list,
                     bool after_comma, struct buf *out)
{
    char typed[TYPED_MAX] = "";
    struct json j = { 0 };
    struct names names = { 0 };
    struct err err = { 0 };
    if (json_parse(&j, o->arguments, o->n) != JSON_FINE ||
        !json_text(&j, j.v, typed, sizeof typed, NULL)) {
        put_values(o->id, o->rev, "", NULL, 0, out); /* too long for any name */
    } else if (!list(env->query, &names, &err)) {
        notices_tell_failure(o->notices, o->rev, &err);
        rpc_put_error(out, o->id, RPC_INTERNAL_ERROR, err.text, NULL);
    } else {
        char before[TYPED_MAX] = "";
        char *comma = after_comma ? strrchr(typed, ',') : NULL;
        const char *last = comma != NULL ? comma + 1 : typed;
        last += strspn(last, " ");
        (void)snprintf(before, sizeof before, "%.*s", (int)(last - typed), typed);
        put_fitting(o, before, last, &names, out);
    }
    names_fini(&names);
    json_fini(&j);
}

void complete_ticker(const struct order *o, const struct tool_env *env, struct buf *out)
{
    complete(o, env, query_tickers, false, out);
}

void complete_tickers(const struct order *o, const struct tool_env *env, struct buf *out)
{
    complete(o, env, query_tickers, true, out);
}

void complete_detector(const struct order *o, const struct tool_env *env, struct buf *out)
{
    complete(o, env, query_detector_names, false, out);
}
