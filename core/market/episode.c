/* SPDX-License-Identifier: MIT */
#include "episode_internal.h"
#include "orderflow/detector.h"
#include "prefetch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GAP_ROWS = 64 }; /* looked at together */

struct tracker *tracker_create(const char *ticker, const struct declaration *decl,
                               const struct episode_rules *rules, int64_t keep_ns)
{
    struct tracker *t = calloc(1, sizeof *t);
    if (t != NULL) {
        (void)snprintf(t->ticker, sizeof t->ticker, "%s", ticker);
        t->decl = decl;
        t->rules = *rules;
        t->keep_ns = keep_ns;
        t->oldest_end_ns = INT64_MAX;
        tracker_begin(t, INT64_MIN, INT64_MIN);
    }
    return t;
}

void tracker_destroy(struct tracker *t)
{
    if (t == NULL) {
        return;
    }
    for (size_t i = 0; i < t->n_open; i++) {
        if (t->open[i]->e.state == EPISODE_CANDIDATE) {
            free(t->open[i]);
        }
    }
    for (size_t i = 0; i < t->n_shown; i++) {
        free(t->shown[i]);
    }
    free(t->open);
    free(t->shown);
    free(t->past);
    free(t->order);
    free(t);
}

size_t tracker_count(const struct tracker *t)
{
    return t->n_shown;
}

const struct episode *tracker_get(const struct tracker *t, size_t i)
{
    CHECK(i < t->n_shown);
    return &t->shown[i]->e;
}

static bool is_newer(const struct episode *a, const struct episode *b)
{
    return a->onset_ns != b->onset_ns ? a->onset_ns > b->onset_ns : strcmp(a->id, b->id) > 0;
}

size_t tracker_active(const struct tracker *t, const struct episode **out, size_t most)
{
    size_t n = 0;
    for (size_t i = 0; i < t->n_open; i++) {
        const struct episode *e = &t->open[i]->e;
        if (e->state != EPISODE_ACTIVE) {
            continue;
        }
        size_t at = n < most ? n : most;
        for (; at > 0 && is_newer(e, out[at - 1]); at--) {
            if (at < most) {
                out[at] = out[at - 1];
            }
        }
        if (at < most) {
            out[at] = e;
        }
        n++;
    }
    return n;
}

void tracker_expect(const struct tracker *t, int step)
{
    enum { SOME = 8 /* of what is open: mostly it is less */ };
    if (step == 1) {
        prefetch(&t->open);
        prefetch(&t->n_open);
        return;
    }
    size_t n = t->n_open < SOME ? t->n_open : SOME;
    if (step == 2) {
        prefetch_bytes(t->open, n * sizeof *t->open);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        prefetch_bytes(&t->open[i]->e, offsetof(struct episode, confirmed_ns));
    }
}

/* ---- emissions, oldest first ---- */

static int compare_i64(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int compare(const void *left, const void *right)
{
    const struct emission *a = *(const struct emission *const *)left;
    const struct emission *b = *(const struct emission *const *)right;
    if (a->ts_ns != b->ts_ns) {
        return compare_i64(a->ts_ns, b->ts_ns);
    }
    int by_key[] = {
        compare_i64(a->kind, b->kind),
        compare_i64(a->side, b->side),
        compare_i64(a->price, b->price),
        compare_i64(a->dir, b->dir),
    };
    for (size_t i = 0; i < sizeof by_key / sizeof by_key[0]; i++) {
        if (by_key[i] != 0) {
            return by_key[i];
        }
    }
    return (a > b) - (a < b); /* as emitted: both lie in one array */
}

static bool stands_before(const struct emission *const *a, const struct emission *const *b)
{
    return (*a)->ts_ns < (*b)->ts_ns || ((*a)->ts_ns == (*b)->ts_ns && compare(a, b) < 0);
}

/* Most often they are in order, or few rows of one time are not. */
static void sort(const struct emission **order, size_t n)
{
    size_t moves = 0;
    for (size_t i = 1; i < n; i++) {
        const struct emission *m = order[i];
        size_t at = i;
        for (; at > 0 && !stands_before(&order[at - 1], &m); at--) {
            order[at] = order[at - 1];
            moves++;
        }
        order[at] = m;
        if (moves > n * 4) {
            qsort(order, n, sizeof *order, compare);
            return;
        }
    }
}

/* A verdict about the boundary itself says nothing when the data stopped long before it. */
static bool counts(const struct step *s, const struct judged *j, const struct emission *m)
{
    if (m->ts_ns <= s->t->boundary_ns || m->ts_ns > j->boundary_ns || m->ts_ns < j->from_ns ||
        m->kind >= s->t->decl->n_kinds) {
        return false;
    }
    return s->known.n == 0 || j->gap_limit_ns <= 0 ||
           m->ts_ns - s->known.ts_ns[s->known.n - 1] <= j->gap_limit_ns;
}

static bool put_in_order(const struct step *s, const struct judged *j, size_t *n_out,
                         struct err *err)
{
    struct tracker *t = s->t;
    if (j->n > t->cap_order) {
        const struct emission **grown = realloc(t->order, j->n * sizeof *grown);
        if (grown == NULL) {
            return err_set(err, ERR_MEMORY, "out of memory for emissions");
        }
        t->order = grown;
        t->cap_order = j->n;
    }
    *n_out = 0;
    for (size_t i = 0; i < j->n; i++) {
        if (counts(s, j, &j->em[i])) {
            t->order[(*n_out)++] = &j->em[i];
        }
    }
    sort(t->order, *n_out);
    return true;
}

/* ---- a step ---- */

static bool take_until(const struct step *s, size_t *next, size_t n, int64_t before_ns,
                       struct err *err)
{
    for (; *next < n && s->t->order[*next]->ts_ns < before_ns; (*next)++) {
        const struct emission *m = s->t->order[*next];
        if (m->ts_ns >= s->t->due_ns) {
            episodes_settle(s, m->ts_ns);
        }
        if (!episodes_take(s, m, err)) {
            return false;
        }
    }
    episodes_settle(s, before_ns);
    return true;
}

/* The first row from i on that comes after a gap; n: none. */
static size_t next_gap(const struct rows *r, size_t i)
{
    while (i < r->n) {
        size_t n = r->n - i < GAP_ROWS ? r->n - i : GAP_ROWS;
        if ((flags_of_rows(r->flags + i, n) & OFD_ROW_GAP) == 0) {
            i += n;
        } else if ((r->flags[i] & OFD_ROW_GAP) == 0) {
            i++;
        } else {
            break;
        }
    }
    return i;
}

static bool take_all(const struct step *s, const struct judged *j, size_t n, struct err *err)
{
    size_t next = 0, i = step_rows_after(s, s->t->boundary_ns);
    s->t->due_ns = INT64_MIN;
    while ((i = next_gap(&s->known, i)) < s->known.n) {
        if (!take_until(s, &next, n, s->known.ts_ns[i], err)) {
            return false;
        }
        episodes_break(s, i++);
    }
    return take_until(s, &next, n, j->boundary_ns + 1, err);
}

static bool is_silent(const struct step *s, const struct judged *j)
{
    return s->known.n > 0 && j->gap_limit_ns > 0 &&
           j->boundary_ns - s->known.ts_ns[s->known.n - 1] > j->gap_limit_ns;
}

bool tracker_step(struct tracker *t, const struct judged *j, tracker_changed_fn *changed, void *ctx,
                  struct err *err)
{
    struct step s = {
        .t = t, .known = *j->rows, .px_tick = j->px_tick, .changed = changed, .ctx = ctx
    };
    size_t n = 0;
    if (j->boundary_ns <= t->boundary_ns) {
        return err_set(err, ERR_INVALID, "boundary %lld is not after %lld",
                       (long long)j->boundary_ns, (long long)t->boundary_ns);
    }
    if (j->n == 0 && t->n_open == 0) { /* no row has to be looked at */
        t->boundary_ns = j->boundary_ns;
        tracker_prune(t);
        return true;
    }
    s.known.n = rows_after(j->rows, j->boundary_ns);
    if (!put_in_order(&s, j, &n, err)) {
        return false;
    }
    episodes_decide(&s);
    bool ok = take_all(&s, j, n, err);
    if (is_silent(&s, j)) {
        episodes_silence(&s, j->boundary_ns);
    }
    for (size_t i = 0; i < t->n_open; i++) {
        node_report(&s, t->open[i]);
    }
    t->boundary_ns = j->boundary_ns;
    tracker_prune(t);
    return ok;
}

void tracker_end_all(struct tracker *t, enum end_reason why, int64_t at_ns,
                     tracker_changed_fn *changed, void *ctx)
{
    struct step s = { .t = t, .changed = changed, .ctx = ctx };
    for (size_t i = t->n_open; i-- > 0;) {
        struct node *n = t->open[i];
        if (n->e.state == EPISODE_CANDIDATE) {
            node_drop(t, n);
            continue;
        }
        if (n->false_ns != 0) {
            node_fade(n);
        } else if (n->e.state == EPISODE_ACTIVE) {
            node_end(n, why, at_ns);
        }
        node_close(&s, n);
    }
}

const char *episode_state_name(enum episode_state s)
{
    switch (s) {
    case EPISODE_CANDIDATE:
        return "candidate";
    case EPISODE_ACTIVE:
        return "active";
    case EPISODE_ENDED:
        return "ended";
    }
    return "";
}

const char *end_reason_name(enum end_reason r)
{
    switch (r) {
    case END_NONE:
        return "";
    case END_FADED:
        return "faded";
    case END_GAP:
        return "gap";
    case END_RESTART:
        return "restart";
    case END_DETECTOR:
        return "detector";
    case END_REMOVED:
        return "removed";
    }
    return "";
}
