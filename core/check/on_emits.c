/* SPDX-License-Identifier: MIT */
/* Checks 30 to 35: what a detector says. */
#include "checks.h"
#include "clock.h"
#include "rig.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 800 };

/* ---- 30 to 32 -------------------------------------------------------------------------------- */

/* Row by row, by the second and all at once. */
static void judge_faults(struct probe *p, enum fault_kind kind)
{
    static const int64_t intervals_ns[] = { 50 * NS_PER_MS, NS_PER_S, 3600 * NS_PER_S };
    struct plug g;
    struct reel t;
    double params[RIG_PARAMS_MAX];
    if (!plug_load(&g, p, p->path, false) || !rig_provoke(&g, &t, ROWS, params, p)) {
        return;
    }
    for (size_t i = 0; i < sizeof intervals_ns / sizeof *intervals_ns && p->failed == 0; i++) {
        struct rig r;
        rig_init(&r, &g);
        memcpy(r.params, params, sizeof params);
        if (rig_play(&r, &t, intervals_ns[i]) && r.faults[kind].n > 0) {
            probe_fail(p, "%u of its emissions: %s", r.faults[kind].n, r.faults[kind].first);
        }
        rig_fini(&r);
    }
    reel_fini(&t);
}

void check_emit_fields(struct probe *p)
{
    judge_faults(p, FAULT_FIELDS);
}

void check_emit_numbers(struct probe *p)
{
    judge_faults(p, FAULT_NUMBERS);
}

void check_emit_times(struct probe *p)
{
    judge_faults(p, FAULT_TIMES);
}

/* ---- 33 -------------------------------------------------------------------------------------- */

void check_emit_limit(struct probe *p)
{
    struct plug g;
    struct reel t;
    double params[RIG_PARAMS_MAX];
    if (!plug_load(&g, p, p->path, false) || !rig_provoke(&g, &t, ROWS, params, p)) {
        return;
    }
    for (uint32_t limit = 0; limit < 3 && p->failed == 0; limit++) {
        struct rig r;
        rig_init(&r, &g);
        memcpy(r.params, params, sizeof params);
        r.limit = limit;
        if (rig_play(&r, &t, 20 * NS_PER_S) && r.after_limit > 0) {
            probe_fail(p, "%u times it emitted again after OFD_LIMIT, which came at emission %u",
                       r.after_limit, limit + 1);
        }
        rig_fini(&r);
    }
    reel_fini(&t);
}

/* ---- 34 -------------------------------------------------------------------------------------- */

enum { FREEZES = 40, FROZEN = 20 };

/* The tape with its row stopped at several places: the same quote, again and again, 1 ms apart. */
static bool freeze(struct reel *out, const struct reel *from, size_t frozen_at[], size_t *n_frozen,
                   struct err *err)
{
    size_t every = from->n / FREEZES + 1;
    int64_t later_ns = 0;
    if (!reel_init(out, from->n + (FREEZES + 1) * FROZEN, err)) {
        return false;
    }
    *n_frozen = 0;
    for (size_t i = 0; i < from->n; i++) {
        bool stop = i % every == every - 1 && *n_frozen < FREEZES;
        for (size_t k = 0; k < (stop ? FROZEN : 1); k++) {
            size_t to = out->n++;
            if (stop && k == 1) {
                frozen_at[(*n_frozen)++] = to;
            }
            later_ns += k > 0 ? NS_PER_MS : 0;
            out->ts_ns[to] = from->ts_ns[i] + later_ns;
            out->bid_px[to] = from->bid_px[i];
            out->ask_px[to] = from->ask_px[i];
            out->bid_sz[to] = from->bid_sz[i];
            out->ask_sz[to] = from->ask_sz[i];
        }
    }
    out->px_tick = from->px_tick;
    reel_classify(out);
    reel_pad(out);
    return true;
}

/* Emissions about one row, as a range of s->all. */
struct about {
    size_t first, end;
};

static struct about about_row(const struct said *s, int64_t ts_ns, size_t from)
{
    struct about a = { .first = from };
    while (a.first < s->n && s->all[a.first].ts_ns < ts_ns) {
        a.first++;
    }
    a.end = a.first;
    while (a.end < s->n && s->all[a.end].ts_ns == ts_ns) {
        a.end++;
    }
    return a;
}

/* Both rows have emissions of this kind and side, and none at a common price. */
static bool moved(const struct said *s, struct about a, struct about b, const struct emission *e)
{
    bool before = false;
    for (size_t i = a.first; i < a.end; i++) {
        const struct emission *o = &s->all[i];
        if (o->kind != e->kind || o->side != e->side) {
            continue;
        }
        before = true;
        for (size_t k = b.first; k < b.end; k++) {
            const struct emission *n = &s->all[k];
            if (n->kind == o->kind && n->side == o->side && n->price == o->price) {
                return false;
            }
        }
    }
    return before;
}

static void judge_freeze(struct probe *p, const struct plug *g, const struct said *s,
                         const struct reel *t, size_t at)
{
    unsigned moves = 0;
    struct about last = about_row(s, t->ts_ns[at], 0);
    size_t example = 0;
    for (size_t i = at + 1; i < at + FROZEN - 1; i++) {
        struct about next = about_row(s, t->ts_ns[i], last.end);
        if (next.end > next.first && moved(s, last, next, &s->all[next.first])) {
            moves++;
            example = next.first;
        }
        last = next;
    }
    if (moves > (FROZEN - 2) / 4) {
        char text[240];
        emission_print(g, &s->all[example], text, sizeof text);
        probe_fail(p, "the quote stands still for %d rows, its price moves %u times: %s", FROZEN,
                   moves, text);
    }
}

/* Rows of one time may each be spoken of. */
static bool lone_row(const struct reel *t, int64_t ts_ns)
{
    size_t low = 0, high = t->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (t->ts_ns[middle] < ts_ns) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low + 1 >= t->n || t->ts_ns[low + 1] != ts_ns;
}

/* One pattern at one row is said once. */
static void judge_repeats(struct probe *p, const struct plug *g, const struct said *s,
                          const struct reel *t)
{
    for (size_t i = 1; i < s->n && p->failed == 0; i++) {
        const struct emission *a = &s->all[i];
        if (!lone_row(t, a->ts_ns)) {
            continue;
        }
        for (size_t k = i; k-- > 0 && s->all[k].ts_ns == a->ts_ns;) {
            const struct emission *b = &s->all[k];
            if (a->kind == b->kind && a->side == b->side && a->dir == b->dir &&
                a->price == b->price) {
                char text[240];
                emission_print(g, a, text, sizeof text);
                probe_fail(p, "it says the same thing twice about one row: %s", text);
                break;
            }
        }
    }
}

/* A level stands on the ticker's step, a middle on half of it; a mean stands anywhere. */
static void judge_levels(struct probe *p, const struct plug *g, const struct said *s, int64_t step)
{
    size_t priced = 0, off = 0, example = 0;
    for (size_t i = 0; i < s->n; i++) {
        bool has = s->all[i].price != OFD_NO_PRICE;
        bool stands = !has || s->all[i].price % (step / 2) == 0;
        priced += has;
        off += !stands;
        example = stands ? example : i;
    }
    if (off > priced / 2) {
        char text[240];
        emission_print(g, &s->all[example], text, sizeof text);
        probe_warn(p, "%zu of its %zu prices are no level a quote can have: %s", off, priced, text);
    }
}

void check_emit_identity(struct probe *p)
{
    struct plug g;
    struct reel t, still;
    struct rig r;
    struct err err = { 0 };
    double params[RIG_PARAMS_MAX];
    size_t frozen_at[FREEZES], n_frozen = 0;
    if (!plug_load(&g, p, p->path, false) || !rig_provoke(&g, &t, ROWS, params, p)) {
        return;
    }
    CHECK(freeze(&still, &t, frozen_at, &n_frozen, &err));
    rig_init(&r, &g);
    memcpy(r.params, params, sizeof params);
    if (rig_play(&r, &still, NS_PER_S)) {
        judge_repeats(p, &g, &r.said, &still);
        if (r.faults[FAULT_TIMES].n == 0) {
            judge_levels(p, &g, &r.said, still.px_tick);
        }
        for (size_t i = 0; i < n_frozen && p->failed == 0; i++) {
            judge_freeze(p, &g, &r.said, &still, frozen_at[i]);
        }
    }
    rig_fini(&r);
    reel_fini(&t);
    reel_fini(&still);
}

/* ---- 35 -------------------------------------------------------------------------------------- */

void check_emit_origin(struct probe *p)
{
    enum { HOLES = 64 };
    struct plug g;
    struct reel t;
    struct rig a, b;
    char why[700];
    void *holes[HOLES];
    double params[RIG_PARAMS_MAX];
    if (!plug_load(&g, p, p->path, false) || !rig_provoke(&g, &t, ROWS, params, p)) {
        return;
    }
    rig_init(&a, &g);
    rig_init(&b, &g);
    memcpy(a.params, params, sizeof params);
    memcpy(b.params, params, sizeof params);
    bool ok = rig_play(&a, &t, NS_PER_S);
    for (size_t i = 0; i < HOLES; i++) {
        holes[i] = malloc(16 + i * 40);
    }
    b.seq_offset = 1000003;
    b.explain = true;
    b.ticker = "OTHER.NAME";
    ok = ok && rig_play(&b, &t, NS_PER_S);
    for (size_t i = 0; i < HOLES; i++) {
        free(holes[i]);
    }
    if (ok && !said_equal(&g, &a.said, &b.said, why, sizeof why)) {
        probe_fail(p, "with rows and ticks numbered from 1000003, asked to explain: %s", why);
    }
    rig_fini(&a);
    rig_fini(&b);
    reel_fini(&t);
}
