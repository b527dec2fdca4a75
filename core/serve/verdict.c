/* SPDX-License-Identifier: MIT */
#include "verdict.h"

#include "decimal.h"
#include "orderflow/detector.h"

#include <math.h>
#include <string.h>

/* ---- reading ---- */

static void read_text(const struct json *j, const struct json_value *obj, const char *key,
                      char *out, size_t cap)
{
    if (!json_text(j, json_get(j, obj, key), out, cap, NULL)) {
        out[0] = '\0';
    }
}

static bool read_number(const struct json *j, const struct json_value *obj, const char *key,
                        double *out)
{
    const struct json_value *v = json_get(j, obj, key);
    return json_is(v, JSON_NUMBER) && decimal_parse_double(json_raw(j, v), v->len, out, NULL);
}

static bool read_one(const struct json *j, const struct json_value *obj, struct told_condition *c)
{
    *c = (struct told_condition){ .value = (double)NAN };
    read_text(j, obj, "type", c->type, sizeof c->type);
    read_text(j, obj, "side", c->side, sizeof c->side);
    read_text(j, obj, "key", c->key, sizeof c->key);
    read_text(j, obj, "unit", c->unit, sizeof c->unit);
    read_text(j, obj, "op", c->op, sizeof c->op);
    read_text(j, obj, "param", c->param, sizeof c->param);
    read_text(j, obj, "field", c->field, sizeof c->field);
    c->known = read_number(j, obj, "value", &c->value);
    c->holds = json_is(json_get(j, obj, "holds"), JSON_TRUE);
    return c->type[0] != '\0' && c->key[0] != '\0' && c->op[0] != '\0' &&
           json_i64(j, json_get(j, obj, "dir"), &c->dir) &&
           read_number(j, obj, "threshold", &c->threshold);
}

void told_read(const struct json *j, const struct json_value *list, struct told_conditions *out)
{
    out->n = 0;
    const struct json_value *v = json_is(list, JSON_ARRAY) ? json_first(list) : NULL;
    for (uint32_t i = 0; v != NULL && i < list->n && out->n < VERDICT_CONDITIONS_MAX;
         i++, v = json_next(v)) {
        out->n += read_one(j, v, &out->items[out->n]);
    }
}

/* ---- a stored pattern ---- */

static const struct stored_field *field_of(const struct stored_pattern *p, const char *key)
{
    size_t n = strlen(key);
    for (int i = 0; n > 0 && i < p->n_fields; i++) {
        const char *name = p->fields[i].name;
        if (strncmp(name, key, n) == 0 && (name[n] == '\0' || strcmp(name + n, "_") == 0)) {
            return &p->fields[i];
        }
    }
    return NULL;
}

static bool stands(const struct told_condition *c)
{
    bool equal = c->op[1] == '=';
    return c->op[0] == '>' ? c->value > c->threshold || (equal && c->value >= c->threshold)
                           : c->value < c->threshold || (equal && c->value <= c->threshold);
}

void told_of_pattern(const struct stored_pattern *p, struct told_conditions *c)
{
    const char *side = p->e.side == OFD_BID ? "bid" : p->e.side == OFD_ASK ? "ask" : "";
    size_t kept = 0;
    for (size_t i = 0; i < c->n; i++) {
        struct told_condition one = c->items[i];
        if (strcmp(one.type, p->e.kind) != 0 || strcmp(one.side, side) != 0 ||
            (one.dir != 0 && one.dir != p->e.dir)) {
            continue;
        }
        const struct stored_field *f = field_of(p, one.field);
        one.known = f != NULL && f->number &&
                    decimal_parse_double(f->text, strlen(f->text), &one.value, NULL);
        one.holds = one.known && stands(&one);
        one.dir = p->e.dir;
        c->items[kept++] = one;
    }
    c->n = kept;
}

/* ---- drawing ---- */

static bool same_pattern(const struct told_condition *a, const struct told_condition *b)
{
    return strcmp(a->type, b->type) == 0 && strcmp(a->side, b->side) == 0;
}

/* Conditions of either direction belong to each direction that there is. */
static bool belongs(const struct told_condition *c, const struct told_condition *head)
{
    return same_pattern(c, head) && (c->dir == head->dir || c->dir == 0);
}

static bool is_head(const struct told_conditions *c, size_t i)
{
    const struct told_condition *one = &c->items[i];
    for (size_t k = 0; k < c->n; k++) {
        const struct told_condition *other = &c->items[k];
        if (same_pattern(one, other) &&
            ((k < i && other->dir == one->dir) || (one->dir == 0 && other->dir != 0))) {
            return false;
        }
    }
    return true;
}

static void put_condition(struct jput *list, const struct told_condition *c)
{
    double margin = c->op[0] == '>' ? c->value - c->threshold : c->threshold - c->value;
    struct jput o = jput_object(list, NULL);
    jput_text(&o, "key", c->key);
    if (c->known) {
        jput_real(&o, "value", c->value);
    } else {
        jput_null(&o, "value");
    }
    jput_text(&o, "op", c->op);
    jput_real(&o, "threshold", c->threshold);
    if (c->unit[0] != '\0') {
        jput_text(&o, "unit", c->unit);
    }
    if (c->known) {
        jput_bool(&o, "holds", c->holds);
        jput_real(&o, "margin", margin);
    }
    if (c->param[0] != '\0' && strcmp(c->param, c->key) != 0) {
        jput_text(&o, "param", c->param);
    }
    jput_close(&o);
}

static void put_verdict(struct jput *verdicts, const struct told_conditions *c, size_t head)
{
    const struct told_condition *h = &c->items[head];
    bool fires = true;
    struct jput v = jput_object(verdicts, NULL);
    jput_text(&v, "type", h->type);
    if (h->side[0] != '\0') {
        jput_text(&v, "side", h->side);
    }
    jput_int(&v, "dir", h->dir);
    struct jput missing = jput_array(&v, "missing");
    for (size_t i = 0; i < c->n; i++) {
        if (belongs(&c->items[i], h) && !c->items[i].holds) {
            fires = false;
            jput_text(&missing, NULL, c->items[i].key);
        }
    }
    jput_close(&missing);
    jput_bool(&v, "fires", fires);
    struct jput list = jput_array(&v, "conditions");
    for (size_t i = 0; i < c->n; i++) {
        if (belongs(&c->items[i], h)) {
            put_condition(&list, &c->items[i]);
        }
    }
    jput_close(&list);
    jput_close(&v);
}

void verdicts_put(struct jput *root, const struct told_conditions *c)
{
    struct jput verdicts = jput_array(root, "verdicts");
    for (size_t i = 0; i < c->n; i++) {
        if (is_head(c, i)) {
            put_verdict(&verdicts, c, i);
        }
    }
    jput_close(&verdicts);
}
