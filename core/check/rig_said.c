/* SPDX-License-Identifier: MIT */
/* What a detector said: kept, compared, told in words; and how to make it say something. */
#include "clock.h"
#include "param_text.h"
#include "reel_file.h"
#include "rig.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void said_fini(struct said *s)
{
    free(s->all);
    free(s->tick);
    *s = (struct said){ 0 };
}

static bool same_bits(double a, double b)
{
    uint64_t x, y;
    memcpy(&x, &a, sizeof x);
    memcpy(&y, &b, sizeof y);
    return x == y;
}

bool emission_equal(const struct emission *a, const struct emission *b)
{
    bool same = a->kind == b->kind && a->side == b->side && a->dir == b->dir &&
                a->ts_ns == b->ts_ns && a->start_ns == b->start_ns && a->price == b->price &&
                same_bits(a->value, b->value) && a->n_ev == b->n_ev;
    for (uint32_t i = 0; same && i < a->n_ev; i++) {
        same = a->ev[i].field == b->ev[i].field && a->ev[i].i == b->ev[i].i; /* or .f: all bits */
    }
    return same;
}

static void put_evidence(const struct plug *g, const struct evidence *ev, struct buf *out)
{
    if (ev->field >= g->plugin->n_fields) {
        return;
    }
    const ofd_field *f = plug_field(g, ev->field);
    buf_printf(out, " %s=", f->key != NULL ? f->key : "?");
    if (f->type == OFD_REAL) {
        buf_printf(out, "%.17g", ev->f);
    } else {
        buf_printf(out, "%" PRId64, ev->i);
    }
}

void emission_print(const struct plug *g, const struct emission *e, char *out, size_t n)
{
    struct buf b;
    const char *kind = e->kind < g->plugin->n_kinds ? plug_kind(g, e->kind)->key : NULL;
    buf_init(&b, 1024);
    buf_printf(&b, "%s %s", kind != NULL ? kind : "?",
               e->side == OFD_BID   ? "bid"
               : e->side == OFD_ASK ? "ask"
                                    : "-");
    if (e->price != OFD_NO_PRICE) {
        buf_printf(&b, " %.9g", (double)e->price * 1e-9);
    }
    buf_printf(&b, " ts_ns=%" PRId64 " value=%.17g", e->ts_ns, e->value);
    for (uint32_t i = 0; i < e->n_ev; i++) {
        put_evidence(g, &e->ev[i], &b);
    }
    (void)snprintf(out, n, "%s", b.data != NULL ? b.data : "?");
    buf_fini(&b);
}

bool said_equal(const struct plug *g, const struct said *a, const struct said *b, char *why,
                size_t n)
{
    char left[240] = "nothing", right[240] = "nothing";
    size_t i = 0;
    while (i < a->n && i < b->n && emission_equal(&a->all[i], &b->all[i])) {
        i++;
    }
    if (i == a->n && i == b->n) {
        return true;
    }
    if (i < a->n) {
        emission_print(g, &a->all[i], left, sizeof left);
    }
    if (i < b->n) {
        emission_print(g, &b->all[i], right, sizeof right);
    }
    (void)snprintf(why, n, "emission %zu of %zu and %zu: [%s] became [%s]", i, a->n, b->n, left,
                   right);
    return false;
}

static uint64_t mix(uint64_t h, const void *bytes, size_t n)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < n; i++) {
        h = (h ^ at[i]) * UINT64_C(0x100000001b3);
    }
    return h;
}

uint64_t said_hash(const struct said *s)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < s->n; i++) {
        const struct emission *e = &s->all[i];
        h = mix(h, &e->kind, sizeof e->kind);
        h = mix(h, &e->side, sizeof e->side);
        h = mix(h, &e->dir, sizeof e->dir);
        h = mix(h, &e->ts_ns, sizeof e->ts_ns);
        h = mix(h, &e->start_ns, sizeof e->start_ns);
        h = mix(h, &e->price, sizeof e->price);
        h = mix(h, &e->value, sizeof e->value);
        for (uint32_t k = 0; k < e->n_ev; k++) {
            h = mix(h, &e->ev[k].field, sizeof e->ev[k].field);
            h = mix(h, &e->ev[k].i, sizeof e->ev[k].i);
            h = mix(h, &e->ev[k].f, sizeof e->ev[k].f);
        }
    }
    return h;
}

/* ---- making it speak ----------------------------------------------------------------------- */

/* Tapes to try: sizes, how much slower than 10 rows a second, how many times longer. */
static const struct {
    double size;
    int64_t slower;
    size_t longer;
} tapes[] = { { 1, 1, 1 }, { 1, 8, 1 }, { 20, 1, 1 }, { 0.05, 1, 1 }, { 1, 8, 6 } };

static void make_tape(struct reel *t, size_t rows, uint64_t seed, size_t i)
{
    struct err err = { 0 };
    CHECK(reel_lively(t, rows * tapes[i].longer, seed, tapes[i].size, &err));
    for (size_t k = 1; k < t->n; k++) {
        t->ts_ns[k] = t->ts_ns[0] + (t->ts_ns[k] - t->ts_ns[0]) * tapes[i].slower;
    }
    reel_pad(t);
}

/* Setting k of the search: 0 defaults; then each parameter alone at min, at max; all at min; max.
 */
static void set_params(const struct plug *g, double *params, uint32_t k)
{
    uint32_t n = g->plugin->n_params;
    for (uint32_t i = 0; i < n; i++) {
        const ofd_param *p = plug_param(g, i);
        bool choice = p->type == OFD_CHOICE;
        double low = choice ? 0 : p->min;
        double high = choice ? (double)p->n_choices - 1 : p->max;
        bool lowest = k == i + 1 || k == 2 * n + 1;
        bool highest = k == n + i + 1 || k == 2 * n + 2;
        params[i] = lowest ? low : highest ? high : p->def;
    }
}

static size_t count_said(struct plug *g, const struct reel *t, const double *params)
{
    struct rig r;
    rig_init(&r, g);
    memcpy(r.params, params, g->plugin->n_params * sizeof *params);
    size_t n = 0;
    if (rig_create(&r)) {
        (void)rig_run(&r, t, 0, t->n, NS_PER_S);
        n = r.said.n;
    }
    rig_fini(&r);
    return n;
}

/* The first setting and tape at which it says at least `least` things. */
static bool search(struct plug *g, struct reel *tape_out, size_t rows, double params[],
                   struct probe *p, size_t least)
{
    uint32_t settings = g->plugin->n_params == 0 ? 1 : 2 * g->plugin->n_params + 3;
    for (uint32_t k = 0; k < settings; k++) {
        set_params(g, params, k);
        for (size_t i = 0; i < sizeof tapes / sizeof *tapes; i++) {
            make_tape(tape_out, rows, p->seed, i);
            if (count_said(g, tape_out, params) >= least) {
                return true;
            }
            reel_fini(tape_out);
        }
    }
    return false;
}

bool rig_window(struct plug *g, struct reel *out, double params[], struct probe *p)
{
    struct reel_sets sets;
    struct err err = { 0 };
    if (!reel_read(out, p->window_path, &sets, &err)) {
        probe_skip(p, "%s", err.text);
        return false;
    }
    if (!param_text_take(g, sets.text, params, &err)) {
        probe_skip(p, "%s: set: %s", p->window_path, err.text);
        reel_fini(out);
        return false;
    }
    return true;
}

bool rig_provoke(struct plug *g, struct reel *tape_out, size_t rows, double params[],
                 struct probe *p)
{
    enum { ENOUGH = 8 };
    if (p->window_path != NULL) {
        set_params(g, params, 0);
        if (!rig_window(g, tape_out, params, p)) {
            return false;
        }
        if (count_said(g, tape_out, params) > 0) {
            return true;
        }
        reel_fini(tape_out);
    }
    if (search(g, tape_out, rows, params, p, ENOUGH) || search(g, tape_out, rows, params, p, 1)) {
        return true;
    }
    probe_skip(p, "it said nothing on the test tapes, whatever its parameters");
    return false;
}
