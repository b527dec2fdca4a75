/* SPDX-License-Identifier: MIT */
#include "episode_internal.h"

#include <stdlib.h>
#include <string.h>

static bool grow(struct tracker *t)
{
    size_t cap = t->cap == 0 ? 8 : t->cap * 2;
    struct node **shown = realloc(t->shown, cap * sizeof(struct node *));
    t->shown = shown != NULL ? shown : t->shown;
    struct node **open = shown == NULL ? NULL : realloc(t->open, cap * sizeof(struct node *));
    t->open = open != NULL ? open : t->open;
    t->cap = open != NULL ? cap : t->cap;
    return open != NULL;
}

/* ---- what is over ---- */

int64_t tracker_reach_ns(const struct tracker *t)
{
    int64_t sight_ns = declaration_sight_ns(t->decl);
    return sight_ns > t->rules.cooldown_ns ? sight_ns : t->rules.cooldown_ns;
}

/* Those that cannot matter any more go, or the oldest of too many. */
static void forget_past(struct tracker *t)
{
    size_t kept = 0, first = t->n_past >= TRACKER_MAX ? t->n_past / 4 : 0;
    int64_t newest_ns = INT64_MIN, reach_ns = tracker_reach_ns(t);
    for (size_t i = first; i < t->n_past; i++) {
        newest_ns = t->past[i].end_ns > newest_ns ? t->past[i].end_ns : newest_ns;
    }
    for (size_t i = first; i < t->n_past; i++) {
        if (newest_ns - t->past[i].end_ns <= reach_ns) {
            t->past[kept++] = t->past[i];
        }
    }
    t->n_past = kept;
}

/* So that every open episode can be closed, and one more. */
static bool reserve_past(struct tracker *t)
{
    size_t need = t->n_past + t->n_open + 1;
    if (need <= t->cap_past) {
        return true;
    }
    forget_past(t);
    need = t->n_past + t->n_open + 1;
    if (need <= t->cap_past / 4 * 3) {
        return true;
    }
    size_t cap = t->cap_past == 0 ? 8 : t->cap_past;
    while (need > cap / 4 * 3) {
        cap *= 2;
    }
    struct past *grown = realloc(t->past, cap * sizeof *grown);
    t->past = grown != NULL ? grown : t->past;
    t->cap_past = grown != NULL ? cap : t->cap_past;
    return need <= t->cap_past;
}

static void put_past(struct tracker *t, const struct node *n)
{
    t->past[t->n_past++] = (struct past){ .price = n->e.price,
                                          .end_ns = n->e.end_ns,
                                          .kind = n->kind,
                                          .side = (int16_t)n->e.side,
                                          .dir = (int16_t)n->e.dir };
}

/* ---- nodes ---- */

/* Frees closed episodes that ended before before_ns, at most `most` of them, oldest onset first. */
static void forget(struct tracker *t, int64_t before_ns, size_t most)
{
    size_t kept = 0, forgotten = 0;
    t->oldest_end_ns = INT64_MAX;
    for (size_t i = 0; i < t->n_shown; i++) {
        struct node *n = t->shown[i];
        if (!n->open && n->e.end_ns < before_ns && forgotten < most) {
            free(n);
            forgotten++;
            continue;
        }
        if (!n->open && n->e.end_ns < t->oldest_end_ns) {
            t->oldest_end_ns = n->e.end_ns;
        }
        t->shown[kept++] = n;
    }
    t->n_shown = kept;
    t->n_nodes -= forgotten;
}

/* At every 64th of keep_ns, so that a pass over all is rare, and what is left does not depend on
 * the boundaries between two of them. */
void tracker_prune(struct tracker *t)
{
    int64_t pass_ns = t->keep_ns / 64 + 1;
    if (t->boundary_ns <= INT64_MIN + t->keep_ns + pass_ns) {
        return;
    }
    int64_t before_ns = t->boundary_ns / pass_ns * pass_ns - t->keep_ns;
    if (t->oldest_end_ns < before_ns) {
        forget(t, before_ns, SIZE_MAX);
    }
}

struct node *node_create(struct tracker *t, bool *full_out)
{
    if (t->n_nodes == TRACKER_MAX) {
        forget(t, INT64_MAX, TRACKER_MAX / 4);
    }
    *full_out = t->n_nodes == TRACKER_MAX;
    if (*full_out || (t->n_nodes == t->cap && !grow(t)) || !reserve_past(t)) {
        return NULL;
    }
    struct node *n = calloc(1, sizeof *n);
    t->n_nodes += n != NULL;
    return n;
}

void node_open(struct tracker *t, struct node *n)
{
    n->open = true;
    t->open[t->n_open++] = n;
}

static bool before(const struct episode *a, const struct episode *b)
{
    return a->onset_ns != b->onset_ns ? a->onset_ns < b->onset_ns : strcmp(a->id, b->id) < 0;
}

void node_show(struct tracker *t, struct node *n)
{
    size_t at = t->n_shown++;
    for (; at > 0 && before(&n->e, &t->shown[at - 1]->e); at--) {
        t->shown[at] = t->shown[at - 1];
    }
    t->shown[at] = n;
}

static void hide(struct tracker *t, const struct node *n)
{
    size_t at = 0;
    while (t->shown[at] != n) {
        at++;
    }
    t->n_shown--;
    memmove(t->shown + at, t->shown + at + 1, (t->n_shown - at) * sizeof(struct node *));
}

static void leave_open(struct tracker *t, struct node *n)
{
    size_t at = 0;
    while (t->open[at] != n) {
        at++;
    }
    t->n_open--;
    memmove(t->open + at, t->open + at + 1, (t->n_open - at) * sizeof(struct node *));
    n->open = false;
}

void node_drop(struct tracker *t, struct node *n)
{
    leave_open(t, n);
    t->n_nodes--;
    free(n);
}

void node_report(const struct step *s, struct node *n)
{
    if (n->changed && n->e.state != EPISODE_CANDIDATE) {
        n->changed = false;
        s->changed(s->ctx, &n->e);
    }
}

void node_close(const struct step *s, struct node *n)
{
    leave_open(s->t, n);
    put_past(s->t, n);
    node_report(s, n);
    if (s->t->keep_ns == 0) {
        hide(s->t, n);
        s->t->n_nodes--;
        free(n);
    } else if (n->e.end_ns < s->t->oldest_end_ns) {
        s->t->oldest_end_ns = n->e.end_ns;
    }
}
