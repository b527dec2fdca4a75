/* SPDX-License-Identifier: MIT */
#include "episode_internal.h"

#include <string.h>

static uint32_t kind_of(const struct declaration *d, const char *kind)
{
    for (uint32_t i = 0; i < d->n_kinds; i++) {
        if (strcmp(d->kinds[i], kind) == 0) {
            return i;
        }
    }
    return KIND_UNKNOWN;
}

/* The field of the new declaration that means the same; UINT32_MAX: there is none. */
static uint32_t same_field(const struct declaration *old, const struct declaration *d,
                           const struct evidence *ev)
{
    const struct declared *was = ev->field < old->n_fields ? &old->fields[ev->field] : NULL;
    for (uint32_t i = 0; was != NULL && i < d->n_fields; i++) {
        const struct declared *is = &d->fields[i];
        if (strcmp(is->key, was->key) == 0 && is->type == was->type &&
            is->n_choices == was->n_choices) {
            return i;
        }
    }
    return UINT32_MAX;
}

static void rebind(struct node *n, const struct declaration *old, const struct declaration *d)
{
    uint32_t kept = 0;
    n->kind = kind_of(d, n->e.kind);
    for (uint32_t i = 0; i < n->e.n_ev; i++) {
        struct evidence ev = n->e.ev[i];
        ev.field = same_field(old, d, &ev);
        if (ev.field != UINT32_MAX) {
            n->e.ev[kept++] = ev;
        }
    }
    n->e.n_ev = kept;
}

void tracker_rebind(struct tracker *t, const struct declaration *decl,
                    const struct episode_rules *rules)
{
    for (size_t i = 0; decl != t->decl && i < t->n_shown; i++) {
        rebind(t->shown[i], t->decl, decl);
    }
    for (size_t i = 0; decl != t->decl && i < t->n_open; i++) {
        if (t->open[i]->e.state == EPISODE_CANDIDATE) { /* the others are among those shown */
            rebind(t->open[i], t->decl, decl);
        }
    }
    for (size_t i = 0; decl != t->decl && i < t->n_past; i++) {
        struct past *p = &t->past[i];
        p->kind = p->kind == KIND_UNKNOWN ? KIND_UNKNOWN : kind_of(decl, t->decl->kinds[p->kind]);
    }
    t->decl = decl;
    t->rules = *rules;
}

void tracker_begin(struct tracker *t, int64_t judged_to_ns, int64_t judged_from_ns)
{
    t->judged_to_ns = judged_to_ns;
    t->judged_from_ns = judged_from_ns;
    t->boundary_ns = judged_from_ns > INT64_MIN ? judged_from_ns - 1 : INT64_MIN;
}

bool tracker_restore(struct tracker *t, const struct episode *stored, struct err *err)
{
    if (strcmp(stored->detector, t->decl->id) != 0 || stored->state == EPISODE_CANDIDATE) {
        return err_set(err, ERR_INVALID, "episode %s of %s cannot be restored", stored->id,
                       stored->detector);
    }
    bool full;
    struct node *n = node_create(t, &full);
    if (n == NULL) {
        return full || err_set(err, ERR_MEMORY, "out of memory for an episode");
    }
    n->e = *stored;
    n->seen_to_ns = stored->last_ns;
    n->after_seq = UINT64_MAX;
    n->kind = kind_of(t->decl, stored->kind);
    n->undecided = stored->state == EPISODE_ACTIVE;
    n->sealed = stored->state == EPISODE_ENDED && stored->end_reason != END_FADED;
    n->false_ns = stored->end_reason == END_FADED ? stored->end_ns : 0;
    node_show(t, n);
    node_open(t, n);
    return true;
}

/* Up to judged_to_ns the rows after last_ns are known to be false ones, from judged_from_ns on they
 * are judged now; what lies between was judged by nobody. */
static bool doubtful(const struct step *s, struct node *n)
{
    const struct tracker *t = s->t;
    if (n->kind == KIND_UNKNOWN || s->known.ts_ns[0] > n->e.last_ns) {
        return true;
    }
    int64_t false_ns = node_false_ns(s, n);
    return false_ns > t->judged_to_ns && false_ns < t->judged_from_ns;
}

void episodes_decide(const struct step *s)
{
    for (size_t i = 0; s->known.n > 0 && i < s->t->n_open; i++) {
        struct node *n = s->t->open[i];
        if (n->undecided) {
            n->undecided = false;
            n->doubtful = doubtful(s, n);
            n->false_ns = n->doubtful ? n->e.last_ns : n->false_ns;
        }
    }
}

void tracker_end_restored(struct tracker *t, tracker_changed_fn *changed, void *ctx)
{
    struct step s = { .t = t, .changed = changed, .ctx = ctx };
    for (size_t i = t->n_open; i-- > 0;) {
        struct node *n = t->open[i];
        if (n->undecided) {
            node_end(n, END_RESTART, n->e.last_ns);
            node_close(&s, n);
        }
    }
}
