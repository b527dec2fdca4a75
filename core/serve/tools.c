/* SPDX-License-Identifier: MIT */
#include "tools.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const struct tool *tool_find(const struct json *j, const struct json_value *name)
{
    size_t i = 0;
    while (tool_at(i) != NULL && !json_equals(j, name, tool_at(i)->name)) {
        i++;
    }
    return tool_at(i);
}

static void put_text(struct buf *out, const char *before, const char *text)
{
    buf_puts(out, before);
    buf_json(out, text, strlen(text));
}

static const char *type_name(const struct tool_param *p)
{
    return p->type == JSON_STRING ? "string" : p->type == JSON_NUMBER ? "integer" : "boolean";
}

static void print_choices(const struct tool_param *p, struct buf *out)
{
    const char *at = p->choices;
    for (int n = 0; at != NULL && *at != '\0'; n++) {
        size_t len = strcspn(at, " ");
        buf_puts(out, n == 0 ? ",\"enum\":[" : ",");
        buf_json(out, at, len);
        at += len + (at[len] == ' ');
        buf_puts(out, *at == '\0' ? "]" : "");
    }
}

static void print_schema(const struct tool *t, struct buf *out)
{
    buf_puts(out, ",\"inputSchema\":{\"type\":\"object\",\"properties\":{");
    for (size_t i = 0; i < t->n_params; i++) {
        const struct tool_param *p = &t->params[i];
        put_text(out, i > 0 ? "," : "", p->name);
        put_text(out, ":{\"type\":", type_name(p));
        if (p->help[0] != '\0') {
            put_text(out, ",\"description\":", p->help);
        }
        print_choices(p, out);
        if (p->type == JSON_NUMBER) {
            buf_printf(out, ",\"minimum\":%" PRId64 ",\"maximum\":%" PRId64, p->min, p->max);
        }
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
        const struct tool_param *p = &t->params[i];
        if (json_equals(j, name, p->name) || (p->alias != NULL && json_equals(j, name, p->alias))) {
            return p;
        }
    }
    return NULL;
}

static bool is_choice(const struct tool_param *p, const struct json *j, const struct json_value *v)
{
    char text[64];
    const char *at = p->choices;
    if (at == NULL || !json_text(j, v, text, sizeof text, NULL)) {
        return at == NULL;
    }
    for (size_t len = strlen(text); *at != '\0'; at += strcspn(at, " "), at += *at == ' ') {
        if (strcspn(at, " ") == len && strncmp(at, text, len) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_right(const struct tool_param *p, const struct json *j, const struct json_value *v)
{
    int64_t x;
    switch (p->type) {
    case JSON_STRING:
        return v->type == JSON_STRING && is_choice(p, j, v);
    case JSON_NUMBER:
        return json_i64(j, v, &x) && x >= p->min && x <= p->max;
    default:
        return v->type == JSON_TRUE || v->type == JSON_FALSE;
    }
}

static bool wrong_argument(const struct tool *t, const struct tool_param *p, struct err *err)
{
    const char *open = p->help[0] != '\0' ? " (" : "", *close = open[0] != '\0' ? ")" : "";
    if (p->type == JSON_NUMBER) {
        return err_set(err, ERR_INVALID,
                       "%s: %s must be a whole number, %" PRId64 " to %" PRId64 "%s%s%s", t->name,
                       p->name, p->min, p->max, open, p->help, close);
    }
    if (p->choices != NULL) {
        return err_set(err, ERR_INVALID, "%s: %s must be one of: %s", t->name, p->name, p->choices);
    }
    return err_set(err, ERR_INVALID, "%s: %s must be %s%s%s%s", t->name, p->name,
                   p->type == JSON_STRING ? "a string" : "true or false", open, p->help, close);
}

static bool unknown_argument(const struct tool *t, struct err *err)
{
    char names[160] = "";
    for (size_t i = 0; i < t->n_params; i++) {
        size_t len = strlen(names);
        (void)snprintf(names + len, sizeof names - len, "%s%s", i > 0 ? ", " : "",
                       t->params[i].name);
    }
    return err_set(err, ERR_INVALID, "%s: unknown argument; it takes %s", t->name,
                   names[0] != '\0' ? names : "none");
}

bool tool_check(const struct tool *t, const struct tool_args *args, struct err *err)
{
    const struct json_value *name = args->obj != NULL ? json_first(args->obj) : NULL;
    for (uint32_t i = 0; name != NULL && i < args->obj->n; i++, name = json_next(name + 1)) {
        const struct tool_param *p = param_of(t, args->j, name);
        if (p == NULL) {
            return unknown_argument(t, err);
        }
        if (!is_right(p, args->j, name + 1)) {
            return wrong_argument(t, p, err);
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

int64_t tool_int(const struct tool_args *args, const char *name, int64_t def)
{
    int64_t x;
    const struct json_value *v = json_get(args->j, args->obj, name);
    return v != NULL && json_i64(args->j, v, &x) ? x : def;
}

bool tool_word(const struct tool_args *args, const char *name, const char *def, char *out,
               size_t cap, struct err *err)
{
    return tool_string(args, name, def, out, cap) ||
           err_set(err, ERR_INVALID, "%s must be a text of at most %zu bytes without U+0000", name,
                   cap - 1);
}

bool tool_tickers(const struct tool_args *args, char *out, size_t cap, struct err *err)
{
    const char *name = json_get(args->j, args->obj, "tickers") != NULL ? "tickers" : "ticker";
    return tool_word(args, name, "*", out, cap, err);
}
