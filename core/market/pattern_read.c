/* SPDX-License-Identifier: MIT */
#include "pattern.h"

#include "orderflow/detector.h"
#include "pattern_check.h"
#include "utf8.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DECLARED_TEXT_MAX = 4095 };

/* An object being read; `where` ("params[2].", or "") opens the message of what is wrong with it.
 */
struct reader {
    const cJSON *object;
    char where[24];
    struct err *err;
};

static bool wrong(const struct reader *r, const char *key, const char *what)
{
    return err_set(r->err, ERR_INVALID, "%s%s: %s", r->where, key, what);
}

static const cJSON *member(const struct reader *r, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(r->object, key);
}

/* Every member stands in declaration_to_json(), so every one must be here. */
static bool copy_text(const struct reader *r, const cJSON *item, const char *key, char **out)
{
    if (!cJSON_IsString(item)) {
        return wrong(r, key, "must be UTF-8 text");
    }
    size_t n = strlen(item->valuestring);
    if (n > DECLARED_TEXT_MAX) {
        return wrong(r, key, "is longer than 4095 bytes");
    }
    *out = malloc(n + 1);
    if (*out == NULL) {
        return err_set(r->err, ERR_MEMORY, "no memory for a declaration");
    }
    memcpy(*out, item->valuestring, n + 1);
    return true;
}

static bool read_text(const struct reader *r, const char *key, char **out)
{
    return copy_text(r, member(r, key), key, out);
}

static bool read_number(const struct reader *r, const char *key, double *out)
{
    const cJSON *item = member(r, key);
    if (!cJSON_IsNumber(item) || !isfinite(item->valuedouble)) {
        return wrong(r, key, "must be a finite number");
    }
    *out = item->valuedouble;
    return true;
}

static bool read_u32(const struct reader *r, const cJSON *item, const char *key, uint32_t *out)
{
    if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0 && item->valuedouble <= UINT32_MAX) ||
        floor(item->valuedouble) != item->valuedouble) {
        return wrong(r, key, "must be a whole number");
    }
    *out = (uint32_t)item->valuedouble;
    return true;
}

static bool read_bits(const struct reader *r, const char *key, uint64_t *out)
{
    const cJSON *item = member(r, key);
    if (!cJSON_IsString(item) || strncmp(item->valuestring, "0x", 2) != 0) {
        return wrong(r, key, "must be bits as \"0x...\"");
    }
    *out = strtoull(item->valuestring + 2, NULL, 16); /* canonical() refuses what it passes over */
    return true;
}

static bool read_id(const struct reader *r, char out[DETECTOR_ID_MAX])
{
    const cJSON *item = member(r, "id");
    if (!cJSON_IsString(item) || strlen(item->valuestring) >= DETECTOR_ID_MAX) {
        return wrong(r, "id", "must be text of at most 32 bytes");
    }
    memcpy(out, item->valuestring, strlen(item->valuestring) + 1);
    return true;
}

/* The list under `key`, of at most n_max items; NULL (err says why) when it is none. */
static const cJSON *read_list(const struct reader *r, const char *key, int n_max)
{
    const cJSON *list = member(r, key);
    if (!cJSON_IsArray(list)) {
        (void)wrong(r, key, "must be a list");
        return NULL;
    }
    int n = cJSON_GetArraySize(list);
    if (n > n_max) {
        (void)err_set(r->err, ERR_INVALID, "%s%s: %d of them; at most %d", r->where, key, n, n_max);
        return NULL;
    }
    return list;
}

static struct reader at(const struct reader *r, const cJSON *item, const char *list, uint32_t i)
{
    struct reader inner = { .object = item, .err = r->err };
    (void)snprintf(inner.where, sizeof inner.where, "%s[%u].", list, (unsigned)i);
    return inner;
}

static bool read_type(const struct reader *r, uint32_t *out)
{
    static const char *const names[] = {
        [OFD_INT] = "int", [OFD_REAL] = "real", [OFD_PRICE] = "price", [OFD_CHOICE] = "choice"
    };
    const cJSON *item = member(r, "type");
    for (uint32_t type = OFD_INT; cJSON_IsString(item) && type <= OFD_CHOICE; type++) {
        if (strcmp(item->valuestring, names[type]) == 0) {
            *out = type;
            return true;
        }
    }
    return wrong(r, "type", "must be int, real, price or choice");
}

static bool read_declared(const struct reader *r, bool is_param, struct declared *out)
{
    if (!read_text(r, "key", &out->key) || !read_type(r, &out->type) ||
        !read_text(r, "unit", &out->unit) || !read_text(r, "help", &out->help)) {
        return false;
    }
    if (is_param && (!read_number(r, "def", &out->def) || !read_number(r, "min", &out->min) ||
                     !read_number(r, "max", &out->max) || !read_number(r, "step", &out->step))) {
        return false;
    }
    const cJSON *choices = read_list(r, "choices", CHOICES_MAX), *item;
    if (choices == NULL) {
        return false;
    }
    cJSON_ArrayForEach(item, choices)
    {
        if (!copy_text(r, item, "choices", &out->choices[out->n_choices])) {
            return false;
        }
        out->n_choices++;
    }
    return true;
}

static bool read_params(const struct reader *r, struct declaration *out)
{
    const cJSON *list = read_list(r, "params", PARAMS_MAX), *item;
    cJSON_ArrayForEach(item, list)
    {
        struct reader inner = at(r, item, "params", out->n_params);
        if (!read_declared(&inner, true, &out->params[out->n_params])) {
            return false;
        }
        out->n_params++;
    }
    return list != NULL;
}

static bool read_fields(const struct reader *r, struct declaration *out)
{
    const cJSON *list = read_list(r, "fields", EVIDENCE_MAX), *item;
    cJSON_ArrayForEach(item, list)
    {
        struct reader inner = at(r, item, "fields", out->n_fields);
        if (!read_declared(&inner, false, &out->fields[out->n_fields])) {
            return false;
        }
        out->n_fields++;
    }
    return list != NULL;
}

static bool read_kinds(const struct reader *r, struct declaration *out)
{
    const cJSON *list = read_list(r, "kinds", KINDS_MAX), *item;
    cJSON_ArrayForEach(item, list)
    {
        struct reader inner = at(r, item, "kinds", out->n_kinds);
        if (!read_text(&inner, "key", &out->kinds[out->n_kinds]) ||
            !read_text(&inner, "help", &out->kind_helps[out->n_kinds])) {
            return false;
        }
        out->n_kinds++;
    }
    return list != NULL;
}

static bool read_needs(const struct reader *r, struct declaration *out)
{
    const cJSON *list = read_list(r, "window_s", WINDOWS_MAX), *item;
    cJSON_ArrayForEach(item, list)
    {
        if (!read_u32(r, item, "window_s", &out->window_s[out->n_windows])) {
            return false;
        }
        out->n_windows++;
    }
    return list != NULL && read_bits(r, "flags", &out->flags) &&
           read_bits(r, "columns", &out->columns) &&
           read_u32(r, member(r, "memory_s"), "memory_s", &out->memory_s) &&
           read_u32(r, member(r, "budget_us"), "budget_us", &out->budget_us);
}

static bool read_declaration(const struct reader *r, struct declaration *out)
{
    return read_id(r, out->id) && read_text(r, "name", &out->name) &&
           read_text(r, "version", &out->version) && read_text(r, "vendor", &out->vendor) &&
           read_text(r, "description", &out->description) && read_text(r, "url", &out->url) &&
           read_text(r, "license", &out->license) && read_needs(r, out) && read_params(r, out) &&
           read_fields(r, out) && read_kinds(r, out) && declaration_check(out, r->err);
}

/* Writing it again must give the same bytes: that refuses unknown, doubled and reordered members,
 * an embedded NUL and trailing text in one go. */
static bool canonical(const struct declaration *d, const char *text, size_t n, struct err *err)
{
    char *again = declaration_to_json(d);
    if (again == NULL) {
        return err_set(err, ERR_MEMORY, "no memory for a declaration");
    }
    bool same = strlen(again) == n && memcmp(again, text, n) == 0;
    free(again);
    return same || err_set(err, ERR_INVALID, "the declaration holds more than it may");
}

bool declaration_from_json(const char *text, size_t n, struct declaration *out, struct err *err)
{
    *out = (struct declaration){ 0 };
    if (!utf8_valid(text, n)) {
        return err_set(err, ERR_INVALID, "the declaration is not UTF-8");
    }
    cJSON *root = cJSON_ParseWithLength(text, n);
    if (!cJSON_IsObject(root)) {
        cJSON_Delete(root);
        return err_set(err, ERR_INVALID, "the declaration is not a JSON object");
    }
    struct reader r = { .object = root, .err = err };
    bool ok = read_declaration(&r, out) && canonical(out, text, n, err);
    cJSON_Delete(root);
    if (!ok) {
        declaration_fini(out);
    }
    return ok;
}
