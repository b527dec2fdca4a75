/* SPDX-License-Identifier: MIT */
#include "json.h"

#include "utf8.h"

#include <stdlib.h>
#include <string.h>

struct cursor {
    struct json *j;
    const unsigned char *p, *end;
    int depth;
    enum json_fault fault;
};

static bool parse_value(struct cursor *c);

static bool fail(struct cursor *c, enum json_fault fault)
{
    c->fault = fault;
    return false;
}

static void skip_space(struct cursor *c)
{
    while (c->p < c->end && (*c->p == ' ' || *c->p == '\t' || *c->p == '\n' || *c->p == '\r')) {
        c->p++;
    }
}

static bool take(struct cursor *c, char want)
{
    if (c->p < c->end && *c->p == (unsigned char)want) {
        c->p++;
        return true;
    }
    return false;
}

static size_t offset(const struct cursor *c)
{
    return (size_t)((const char *)c->p - c->j->text);
}

/* Opens a value at the cursor; its index comes back, so that close_value() can find it again. */
static bool open_value(struct cursor *c, enum json_type type, size_t *index_out)
{
    struct json *j = c->j;
    if (j->n == (j->max_values != 0 ? j->max_values : JSON_VALUES_MAX)) {
        return fail(c, JSON_TOO_MANY);
    }
    if (j->n == j->cap) {
        size_t cap = j->cap != 0 ? j->cap * 2 : 64;
        struct json_value *v = realloc(j->v, cap * sizeof *v);
        if (v == NULL) {
            return fail(c, JSON_NO_MEMORY);
        }
        j->v = v;
        j->cap = cap;
    }
    j->v[j->n] = (struct json_value){ .type = type, .at = (uint32_t)offset(c) };
    *index_out = j->n++;
    return true;
}

static bool close_value(struct cursor *c, size_t index)
{
    struct json_value *v = &c->j->v[index];
    v->len = (uint32_t)(offset(c) - v->at);
    v->skip = (uint32_t)(c->j->n - index);
    return true;
}

static int hex_value(unsigned char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool skip_escape(struct cursor *c)
{
    if (c->p == c->end) {
        return fail(c, JSON_SYNTAX);
    }
    unsigned char e = *c->p++;
    if (e != 'u') {
        return (e != 0 && strchr("\"\\/bfnrt", e) != NULL) || fail(c, JSON_SYNTAX);
    }
    for (int i = 0; i < 4; i++) {
        if (c->p == c->end || hex_value(*c->p++) < 0) {
            return fail(c, JSON_SYNTAX);
        }
    }
    return true;
}

static bool parse_string(struct cursor *c)
{
    size_t index;
    if (!open_value(c, JSON_STRING, &index)) {
        return false;
    }
    c->p++;
    while (c->p < c->end && *c->p != '"') {
        if (*c->p == '\\') {
            c->p++;
            if (!skip_escape(c)) {
                return false;
            }
        } else if (*c->p < 0x80) {
            if (*c->p++ < 0x20) {
                return fail(c, JSON_SYNTAX);
            }
        } else {
            uint32_t code;
            size_t n = utf8_step((const char *)c->p, (size_t)(c->end - c->p), &code);
            if (n == 0) {
                return fail(c, JSON_SYNTAX);
            }
            c->p += n;
        }
    }
    return take(c, '"') ? close_value(c, index) : fail(c, JSON_SYNTAX);
}

static bool skip_digits(struct cursor *c)
{
    const unsigned char *from = c->p;
    while (c->p < c->end && *c->p >= '0' && *c->p <= '9') {
        c->p++;
    }
    return c->p > from || fail(c, JSON_SYNTAX);
}

static bool parse_number(struct cursor *c)
{
    size_t index;
    if (!open_value(c, JSON_NUMBER, &index)) {
        return false;
    }
    (void)take(c, '-');
    if (!take(c, '0') && !skip_digits(c)) {
        return false;
    }
    if (take(c, '.') && !skip_digits(c)) {
        return false;
    }
    if (take(c, 'e') || take(c, 'E')) {
        if (!take(c, '+')) {
            (void)take(c, '-');
        }
        if (!skip_digits(c)) {
            return false;
        }
    }
    return close_value(c, index);
}

static bool parse_word(struct cursor *c, const char *word, enum json_type type)
{
    size_t index, n = strlen(word);
    if ((size_t)(c->end - c->p) < n || memcmp(c->p, word, n) != 0) {
        return fail(c, JSON_SYNTAX);
    }
    if (!open_value(c, type, &index)) {
        return false;
    }
    c->p += n;
    return close_value(c, index);
}

static bool parse_key(struct cursor *c)
{
    skip_space(c);
    if (c->p == c->end || *c->p != '"') {
        return fail(c, JSON_SYNTAX);
    }
    if (!parse_string(c)) {
        return false;
    }
    skip_space(c);
    return take(c, ':') || fail(c, JSON_SYNTAX);
}

static bool parse_container(struct cursor *c, enum json_type type, char closing)
{
    size_t index;
    if (c->depth == JSON_DEPTH_MAX) {
        return fail(c, JSON_TOO_DEEP);
    }
    if (!open_value(c, type, &index)) {
        return false;
    }
    c->depth++;
    c->p++;
    skip_space(c);
    if (!take(c, closing)) {
        do {
            if (type == JSON_OBJECT && !parse_key(c)) {
                return false;
            }
            if (!parse_value(c)) {
                return false;
            }
            c->j->v[index].n++;
            skip_space(c);
        } while (take(c, ','));
        if (!take(c, closing)) {
            return fail(c, JSON_SYNTAX);
        }
    }
    c->depth--;
    return close_value(c, index);
}

static bool parse_value(struct cursor *c)
{
    skip_space(c);
    if (c->p == c->end) {
        return fail(c, JSON_SYNTAX);
    }
    switch (*c->p) {
    case '{':
        return parse_container(c, JSON_OBJECT, '}');
    case '[':
        return parse_container(c, JSON_ARRAY, ']');
    case '"':
        return parse_string(c);
    case 't':
        return parse_word(c, "true", JSON_TRUE);
    case 'f':
        return parse_word(c, "false", JSON_FALSE);
    case 'n':
        return parse_word(c, "null", JSON_NULL);
    default:
        return parse_number(c);
    }
}

enum json_fault json_parse(struct json *j, const char *text, size_t n)
{
    j->text = text;
    j->n = 0;
    if (n > UINT32_MAX) {
        return JSON_TOO_MANY;
    }
    const unsigned char *bytes = (const unsigned char *)text;
    struct cursor c = { .j = j, .p = bytes, .end = bytes + n };
    if (!parse_value(&c)) {
        return c.fault;
    }
    skip_space(&c);
    return c.p == c.end ? JSON_FINE : JSON_SYNTAX;
}

void json_fini(struct json *j)
{
    free(j->v);
    *j = (struct json){ 0 };
}

const char *json_fault_text(enum json_fault f)
{
    switch (f) {
    case JSON_FINE:
        return "fine";
    case JSON_SYNTAX:
        return "not valid JSON in UTF-8";
    case JSON_TOO_DEEP:
        return "nested more than 128 deep";
    case JSON_TOO_MANY:
        return "too many values";
    case JSON_NO_MEMORY:
        return "out of memory";
    }
    return "";
}
