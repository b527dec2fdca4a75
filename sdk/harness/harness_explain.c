/* SPDX-License-Identifier: MIT */
/* Does a detector's explanation agree with what it does? */
#include "harness.h"

#include <orderflow/explain.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { CONDITIONS_MAX = 64 };

/* What explain() said, and whether it may say it. */
struct heard {
    const struct harness *h;
    ofd_condition items[CONDITIONS_MAX];
    uint32_t n;
    char wrong[96]; /* "" nothing */
};

static bool stands(const ofd_condition *c)
{
    switch (c->op) {
    case OFD_ABOVE:
        return c->value > c->threshold;
    case OFD_AT_LEAST:
        return c->value >= c->threshold;
    case OFD_BELOW:
        return c->value < c->threshold;
    default:
        return c->value <= c->threshold;
    }
}

/* A bare comparison may be off by a rounding: then value and threshold are as good as equal. */
static bool holds_as_it_stands(const ofd_condition *c)
{
    bool near = fabs(c->value - c->threshold) <= 1e-9 * fmax(fabs(c->value), fabs(c->threshold));
    return stands(c) == (c->holds != 0) || near;
}

static const char *fault(const struct heard *heard, const ofd_condition *c)
{
    const ofd_plugin *p = heard->h->plugin;
    if (!OFD_HAS(c, ofd_condition, threshold) || c->key == NULL || c->key[0] == '\0' ||
        strlen(c->key) > 32) {
        return "bad size or key";
    }
    if (c->kind >= p->n_kinds || c->side < OFD_NO_SIDE || c->side > OFD_ASK || c->dir < -1 ||
        c->dir > 1 || c->op < OFD_ABOVE || c->op > OFD_AT_MOST) {
        return "bad kind, side, dir or op";
    }
    if (c->param < -1 || c->param >= (int32_t)p->n_params || c->field < -1 ||
        c->field >= (int32_t)p->n_fields) {
        return "no such parameter or field";
    }
    if (!isfinite(c->threshold) || isinf(c->value) || (isnan(c->value) && c->holds != 0)) {
        return "holds without a value, or a number is not finite";
    }
    return holds_as_it_stands(c) ? NULL : "does not stand to its threshold as it says";
}

static int32_t say(const ofd_explain_out *out, const ofd_condition *c)
{
    struct heard *heard = out->ctx;
    const char *what = fault(heard, c);
    if (what != NULL) {
        (void)snprintf(heard->wrong, sizeof heard->wrong, "%.33s: %s",
                       c->key != NULL ? c->key : "?", what);
        return OFD_BAD_VALUE;
    }
    if (heard->n == CONDITIONS_MAX) {
        return OFD_LIMIT;
    }
    heard->items[heard->n++] = *c;
    return 0;
}

static bool same_pattern(const ofd_condition *c, uint32_t kind, int32_t side, int32_t dir)
{
    return c->kind == kind && c->side == side && (c->dir == dir || c->dir == 0);
}

static bool all_hold(const struct heard *heard, uint32_t kind, int32_t side, int32_t dir)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < heard->n; i++) {
        if (same_pattern(&heard->items[i], kind, side, dir)) {
            n++;
            if (heard->items[i].holds == 0) {
                return false;
            }
        }
    }
    return n > 0;
}

static bool was_emitted(const struct harness *h, const ofd_condition *c)
{
    for (size_t i = h->n_found; i-- > 0 && h->found[i].row == h->n_fed - 1;) {
        const struct harness_found *f = &h->found[i];
        if (same_pattern(c, f->kind, f->side, f->dir)) {
            return true;
        }
    }
    return false;
}

/* Conditions of either direction beside ones of one direction belong to both, and are none alone.
 */
static bool is_shared(const struct heard *heard, const ofd_condition *c)
{
    for (uint32_t i = 0; c->dir == 0 && i < heard->n; i++) {
        const ofd_condition *other = &heard->items[i];
        if (other->kind == c->kind && other->side == c->side && other->dir != 0) {
            return true;
        }
    }
    return false;
}

static bool contradicts(const struct heard *heard, char *why, size_t n)
{
    const struct harness *h = heard->h;
    for (uint32_t i = 0; i < heard->n; i++) {
        const ofd_condition *c = &heard->items[i];
        bool explained = all_hold(heard, c->kind, c->side, c->dir);
        if (!is_shared(heard, c) && explained != was_emitted(h, c)) {
            (void)snprintf(why, n, "explain() says that side %d dir %d %s at row %zu, detect() not",
                           c->side, c->dir, explained ? "is true" : "is not true", h->n_fed - 1);
            return true;
        }
    }
    for (size_t i = h->n_found; i-- > 0 && h->found[i].row == h->n_fed - 1;) {
        const struct harness_found *f = &h->found[i];
        if (!all_hold(heard, f->kind, f->side, f->dir)) {
            (void)snprintf(why, n, "explain() leaves out what detect() emits at row %zu",
                           h->n_fed - 1);
            return true;
        }
    }
    return false;
}

bool harness_explains(struct harness *h, const ofd_tick *tick, char *why, size_t n)
{
    const ofd_explain *x = h->plugin->ext != NULL ? h->plugin->ext(OFD_EXPLAIN_ID) : NULL;
    if (x == NULL) {
        return true;
    }
    struct heard heard = { .h = h };
    const ofd_explain_out out = { .size = sizeof out, .ctx = &heard, .say = say };
    int32_t status = x->explain(h->self, tick, &out);
    if (status < 0 || heard.wrong[0] != '\0') {
        (void)snprintf(why, n, "explain() answered %d: %s", status, heard.wrong);
        return false;
    }
    return !contradicts(&heard, why, n);
}
