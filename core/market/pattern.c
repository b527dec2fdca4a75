/* SPDX-License-Identifier: MIT */
#include "pattern.h"

#include "clock.h"

#include "buf.h"
#include "decimal.h"
#include "orderflow/detector.h"
#include "utf8.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { JSON_MAX_BYTES = 8 << 20 };

static void declared_fini(struct declared *d)
{
    free(d->key);
    free(d->unit);
    free(d->help);
    for (uint32_t i = 0; i < CHOICES_MAX; i++) {
        free(d->choices[i]);
    }
}

void declaration_fini(struct declaration *d)
{
    char *texts[] = { d->name, d->version, d->vendor, d->description, d->url, d->license };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        free(texts[i]);
    }
    for (size_t i = 0; i < PARAMS_MAX; i++) {
        declared_fini(&d->params[i]);
    }
    for (size_t i = 0; i < EVIDENCE_MAX; i++) {
        declared_fini(&d->fields[i]);
    }
    for (size_t i = 0; i < KINDS_MAX; i++) {
        free(d->kinds[i]);
        free(d->kind_helps[i]);
    }
    *d = (struct declaration){ 0 };
}

int64_t declaration_sight_ns(const struct declaration *d)
{
    uint32_t longest_s = 0;
    for (uint32_t i = 0; i < d->n_windows; i++) {
        longest_s = d->window_s[i] > longest_s ? d->window_s[i] : longest_s;
    }
    return ((int64_t)longest_s + d->memory_s) * NS_PER_S;
}

/* What JSON cannot carry unchanged is written as null, which the reader refuses. */
static void put_text(struct buf *b, const char *text)
{
    size_t n = text == NULL ? 0 : strlen(text);
    if (text == NULL || !utf8_valid(text, n)) {
        buf_puts(b, "null");
    } else {
        buf_json(b, text, n);
    }
}

static void put_member(struct buf *b, const char *key, const char *text)
{
    buf_printf(b, ",\"%s\":", key);
    put_text(b, text);
}

static void put_number(struct buf *b, const char *key, double x)
{
    char text[DECIMAL_MAX];
    (void)decimal_print_repr(text, x);
    buf_printf(b, ",\"%s\":%s", key, isfinite(x) ? text : "null");
}

static const char *type_name(uint32_t type)
{
    switch (type) {
    case OFD_INT:
        return "int";
    case OFD_REAL:
        return "real";
    case OFD_PRICE:
        return "price";
    case OFD_CHOICE:
        return "choice";
    default:
        return NULL;
    }
}

static void put_declared(struct buf *b, const struct declared *d, bool is_param)
{
    buf_puts(b, "{\"key\":");
    put_text(b, d->key);
    put_member(b, "type", type_name(d->type));
    put_member(b, "unit", d->unit);
    put_member(b, "help", d->help);
    if (is_param) {
        put_number(b, "def", d->def);
        put_number(b, "min", d->min);
        put_number(b, "max", d->max);
        put_number(b, "step", d->step);
    }
    buf_puts(b, ",\"choices\":[");
    for (uint32_t i = 0; i < d->n_choices; i++) {
        buf_puts(b, i == 0 ? "" : ",");
        put_text(b, d->choices[i]);
    }
    buf_puts(b, "]}");
}

static void put_list(struct buf *b, const char *name, const struct declared *list, uint32_t n)
{
    bool is_params = strcmp(name, "params") == 0;
    buf_printf(b, ",\"%s\":[", name);
    for (uint32_t i = 0; i < n; i++) {
        buf_puts(b, i == 0 ? "" : ",");
        put_declared(b, &list[i], is_params);
    }
    buf_putc(b, ']');
}

static void put_head(struct buf *b, const struct declaration *d)
{
    buf_puts(b, "{\"id\":");
    put_text(b, d->id);
    put_member(b, "name", d->name);
    put_member(b, "version", d->version);
    put_member(b, "vendor", d->vendor);
    put_member(b, "description", d->description);
    put_member(b, "url", d->url);
    put_member(b, "license", d->license);
    /* as text: JSON numbers are doubles and lose bits above 2^53 */
    buf_printf(b, ",\"flags\":\"0x%" PRIx64 "\",\"columns\":\"0x%" PRIx64 "\"", d->flags,
               d->columns);
    buf_printf(b, ",\"memory_s\":%" PRIu32 ",\"budget_us\":%" PRIu32 ",\"window_s\":[", d->memory_s,
               d->budget_us);
    for (uint32_t i = 0; i < d->n_windows; i++) {
        buf_printf(b, "%s%" PRIu32, i == 0 ? "" : ",", d->window_s[i]);
    }
    buf_putc(b, ']');
}

static void put_kinds(struct buf *b, const struct declaration *d)
{
    buf_puts(b, ",\"kinds\":[");
    for (uint32_t i = 0; i < d->n_kinds; i++) {
        buf_puts(b, i == 0 ? "{\"key\":" : ",{\"key\":");
        put_text(b, d->kinds[i]);
        put_member(b, "help", d->kind_helps[i]);
        buf_putc(b, '}');
    }
    buf_puts(b, "]}");
}

char *declaration_to_json(const struct declaration *d)
{
    CHECK(d->n_windows <= WINDOWS_MAX && d->n_params <= PARAMS_MAX);
    CHECK(d->n_fields <= EVIDENCE_MAX && d->n_kinds <= KINDS_MAX);
    struct buf b;
    buf_init(&b, JSON_MAX_BYTES);
    put_head(&b, d);
    put_list(&b, "params", d->params, d->n_params);
    put_list(&b, "fields", d->fields, d->n_fields);
    put_kinds(&b, d);
    if (b.failed) {
        buf_fini(&b);
    }
    return b.data;
}
