/* SPDX-License-Identifier: MIT */
#include "describe.h"

#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 4096, STRIDE_MAX = 4096 };

/* NULL stands for "" : what must not be empty is judged with all the rest. */
static bool copy_text(char **out, const char *text, const char *what, struct err *err)
{
    const char *from = text != NULL ? text : "";
    size_t n = strnlen(from, TEXT_MAX);
    if (n == TEXT_MAX) {
        return err_set(err, ERR_INVALID, "%s is longer than %d bytes", what, TEXT_MAX - 1);
    }
    *out = malloc(n + 1);
    if (*out == NULL) {
        return err_set(err, ERR_MEMORY, "no memory for %s", what);
    }
    memcpy(*out, from, n);
    (*out)[n] = '\0';
    return true;
}

static bool copy_choices(struct declared *d, const char *const *choices, uint32_t n,
                         struct err *err)
{
    if (n > CHOICES_MAX || (n > 0 && choices == NULL)) {
        return err_set(err, ERR_INVALID, "%s: %lu choices; at most %d", d->key, (unsigned long)n,
                       CHOICES_MAX);
    }
    for (uint32_t i = 0; i < n; i++) {
        if (!copy_text(&d->choices[i], choices[i], "a choice", err)) {
            return false;
        }
        d->n_choices = i + 1;
    }
    return true;
}

static bool copy_param(struct declared *d, const void *element, struct err *err)
{
    const ofd_param *p = element;
    d->type = p->type;
    d->def = p->def;
    d->min = p->min;
    d->max = p->max;
    d->step = p->step;
    return copy_text(&d->key, p->key, "a parameter's key", err) &&
           copy_text(&d->unit, p->unit, "a parameter's unit", err) &&
           copy_text(&d->help, p->help, "a parameter's help", err) &&
           copy_choices(d, p->choices, p->n_choices, err);
}

static bool copy_field(struct declared *d, const void *element, struct err *err)
{
    const ofd_field *f = element;
    d->type = f->type;
    return copy_text(&d->key, f->key, "a field's key", err) &&
           copy_text(&d->unit, f->unit, "a field's unit", err) &&
           copy_text(&d->help, f->help, "a field's help", err) &&
           copy_choices(d, f->choices, f->n_choices, err);
}

/* A table as the plugin declares it: count, stride, first element; and what it must at least be. */
struct table {
    const char *what;
    const void *first;
    uint32_t n, stride, n_max;
    size_t element_bytes;
};

static bool table_check(const struct table *t, struct err *err)
{
    if (t->n > t->n_max) {
        return err_set(err, ERR_INVALID, "%lu %ss; at most %lu", (unsigned long)t->n, t->what,
                       (unsigned long)t->n_max);
    }
    if (t->n > 0 && (t->first == NULL || t->stride < t->element_bytes || t->stride > STRIDE_MAX ||
                     t->stride % _Alignof(double) != 0)) {
        return err_set(err, ERR_INVALID, "the table of %ss has a stride of %lu bytes", t->what,
                       (unsigned long)t->stride);
    }
    return true;
}

/* Every element begins with its size. */
static const void *table_at(const struct table *t, uint32_t i, struct err *err)
{
    const void *element = (const char *)t->first + (size_t)i * t->stride;
    uint32_t size;
    memcpy(&size, element, sizeof size);
    if (size < t->element_bytes || size > t->stride) {
        (void)err_set(err, ERR_INVALID, "%s %lu has a size of %lu bytes", t->what, (unsigned long)i,
                      (unsigned long)size);
        return NULL;
    }
    return element;
}

static bool copy_table(const struct table *t, struct declared *out, uint32_t *n_out,
                       bool (*copy)(struct declared *, const void *, struct err *), struct err *err)
{
    if (!table_check(t, err)) {
        return false;
    }
    for (uint32_t i = 0; i < t->n; i++) {
        const void *element = table_at(t, i, err);
        *n_out = i + 1;
        if (element == NULL || !copy(&out[i], element, err)) {
            return false;
        }
    }
    return true;
}

static bool copy_kinds(const ofd_plugin *p, struct declaration *out, struct err *err)
{
    struct table t = { .what = "kind",
                       .first = p->kinds,
                       .n = p->n_kinds,
                       .stride = p->kind_stride,
                       .n_max = KINDS_MAX,
                       .element_bytes = OFD_UP_TO(ofd_kind, help) };
    if (!table_check(&t, err)) {
        return false;
    }
    for (uint32_t i = 0; i < t.n; i++) {
        const ofd_kind *kind = table_at(&t, i, err);
        out->n_kinds = i + 1;
        if (kind == NULL || !copy_text(&out->kinds[i], kind->key, "a kind's key", err) ||
            !copy_text(&out->kind_helps[i], kind->help, "a kind's help", err)) {
            return false;
        }
    }
    return true;
}

static bool copy_windows(const ofd_plugin *p, struct declaration *out, struct err *err)
{
    if (p->n_windows == 0 || p->n_windows > WINDOWS_MAX || p->window_s == NULL) {
        return err_set(err, ERR_INVALID, "%lu windows; from 1 to %d", (unsigned long)p->n_windows,
                       WINDOWS_MAX);
    }
    memcpy(out->window_s, p->window_s, p->n_windows * sizeof out->window_s[0]);
    out->n_windows = p->n_windows;
    return true;
}

static bool copy_tables(const ofd_plugin *p, struct declaration *out, struct err *err)
{
    struct table params = { .what = "parameter",
                            .first = p->params,
                            .n = p->n_params,
                            .stride = p->param_stride,
                            .n_max = PARAMS_MAX,
                            .element_bytes = OFD_UP_TO(ofd_param, reserved0) };
    struct table fields = { .what = "field",
                            .first = p->fields,
                            .n = p->n_fields,
                            .stride = p->field_stride,
                            .n_max = EVIDENCE_MAX,
                            .element_bytes = OFD_UP_TO(ofd_field, reserved0) };
    return copy_windows(p, out, err) && copy_kinds(p, out, err) &&
           copy_table(&params, out->params, &out->n_params, copy_param, err) &&
           copy_table(&fields, out->fields, &out->n_fields, copy_field, err);
}

static bool copy_texts(const ofd_plugin *p, struct declaration *out, struct err *err)
{
    size_t n = p->id != NULL ? strnlen(p->id, DETECTOR_ID_MAX) : 0;
    if (n == 0 || n == DETECTOR_ID_MAX) {
        return err_set(err, ERR_INVALID, "the id is empty or longer than %d bytes",
                       DETECTOR_ID_MAX - 1);
    }
    memcpy(out->id, p->id, n);
    return copy_text(&out->name, p->name != NULL ? p->name : p->id, "name", err) &&
           copy_text(&out->version, p->version, "version", err) &&
           copy_text(&out->vendor, p->vendor, "vendor", err) &&
           copy_text(&out->description, p->description, "description", err) &&
           copy_text(&out->url, p->url, "url", err) &&
           copy_text(&out->license, p->license, "license", err);
}

static bool check_plugin(const ofd_plugin *p, struct err *err)
{
    if (!OFD_HAS(p, ofd_plugin, ext)) {
        return err_set(err, ERR_INVALID, "ofd_plugin has a size of %lu bytes; at least %zu",
                       (unsigned long)p->size, OFD_UP_TO(ofd_plugin, ext));
    }
    if (p->create == NULL || p->destroy == NULL || p->detect == NULL) {
        return err_set(err, ERR_INVALID, "create, destroy or detect is missing");
    }
    if ((p->columns & ~(uint64_t)HOST_COLUMNS) != 0) {
        return err_set(err, ERR_INVALID, "it needs %s, which this host does not deliver",
                       (p->columns & OFD_COL_TRADES) != 0 ? "trade columns" : "unknown columns");
    }
    return true;
}

static bool copy_all(const ofd_plugin *p, struct declaration *out, struct err *err)
{
    enum { MEMORY_DEFAULT_S = 600, BUDGET_DEFAULT_US = 1000 };
    out->flags = p->flags;
    out->columns = p->columns;
    out->memory_s = p->memory_s != 0 ? p->memory_s : MEMORY_DEFAULT_S;
    out->budget_us = p->budget_us != 0 ? p->budget_us : BUDGET_DEFAULT_US;
    return check_plugin(p, err) && copy_texts(p, out, err) && copy_tables(p, out, err);
}

bool describe(const ofd_plugin *plugin, struct declaration *out, char **json_out, struct err *err)
{
    struct declaration copied = { 0 };
    *out = (struct declaration){ 0 };
    *json_out = NULL;
    if (copy_all(plugin, &copied, err)) {
        *json_out = declaration_to_json(&copied);
        if (*json_out == NULL) {
            (void)err_set(err, ERR_MEMORY, "no memory for the declaration");
        } else if (!declaration_from_json(*json_out, strlen(*json_out), out, err)) {
            free(*json_out);
            *json_out = NULL;
        }
    }
    declaration_fini(&copied);
    return *json_out != NULL;
}
