/* SPDX-License-Identifier: MIT */
/*
 * run_golden PLUGIN.so FILE... [--update]
 *
 * Feeds every case of the golden files to a detector row by row and compares what it says with what
 * is expected; then in one call, in random batches and to instances that begin late, which must all
 * say the same. --update writes what it said into the files instead: read the diff before you
 * believe it. Exit status 0: all as expected; 1: not; 2: wrong usage.
 */
#include "golden_file.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RANDOM_SPLITS = 20 };

/* ---- what it said, as text ------------------------------------------------------------------- */

static void print_fixed(FILE *out, int64_t value, int digits, int keep)
{
    char text[64];
    int n = snprintf(text, sizeof text, "%0*" PRId64, digits + 1, value < 0 ? -value : value);
    int drop = 0;
    while (drop < digits - keep && text[n - 1 - drop] == '0') {
        drop++;
    }
    (void)fprintf(out, "%s%.*s", value < 0 ? "-" : "", n - digits, text);
    if (drop < digits) {
        (void)fprintf(out, ".%.*s", digits - drop, text + n - digits);
    }
}

static void print_evidence(FILE *out, const ofd_field *f, const ofd_value *v)
{
    (void)fprintf(out, " %s=", f->key);
    switch (f->type) {
    case OFD_REAL:
        (void)fprintf(out, "%.12g", v->f);
        break;
    case OFD_PRICE:
        print_fixed(out, v->i, 9, 2);
        break;
    case OFD_CHOICE:
        (void)fprintf(out, "%s", f->choices[v->i]);
        break;
    default:
        (void)fprintf(out, "%" PRId64, v->i);
    }
}

static const char *side_name(int32_t side)
{
    return side == OFD_BID ? "bid" : side == OFD_ASK ? "ask" : "-";
}

static void print_head(FILE *out, int64_t ts_ns, const char *kind, int32_t side, int64_t price)
{
    (void)fprintf(out, "expect ");
    print_fixed(out, ts_ns, 6, 0);
    (void)fprintf(out, " %s %s ", kind, side_name(side));
    if (price == OFD_NO_PRICE) {
        (void)fprintf(out, "-");
    } else {
        print_fixed(out, price, 9, 2);
    }
}

static void print_found(FILE *out, const struct harness *h, const struct harness_found *f)
{
    print_head(out, f->ts_ns, harness_kind(h, f->kind)->key, f->side, f->price);
    (void)fprintf(out, " %s%d value=%.12g", f->dir > 0 ? "+" : "", f->dir, f->value);
    for (uint32_t i = 0; i < f->n_ev; i++) {
        print_evidence(out, harness_field(h, f->ev[i].field), &f->ev[i]);
    }
    (void)fprintf(out, "\n");
}

static void print_expected(FILE *out, const struct golden_expect *e)
{
    print_head(out, e->ts_ns, e->kind, e->side, e->price);
    (void)fprintf(out, " %s%d", e->dir > 0 ? "+" : "", e->dir);
    for (size_t i = 0; i < e->n_checks; i++) {
        (void)fprintf(out, " %s=%s", e->checks[i].key, e->checks[i].text);
    }
    (void)fprintf(out, "\n");
}

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

/* Prints what differs as a diff: '-' was expected, '+' was said. */
static bool as_expected(const struct harness *h, const struct golden_case *c, const char *path)
{
    size_t i = 0, j = 0, differences = 0;
    while (i < c->n_expects || j < h->n_found) {
        bool expects = i < c->n_expects, found = j < h->n_found;
        if (expects && found && matches(h, &h->found[j], &c->expects[i])) {
            i++;
            j++;
            continue;
        }
        if (differences++ == 0) {
            (void)printf("FAIL %s: %s\n", path, c->name);
        }
        if (expects && (!found || c->expects[i].ts_ns <= h->found[j].ts_ns)) {
            (void)printf("  - ");
            print_expected(stdout, &c->expects[i++]);
        } else {
            (void)printf("  + ");
            print_found(stdout, h, &h->found[j++]);
        }
    }
    return differences == 0;
}

/* ---- the same rows in other batches ------------------------------------------------------------
 */

static bool found_equal(const struct harness_found *a, const struct harness_found *b)
{
    bool same = a->kind == b->kind && a->side == b->side && a->dir == b->dir &&
                a->ts_ns == b->ts_ns && a->start_ns == b->start_ns && a->price == b->price &&
                a->value == b->value && a->n_ev == b->n_ev;
    for (uint32_t i = 0; same && i < a->n_ev; i++) {
        same = a->ev[i].field == b->ev[i].field && a->ev[i].i == b->ev[i].i &&
               a->ev[i].f == b->ev[i].f;
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
        same = found_equal(&h->found[i], &reference[skip + i]);
    }
    free(h->found);
    h->found = reference;
    h->n_found = n;
    h->cap_found = cap;
    return same;
}

static bool batches_change_nothing(struct harness *h, const struct golden_case *c, const char *path)
{
    size_t row = 0;
    uint32_t seed = 0;
    bool same = says_the_same(h, c, 0, c->n_rows + 1, 0);
    while (same && seed < RANDOM_SPLITS) {
        same = says_the_same(h, c, 0, 0, ++seed);
    }
    while (same && row < c->n_rows) {
        same = says_the_same(h, c, row, c->n_rows, 0);
        row += 1 + c->n_rows / 50;
    }
    if (!same) {
        (void)printf("FAIL %s: %s: other batches, other answer (split %" PRIu32 ", row %zu) %s\n",
                     path, c->name, seed, row, h->why);
    }
    return same;
}

/* ---- files ----------------------------------------------------------------------------------- */

static bool run_case(struct harness *h, const struct golden_case *c, const char *path)
{
    h->why[0] = '\0';
    harness_set_defaults(h);
    bool ok = true;
    for (size_t i = 0; ok && i < c->n_sets; i++) {
        ok = harness_set(h, c->sets[i].key, c->sets[i].text);
    }
    ok = ok && run(h, c, 0, 1, 0);
    if (!ok) {
        (void)printf("FAIL %s: %s: %s\n", path, c->name, h->why);
    }
    return ok;
}

/* Writes the file anew, with what the detector said after the rows of each case. */
static bool update(struct harness *h, const struct golden_file *g)
{
    FILE *out = fopen(g->path, "w");
    if (out == NULL) {
        perror(g->path);
        return false;
    }
    size_t next = 0;
    bool ok = true;
    for (size_t line = 0; line < g->n_lines; line++) {
        if (!golden_is_expect(g->lines[line])) {
            (void)fprintf(out, "%s\n", g->lines[line]);
        }
        for (; next < g->n_cases && g->cases[next].last_line == line; next++) {
            ok = run_case(h, &g->cases[next], g->path) && ok;
            for (size_t i = 0; i < h->n_found; i++) {
                print_found(out, h, &h->found[i]);
            }
        }
    }
    return fclose(out) == 0 && ok;
}

static size_t check(struct harness *h, const struct golden_file *g)
{
    size_t failed = 0;
    for (size_t i = 0; i < g->n_cases; i++) {
        const struct golden_case *c = &g->cases[i];
        if (!run_case(h, c, g->path) || !as_expected(h, c, g->path) ||
            !batches_change_nothing(h, c, g->path)) {
            failed++;
        }
    }
    return failed;
}

static bool take_file(struct harness *h, const char *path, bool updating)
{
    struct golden_file g;
    bool ok = golden_read(&g, path);
    if (ok && updating) {
        ok = update(h, &g);
    } else if (ok) {
        size_t failed = check(h, &g);
        ok = failed == 0 && g.n_cases > 0;
        (void)printf("%s %s: %zu cases, %zu failed\n", ok ? "ok  " : "FAIL", path, g.n_cases,
                     failed);
    }
    golden_fini(&g);
    return ok;
}

int main(int argc, char **argv)
{
    bool updating = argc > 3 && strcmp(argv[argc - 1], "--update") == 0;
    if (argc < 3) {
        (void)fprintf(stderr, "usage: %s PLUGIN.so FILE... [--update]\n", argv[0]);
        return 2;
    }
    struct harness h;
    bool ok = harness_open(&h, argv[1], 0);
    if (!ok) {
        (void)fprintf(stderr, "%s\n", h.why);
    }
    for (int i = 2; ok && i < argc - updating; i++) {
        ok = take_file(&h, argv[i], updating) && ok;
    }
    harness_close(&h);
    return ok ? 0 : 1;
}
