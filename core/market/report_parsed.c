/* SPDX-License-Identifier: MIT */
#include "report_parsed.h"

#include "clock.h"
#include "report_text.h"

#include <math.h>
#include <string.h>

enum { JSON_BYTES_MAX = 1 << 16, US_NS = 1000 };

#define WHOLE_MAX 9007199254740992.0 /* 2^53: whole numbers up to here are exact in a double */
#define TIME_S_MAX 9.2e9             /* in ns it still fits 63 bits */

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void open_general(struct parsed *p)
{
    const char *end = p->text;
    p->quick = false;
    if (p->n <= JSON_BYTES_MAX) {
        p->root = cJSON_ParseWithLengthOpts(p->text, p->n, &end, 0);
    }
    while (p->root != NULL && end < p->text + p->n && is_space(*end)) {
        end++;
    }
    if (!cJSON_IsObject(p->root) || end != p->text + p->n) {
        p->failed = true;
        (void)err_set(p->err, ERR_INVALID, "not a JSON object");
    }
    p->at = p->root;
}

static void reset(struct parsed *p, const char *text, size_t n, struct err *err)
{
    p->quick = true;
    p->root = NULL;
    p->at = NULL;
    p->flat.n = p->flat.next = 0;
    p->flat.distinct = false;
    p->text = text;
    p->n = n;
    p->texts_n = 0;
    p->failed = false;
    p->err = err;
}

void parsed_open(struct parsed *p, const char *text, size_t n, struct err *err)
{
    reset(p, text, n, err);
    if (n > JSON_BYTES_MAX || !flat_object(&p->flat, text, n)) {
        open_general(p);
    }
}

void parsed_open_general(struct parsed *p, const char *text, size_t n, struct err *err)
{
    reset(p, text, n, err);
    open_general(p);
}

bool parsed_close(struct parsed *p)
{
    cJSON_Delete(p->root);
    p->root = NULL;
    p->at = NULL;
    return !p->failed;
}

void parsed_fail(struct parsed *p, const char *name, const char *what)
{
    if (!p->failed) {
        p->failed = true;
        (void)err_set(p->err, ERR_INVALID, "%s %s", name, what);
    }
}

void parsed_open_member(struct parsed *p, const char *name, struct parsed *member)
{
    const struct flat_item *item = p->quick ? flat_get(&p->flat, name) : NULL;
    const cJSON *at = p->quick ? NULL : cJSON_GetObjectItemCaseSensitive(p->at, name);
    if (!p->failed && item != NULL && item->kind == FLAT_OBJECT) {
        parsed_open(member, item->raw, item->raw_n, p->err);
        return;
    }
    if (!cJSON_IsObject(at)) {
        parsed_fail(p, name, "is no object");
    }
    reset(member, NULL, 0, p->err);
    member->failed = p->failed;
    member->quick = false;
    member->at = at;
}

void parsed_close_member(struct parsed *p, struct parsed *member)
{
    p->failed = !parsed_close(member) || p->failed;
}

/* ---- values ---- */

static struct parsed_value value_of_item(const struct flat_item *item)
{
    struct parsed_value v = { .kind = PARSED_OTHER, .text = item->raw, .n = item->raw_n };
    switch ((enum flat_kind)item->kind) {
    case FLAT_NUMBER:
        v.kind = PARSED_NUMBER;
        v.number = flat_number(item);
        break;
    case FLAT_TEXT:
        v.kind = PARSED_TEXT;
        break;
    case FLAT_OTHER:
        v.kind = item->raw[0] == 'n' ? PARSED_NULL : PARSED_OTHER;
        break;
    case FLAT_OBJECT:
    case FLAT_LIST:
        break;
    }
    return v;
}

bool parsed_is_shortest(const struct parsed_value *v)
{
    return v->text != NULL &&
           flat_is_shortest(&(struct flat_item){ .raw = v->text, .raw_n = (uint32_t)v->n });
}

static struct parsed_value value_of_json(const cJSON *item)
{
    struct parsed_value v = { .kind = PARSED_OTHER };
    if (item == NULL) {
        v.kind = PARSED_NONE;
    } else if (cJSON_IsNumber(item)) {
        v.kind = PARSED_NUMBER;
        v.number = item->valuedouble;
    } else if (cJSON_IsString(item)) {
        v.kind = PARSED_TEXT;
        v.text = item->valuestring;
        v.n = strlen(item->valuestring);
    } else if (cJSON_IsNull(item)) {
        v.kind = PARSED_NULL;
    }
    return v;
}

static struct parsed_value find(struct parsed *p, const char *name)
{
    if (!p->quick) {
        return value_of_json(cJSON_GetObjectItemCaseSensitive(p->at, name));
    }
    const struct flat_item *item = flat_get(&p->flat, name);
    return item != NULL ? value_of_item(item) : (struct parsed_value){ .kind = PARSED_NONE };
}

static struct parsed_value member(struct parsed *p, const char *name)
{
    struct parsed_value v = { .kind = PARSED_NONE };
    if (!p->failed) {
        v = find(p, name);
    }
    if (v.kind == PARSED_NONE) {
        parsed_fail(p, name, "is missing");
    }
    return v;
}

bool parsed_has(struct parsed *p, const char *name)
{
    return !p->failed && (p->quick ? flat_get(&p->flat, name) != NULL
                                   : cJSON_GetObjectItemCaseSensitive(p->at, name) != NULL);
}

static double number(struct parsed *p, const char *name, const struct parsed_value *v, double min,
                     double max)
{
    if (v->kind == PARSED_NONE) {
        return 0;
    }
    if (v->kind != PARSED_NUMBER || !isfinite(v->number)) {
        parsed_fail(p, name, "is not a number");
        return 0;
    }
    if (v->number < min || v->number > max) {
        parsed_fail(p, name, "is out of range");
        return 0;
    }
    return v->number;
}

double parsed_number(struct parsed *p, const char *name, double min, double max)
{
    struct parsed_value v = member(p, name);
    return number(p, name, &v, min, max);
}

int64_t parsed_int(struct parsed *p, const char *name, int64_t min, int64_t max)
{
    struct parsed_value v = member(p, name);
    int64_t x = 0;
    if (v.kind == PARSED_TEXT) {
        if (!decimal_parse_i64(v.text, v.n, &x, NULL)) {
            parsed_fail(p, name, "is not a whole number");
        }
    } else {
        double d = number(p, name, &v, -WHOLE_MAX, WHOLE_MAX);
        x = (int64_t)d;
        if (d > trunc(d) || d < trunc(d)) {
            parsed_fail(p, name, "is not a whole number");
        }
    }
    if (x < min || x > max) {
        parsed_fail(p, name, "is out of range");
    }
    return p->failed ? 0 : x;
}

int64_t parsed_px(struct parsed *p, const char *name)
{
    struct parsed_value v = member(p, name);
    char digits[DECIMAL_MAX];
    int64_t px = 0;
    if (v.kind != PARSED_TEXT) {
        double x = number(p, name, &v, -TIME_S_MAX, TIME_S_MAX);
        if (p->failed || !parsed_is_shortest(&v)) {
            v.n = decimal_print_repr(digits, x);
            v.text = digits;
        }
    }
    if (!p->failed && !decimal_parse_px(v.text, v.n, &px, NULL)) {
        parsed_fail(p, name, "is not a price");
    }
    return p->failed ? 0 : px;
}

int64_t parsed_ms(struct parsed *p, const char *name)
{
    return llround(parsed_number(p, name, 0, TIME_S_MAX * 1e3) * 1e3) * US_NS;
}

int64_t parsed_s(struct parsed *p, const char *name)
{
    return llround(parsed_number(p, name, 0, TIME_S_MAX) * 1e6) * US_NS;
}

/* With a NUL behind it, which the text itself has not. */
static const char *keep_text(struct parsed *p, const char *name, const struct parsed_value *v)
{
    if (!p->quick) {
        return v->text;
    }
    if (v->n >= sizeof p->texts - p->texts_n) {
        open_general(p);
        return p->failed ? "" : cJSON_GetObjectItemCaseSensitive(p->at, name)->valuestring;
    }
    char *kept = p->texts + p->texts_n;
    memcpy(kept, v->text, v->n);
    kept[v->n] = '\0';
    p->texts_n += v->n + 1;
    return kept;
}

const char *parsed_text(struct parsed *p, const char *name)
{
    struct parsed_value v = member(p, name);
    if (v.kind != PARSED_NONE && v.kind != PARSED_TEXT) {
        parsed_fail(p, name, "is not a text");
    }
    return p->failed ? "" : keep_text(p, name, &v);
}

struct parsed_value parsed_element(struct parsed *p, const char *name, int i)
{
    struct parsed_value none = { .kind = PARSED_NONE };
    if (p->failed) {
        return none;
    }
    if (!p->quick) {
        const cJSON *list = cJSON_GetObjectItemCaseSensitive(p->at, name);
        return cJSON_IsArray(list) ? value_of_json(cJSON_GetArrayItem(list, i)) : none;
    }
    struct flat list;
    const struct flat_item *item = flat_get(&p->flat, name);
    bool is_list = item != NULL && item->kind == FLAT_LIST;
    return is_list && flat_list(&list, item->raw, item->raw_n) && i < list.n
               ? value_of_item(&list.items[i])
               : none;
}

bool parsed_next(const struct parsed *p, struct parsed_member *m)
{
    if (p->failed) {
        return false;
    }
    if (p->quick) {
        if (m->next == p->flat.n) {
            return false;
        }
        m->item = &p->flat.items[m->next++];
        m->name = m->item->name;
        m->name_n = m->item->name_n;
        return true;
    }
    m->json = m->next == 0 ? p->at->child : m->next_json;
    if (m->json == NULL) {
        return false;
    }
    m->next = 1;
    m->next_json = m->json->next;
    m->name = m->json->string;
    m->name_n = strlen(m->json->string);
    return true;
}

struct parsed_value parsed_member_value(const struct parsed_member *m)
{
    return m->item != NULL ? value_of_item(m->item) : value_of_json(m->json);
}
