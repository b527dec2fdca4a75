/* SPDX-License-Identifier: MIT */
#include "golden_judge.h"

#include "golden_print.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RANDOM_SPLITS = 20 };

/* ---- comparison with what is expected ----------------------------------------------------------
 */

static bool real_matches(double is, const struct golden_pair *want)
{
    double wanted = strtod(want->text, NULL);
    double tolerance = want->tolerance < 0 ? 1e-9 * fmax(1.0, fabs(wanted)) : want->tolerance;
    return fabs(is - wanted) <= tolerance;
}

static bool evidence_matches(const struct harness *h, const struct harness_found *f,
                             const struct golden_pair *want)
{
    if (strcmp(want->key, "value") == 0) {
        return real_matches(f->value, want);
    }
    const ofd_value *v = harness_evidence(h, f, want->key);
    if (v == NULL || strcmp(want->text, "-") == 0) {
        return v == NULL && strcmp(want->text, "-") == 0;
    }
    const ofd_field *field = harness_field(h, v->field);
    int64_t wanted = 0;
    switch (field->type) {
    case OFD_REAL:
        return real_matches(v->f, want);
    case OFD_CHOICE:
        return strcmp(field->choices[v->i], want->text) == 0;
    default:
        return golden_fixed(want->text, field->type == OFD_PRICE ? 9 : 0, &wanted) &&
               v->i == wanted;
    }
}

static bool matches(const struct harness *h, const struct harness_found *f,
                    const struct golden_expect *e)
{
    if (f->ts_ns != e->ts_ns || f->side != e->side || f->dir != e->dir || f->price != e->price ||
        strcmp(harness_kind(h, f->kind)->key, e->kind) != 0) {
        return false;
    }
    for (size_t i = 0; i < e->n_checks; i++) {
        if (!evidence_matches(h, f, &e->checks[i])) {
            return false;
        }
    }
    return true;
}

/* Walks expectations and emissions side by side. */
struct comparison {
    size_t i, j; /* the next of each */
    bool missing, surplus;
};

/* Moves on to the next difference; false at the end. */
static bool next_difference(const struct harness *h, const struct golden_case *c,
                            struct comparison *at)
{
    while (at->i < c->n_expects && at->j < h->n_found &&
           matches(h, &h->found[at->j], &c->expects[at->i])) {
        at->i++;
        at->j++;
    }
    bool expects = at->i < c->n_expects, found = at->j < h->n_found;
    at->missing = expects && (!found || c->expects[at->i].ts_ns <= h->found[at->j].ts_ns);
    at->surplus = found && !at->missing;
    return expects || found;
}

static bool as_expected(const struct harness *h, const struct golden_case *c, const char *path,
                        bool quiet)
{
    struct comparison at = { 0 };
    size_t differences = 0;
    while (next_difference(h, c, &at) && !(quiet && differences > 0)) {
        if (differences++ == 0 && !quiet) {
            (void)printf("FAIL %s: %s\n", path, c->name);
        }
        if (at.missing && !quiet) {
            golden_print_expected(stdout, "  - ", &c->expects[at.i]);
        } else if (at.surplus && !quiet) {
            golden_print_found(stdout, "  + ", h, &h->found[at.j]);
        }
        at.i += at.missing;
        at.j += at.surplus;
    }
    return differences == 0;
}

const struct harness_found *golden_surplus(const struct harness *h, const struct golden_case *c)
{
    struct comparison at = { 0 };
    while (next_difference(h, c, &at) && !at.surplus) {
        at.i++;
    }
    return at.surplus ? &h->found[at.j] : NULL;
}

/* ---- the same rows in other batches ------------------------------------------------------------
 */

bool golden_same(const struct harness_found *a, const struct harness_found *b)
{
    bool same = a->kind == b->kind && a->side == b->side && a->dir == b->dir &&
                a->ts_ns == b->ts_ns && a->start_ns == b->start_ns && a->price == b->price &&
                a->value == b->value && a->n_ev == b->n_ev;
    for (uint32_t i = 0; same && i < a->n_ev; i++) {
        same = a->ev[i].field == b->ev[i].field && a->ev[i].i == b->ev[i].i;
    }
    return same;
}

/* A fixed sequence, the same on every machine. */
static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* Runs a case from row n_seen on, in batches of up to max_batch rows (0: random ones, some of them
 * empty). */
static bool run(struct harness *h, const struct golden_case *c, size_t n_seen, size_t max_batch,
                uint32_t seed)
{
    bool ok = harness_begin(h, c->rows, c->n_rows, n_seen, c->px_tick);
    for (ok = ok && harness_feed(h, 0, 0); ok && h->n_fed < c->n_rows;) {
        size_t n = max_batch > 0 ? max_batch : next_random(&seed) % (2 + seed % 40);
        ok = harness_feed(h, n, 0);
    }
    harness_end(h);
    return ok;
}

/* Says the same about rows [n_seen, n_rows) as the reference did, which went row by row. */
static bool says_the_same(struct harness *h, const struct golden_case *c, size_t n_seen,
                          size_t max_batch, uint32_t seed)
{
    struct harness_found *reference = h->found;
    size_t n = h->n_found, cap = h->cap_found, skip = 0;
    while (skip < n && reference[skip].row < n_seen) {
        skip++;
    }
    h->found = NULL;
    h->n_found = h->cap_found = 0;
    bool same = run(h, c, n_seen, max_batch, seed) && h->n_found == n - skip;
    for (size_t i = 0; same && i < h->n_found; i++) {
        same = golden_same(&h->found[i], &reference[skip + i]);
    }
    free(h->found);
    h->found = reference;
    h->n_found = n;
    h->cap_found = cap;
    return same;
}

/* How a case is cut into batches, one way after the other. */
struct split {
    uint32_t seed; /* 0: one call; then RANDOM_SPLITS random ways */
    size_t row;    /* where late instances begin */
};

static bool batches_change_nothing(struct harness *h, const struct golden_case *c, struct split *at)
{
    bool same = says_the_same(h, c, 0, c->n_rows + 1, 0);
    while (same && at->seed < RANDOM_SPLITS) {
        same = says_the_same(h, c, 0, 0, ++at->seed);
    }
    while (same && at->row < c->n_rows) {
        same = says_the_same(h, c, at->row, c->n_rows, 0);
        at->row += 1 + c->n_rows / 50;
    }
    return same;
}

bool golden_stable(struct harness *h, const struct golden_case *c)
{
    return batches_change_nothing(h, c, &(struct split){ 0 });
}

/* ---- all of it --------------------------------------------------------------------------------
 */

bool golden_run(struct harness *h, const struct golden_case *c)
{
    h->why[0] = '\0';
    harness_set_defaults(h);
    bool ok = true;
    for (size_t i = 0; ok && i < c->n_sets; i++) {
        ok = harness_set(h, c->sets[i].key, c->sets[i].text);
    }
    return ok && run(h, c, 0, 1, 0);
}

enum golden_verdict golden_judge(struct harness *h, const struct golden_case *c, const char *path,
                                 bool quiet)
{
    if (!golden_run(h, c)) {
        if (!quiet) {
            (void)printf("FAIL %s: %s: %s\n", path, c->name, h->why);
        }
        return GOLDEN_REFUSED;
    }
    if (!as_expected(h, c, path, quiet)) {
        return GOLDEN_DIFFERS;
    }
    struct split at = { 0 };
    if (batches_change_nothing(h, c, &at)) {
        return GOLDEN_GOOD;
    }
    if (!quiet) {
        (void)printf("FAIL %s: %s: other batches, other answer (split %" PRIu32 ", row %zu) %s\n",
                     path, c->name, at.seed, at.row, h->why);
    }
    return GOLDEN_UNSTABLE;
}
