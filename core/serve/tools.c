/* SPDX-License-Identifier: MIT */
#include "tools.h"

#include <stdio.h>
#include <string.h>

static const struct tool_param analyze_params[] = {
    { .name = "ticker", .type = JSON_STRING, .required = true, .help = "symbol, such as SPY" },
    { .name = "history",
      .type = JSON_STRING,
      .def = "\"5mins\"",
      .help = "span that selects patterns and levels and gives the quote rate: 30s, 5mins, 1h" },
    { .name = "include_patterns",
      .type = JSON_TRUE,
      .def = "true",
      .help = "with detected_patterns" },
};

static const struct tool tools[] = {
    { .name = "analyze_order_flow",
      .title = "Analyze order flow",
      .description =
          "Order flow of a ticker from its level-1 quotes, as XML: quote, momentum over 10 s, 60 s "
          "and 5 min, sizes, behaviors, price levels, velocity, detected patterns (one per "
          "episode). state says what the data is worth; unless it is OK, behaviors are UNKNOWN, "
          "which means not known, never NO. Values that are undefined are left out. Lifts minus "
          "drops only restate the price move; ofi (order flow imbalance: > 0 buying, < 0 selling) "
          "is the evidence of flow. dir is +1 up, -1 down.",
      .params = analyze_params,
      .n_params = sizeof analyze_params / sizeof analyze_params[0],
      .run = tool_analyze },
};
enum { TOOLS = sizeof tools / sizeof tools[0] };

const struct tool *tool_at(size_t i)
{
    return i < TOOLS ? &tools[i] : NULL;
}

const struct tool *tool_find(const struct json *j, const struct json_value *name)
{
    for (size_t i = 0; i < TOOLS; i++) {
        if (json_equals(j, name, tools[i].name)) {
            return &tools[i];
        }
    }
    return NULL;
}

static void put_text(struct buf *out, const char *before, const char *text)
{
    buf_puts(out, before);
    buf_json(out, text, strlen(text));
}

static void print_schema(const struct tool *t, struct buf *out)
{
    buf_puts(out, ",\"inputSchema\":{\"type\":\"object\",\"properties\":{");
    for (size_t i = 0; i < t->n_params; i++) {
        const struct tool_param *p = &t->params[i];
        put_text(out, i > 0 ? "," : "", p->name);
        put_text(out, ":{\"type\":", p->type == JSON_STRING ? "string" : "boolean");
        put_text(out, ",\"description\":", p->help);
        if (p->def != NULL) {
            buf_printf(out, ",\"default\":%s", p->def);
        }
        buf_putc(out, '}');
    }
    buf_puts(out, "},\"required\":[");
    int n = 0;
    for (size_t i = 0; i < t->n_params; i++) {
        if (t->params[i].required) {
            put_text(out, n++ > 0 ? "," : "", t->params[i].name);
        }
    }
    buf_puts(out, "],\"additionalProperties\":false}");
}

void tool_print(const struct tool *t, enum tool_detail detail, struct buf *out)
{
    put_text(out, "{\"name\":", t->name);
    if (detail >= TOOL_TITLED) {
        put_text(out, ",\"title\":", t->title);
    }
    put_text(out, ",\"description\":", t->description);
    print_schema(t, out);
    if (detail >= TOOL_TITLED && t->output_schema != NULL) {
        buf_puts(out, ",\"outputSchema\":");
        buf_puts(out, t->output_schema);
    }
    if (detail >= TOOL_ANNOTATED) {
        buf_puts(out, ",\"annotations\":{\"readOnlyHint\":true,\"destructiveHint\":false,"
                      "\"idempotentHint\":true,\"openWorldHint\":false}");
    }
    buf_putc(out, '}');
}

void tool_progress(const struct tool_env *env, double done, double total, const char *message)
{
    if (env->progress != NULL) {
        env->progress(env->ctx, done, total, message);
    }
}

bool tool_cancelled(const struct tool_env *env)
{
    return env->cancelled != NULL && env->cancelled(env->ctx);
}

static const struct tool_param *param_of(const struct tool *t, const struct json *j,
                                         const struct json_value *name)
{
    for (size_t i = 0; i < t->n_params; i++) {
        if (json_equals(j, name, t->params[i].name)) {
            return &t->params[i];
        }
    }
    return NULL;
}

static bool has_type(const struct tool_param *p, const struct json_value *v)
{
    return p->type == JSON_STRING ? v->type == JSON_STRING
                                  : v->type == JSON_TRUE || v->type == JSON_FALSE;
}

static bool unknown_argument(const struct tool *t, struct err *err)
{
    char names[160] = "";
    for (size_t i = 0; i < t->n_params; i++) {
        size_t len = strlen(names);
        (void)snprintf(names + len, sizeof names - len, "%s%s", i > 0 ? ", " : "",
                       t->params[i].name);
    }
    return err_set(err, ERR_INVALID, "%s: unknown argument; it takes %s", t->name, names);
}

bool tool_check(const struct tool *t, const struct tool_args *args, struct err *err)
{
    const struct json_value *name = args->obj != NULL ? json_first(args->obj) : NULL;
    for (uint32_t i = 0; name != NULL && i < args->obj->n; i++, name = json_next(name + 1)) {
        const struct tool_param *p = param_of(t, args->j, name);
        if (p == NULL) {
            return unknown_argument(t, err);
        }
        if (!has_type(p, name + 1)) {
            return err_set(err, ERR_INVALID, "%s: %s must be %s (%s)", t->name, p->name,
                           p->type == JSON_STRING ? "a string" : "true or false", p->help);
        }
    }
    for (size_t i = 0; i < t->n_params; i++) {
        const struct tool_param *p = &t->params[i];
        if (p->required && json_get(args->j, args->obj, p->name) == NULL) {
            return err_set(err, ERR_INVALID, "%s: %s is required (%s)", t->name, p->name, p->help);
        }
    }
    return true;
}

bool tool_flag(const struct tool_args *args, const char *name, bool def)
{
    const struct json_value *v = json_get(args->j, args->obj, name);
    return v == NULL ? def : v->type == JSON_TRUE;
}

bool tool_string(const struct tool_args *args, const char *name, const char *def, char *out,
                 size_t cap)
{
    const struct json_value *v = json_get(args->j, args->obj, name);
    if (v == NULL) {
        (void)snprintf(out, cap, "%s", def);
        return true;
    }
    return json_text(args->j, v, out, cap, NULL);
}
