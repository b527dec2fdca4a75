/* SPDX-License-Identifier: MIT */
#include "resume.h"

#include "clock.h"

#include <string.h>

/* Rows whose past was not read judge nothing: a detector counts from memory_s after the first row
 * read. */
static void set_first_judged(struct engine *e, struct ticker *t, const struct resume *r)
{
    t->history_ns = r->history_ns;
    t->has_older = r->has_older;
    for (size_t i = 0; i < e->n_detectors; i++) {
        int64_t memory_ns = (int64_t)pool_get(e->pool, i)->decl.memory_s * NS_PER_S;
        t->judging[i].from_ns = r->history_ns + (r->has_older ? memory_ns : 0);
    }
}

static void begin_trackers(struct engine *e, struct ticker *t, int64_t judged_to_ns)
{
    for (size_t i = 0; judged_to_ns != 0 && i < e->n_detectors; i++) {
        if (t->judging[i].tracker != NULL) {
            tracker_begin(t->judging[i].tracker, judged_to_ns, t->judging[i].from_ns);
        }
    }
}

/* The tracker that a stored episode belongs to; SIZE_MAX: its detector does not run here. */
static size_t owner_of(const struct engine *e, const struct ticker *t, const struct episode *ep)
{
    for (size_t i = 0; i < e->n_detectors; i++) {
        if (t->judging[i].tracker != NULL &&
            strcmp(pool_get(e->pool, i)->decl.id, ep->detector) == 0) {
            return i;
        }
    }
    return SIZE_MAX;
}

static bool restore(struct engine *e, struct ticker *t, struct stored_pattern *p, size_t n,
                    struct err *err)
{
    for (size_t k = 0; k < n; k++) {
        size_t i = owner_of(e, t, &p[k].e);
        if (i != SIZE_MAX) {
            stored_pattern_bind(&p[k], &pool_get(e->pool, i)->decl);
            if (!tracker_restore(t->judging[i].tracker, &p[k].e, err)) {
                return false;
            }
        }
    }
    return true;
}

bool engine_resume(struct engine *e, struct ticker *t, const struct resume *r,
                   struct stored_pattern *patterns, size_t n, struct err *err)
{
    t->pressure = r->pressure;
    set_first_judged(e, t, r);
    if (!restore(e, t, patterns, n, err)) {
        return false;
    }
    begin_trackers(e, t, r->judged_ns);
    return true;
}
