/* SPDX-License-Identifier: MIT */
#include "condition.h"

#include "orderflow/explain.h"
#include "report_text.h"

#include <math.h>
#include <string.h>

static bool is_key(const char key[DETECTOR_ID_MAX])
{
    size_t n = strnlen(key, DETECTOR_ID_MAX);
    return n > 0 && n < DETECTOR_ID_MAX && key[0] >= 'a' && key[0] <= 'z' &&
           strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789_") == n;
}

static bool is_unit(const char unit[UNIT_MAX])
{
    size_t n = strnlen(unit, UNIT_MAX);
    for (size_t i = 0; i < n; i++) {
        if (unit[i] < ' ' || unit[i] > '~') {
            return false;
        }
    }
    return n < UNIT_MAX;
}

const char *condition_fault(const struct declaration *d, const struct condition *c)
{
    if (!is_key(c->key) || !is_unit(c->unit)) {
        return "a condition's key is not [a-z][a-z0-9_]*, or its unit is not short plain text";
    }
    if (c->kind >= d->n_kinds || c->side < OFD_NO_SIDE || c->side > OFD_ASK || c->dir < -1 ||
        c->dir > 1) {
        return "a condition of a kind, side or direction that there is not";
    }
    if (c->op < OFD_ABOVE || c->op > OFD_AT_MOST || (c->holds != 0 && c->holds != 1)) {
        return "a condition's op or holds is none";
    }
    if (c->param < -1 || c->param >= (int32_t)d->n_params || c->field < -1 ||
        c->field >= (int32_t)d->n_fields) {
        return "a condition of a parameter or field that is not declared";
    }
    if (!isfinite(c->threshold) || isinf(c->value)) {
        return "a condition's number is not finite";
    }
    return isnan(c->value) && c->holds != 0 ? "a condition holds without a value" : NULL;
}

const char *condition_op_text(int32_t op)
{
    return op == OFD_ABOVE ? ">" : op == OFD_AT_LEAST ? ">=" : op == OFD_BELOW ? "<" : "<=";
}

static const char *unit_of(const struct condition *c, const struct declaration *d)
{
    if (c->unit[0] != '\0') {
        return c->unit;
    }
    const char *unit = c->param >= 0   ? d->params[c->param].unit
                       : c->field >= 0 ? d->fields[c->field].unit
                                       : NULL;
    return unit != NULL ? unit : "";
}

void condition_put(const struct condition *c, const struct declaration *d, struct buf *out)
{
    buf_putc(out, '{');
    put_text(out, "type", d->kinds[c->kind]);
    if (c->side != OFD_NO_SIDE) {
        put_text(out, "side", side_name(c->side));
    }
    put_int(out, "dir", c->dir);
    put_text(out, "key", c->key);
    put_text(out, "unit", unit_of(c, d));
    if (isnan(c->value)) {
        put_key(out, "value");
        buf_puts(out, "null");
    } else {
        put_number(out, "value", c->value);
    }
    put_text(out, "op", condition_op_text(c->op));
    put_number(out, "threshold", c->threshold);
    put_key(out, "holds");
    buf_puts(out, c->holds != 0 ? "true" : "false");
    if (c->param >= 0) {
        put_text(out, "param", d->params[c->param].key);
    }
    if (c->field >= 0) {
        put_text(out, "field", d->fields[c->field].key);
    }
    buf_putc(out, '}');
}
