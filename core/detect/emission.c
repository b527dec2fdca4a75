/* SPDX-License-Identifier: MIT */
#include "emission.h"

#include "orderflow/detector.h"

#include <math.h>

static const int64_t NS_IN_S = INT64_C(1000000000);

static bool price_sane(int64_t price)
{
    return price >= -EMISSION_PRICE_MAX && price <= EMISSION_PRICE_MAX;
}

static const char *evidence_fault(const struct declared *field, const struct evidence *ev)
{
    switch (field->type) {
    case OFD_REAL:
        return isfinite(ev->f) ? NULL : "evidence is not a finite number";
    case OFD_PRICE:
        return price_sane(ev->i) ? NULL : "evidence is not a possible price";
    case OFD_CHOICE:
        return ev->i >= 0 && ev->i < (int64_t)field->n_choices ? NULL
                                                               : "evidence is none of its words";
    default:
        return NULL;
    }
}

static const char *all_evidence_fault(const struct declaration *d, const struct emission *e)
{
    uint32_t seen = 0;
    _Static_assert(EVIDENCE_MAX <= 32, "one bit per field");
    if (e->n_ev > EVIDENCE_MAX) {
        return "more evidence than a pattern may carry";
    }
    for (uint32_t i = 0; i < e->n_ev; i++) {
        const struct evidence *ev = &e->ev[i];
        if (ev->field >= d->n_fields) {
            return "evidence for a field that is not declared";
        }
        if ((seen & (UINT32_C(1) << ev->field)) != 0) {
            return "evidence twice for one field";
        }
        seen |= UINT32_C(1) << ev->field;
        const char *fault = evidence_fault(&d->fields[ev->field], ev);
        if (fault != NULL) {
            return fault;
        }
    }
    return NULL;
}

const char *emission_fault(const struct declaration *d, const struct emission *e, int64_t oldest_ns,
                           int64_t now_ns)
{
    if (e->kind >= d->n_kinds) {
        return "a kind that is not declared";
    }
    if (e->side != OFD_NO_SIDE && e->side != OFD_BID && e->side != OFD_ASK) {
        return "side is not OFD_NO_SIDE, OFD_BID or OFD_ASK";
    }
    if (e->dir < -1 || e->dir > 1) {
        return "dir is not -1, 0 or 1";
    }
    if (e->ts_ns > now_ns) {
        return "ts_ns lies after the boundary";
    }
    if (e->ts_ns < oldest_ns) {
        return "ts_ns lies before the oldest row";
    }
    if (e->start_ns <= 0 || e->start_ns > e->ts_ns) {
        return "start_ns lies after ts_ns";
    }
    if (e->price != OFD_NO_PRICE && (e->price == 0 || !price_sane(e->price))) {
        return "price is not possible";
    }
    if (!isfinite(e->value)) {
        return "value is not a finite number";
    }
    return all_evidence_fault(d, e);
}

int64_t emission_oldest_ns(const struct declaration *d, int64_t now_ns)
{
    int64_t longest_s = 0;
    for (uint32_t i = 0; i < d->n_windows; i++) {
        longest_s = d->window_s[i] > longest_s ? d->window_s[i] : longest_s;
    }
    return now_ns - (longest_s + d->memory_s) * NS_IN_S + 1;
}
