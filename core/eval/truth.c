/* SPDX-License-Identifier: MIT */
#include "truth.h"

#include "orderflow/detector.h"

#include <math.h>
#include <stdlib.h>

bool truth_fits(const struct truth *t, const struct truth_episode *e, const struct truth_rule *rule)
{
    if (t->side != e->side || t->dir * e->dir < 0 || e->onset_ns > t->end_ns + rule->tolerance_ns ||
        e->last_ns < t->onset_ns - rule->tolerance_ns) {
        return false;
    }
    return t->px_lo == OFD_NO_PRICE || e->price == OFD_NO_PRICE ||
           (e->price >= t->px_lo - rule->tolerance_px && e->price <= t->px_hi + rule->tolerance_px);
}

bool truth_fits_any(const struct truth *truths, size_t n, const struct truth_episode *e,
                    const struct truth_rule *rule)
{
    size_t i = 0;
    while (i < n && !truth_fits(&truths[i], e, rule)) {
        i++;
    }
    return i < n;
}

/* Which episodes fit thing i: edge[first[i]] .. edge[first[i + 1] - 1]. */
struct graph {
    size_t *first, *edge; /* owned */
    size_t *from, *queue; /* owned; scratch of grow(): the thing an episode was reached from */
};

static void graph_fini(struct graph *g)
{
    free(g->first);
    free(g->edge);
    free(g->from);
    free(g->queue);
}

static bool graph_init(struct graph *g, const struct truth *t, size_t n,
                       const struct truth_episode *e, size_t m, const struct truth_rule *rule)
{
    size_t edges = 0, cap = 0;
    *g = (struct graph){ .first = calloc(n + 1, sizeof *g->first),
                         .from = calloc(m + 1, sizeof *g->from),
                         .queue = calloc(n + 1, sizeof *g->queue) };
    if (g->first == NULL || g->from == NULL || g->queue == NULL) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        g->first[i] = edges;
        for (size_t k = 0; k < m; k++) {
            if (!truth_fits(&t[i], &e[k], rule)) {
                continue;
            }
            if (edges == cap) {
                size_t *more = realloc(g->edge, (cap = 2 * cap + 64) * sizeof *more);
                if (more == NULL) {
                    return false;
                }
                g->edge = more;
            }
            g->edge[edges++] = k;
        }
    }
    g->first[n] = edges;
    return true;
}

/* Hands the episode over along the way on which it was reached. */
static void take(const struct graph *g, size_t k, size_t *of_truth, size_t *of_episode)
{
    while (k != TRUTH_NONE) {
        size_t i = g->from[k], before = of_truth[i];
        of_truth[i] = k;
        of_episode[k] = i;
        k = before;
    }
}

/* Finds an episode for thing i, others changing theirs if they must (an augmenting path, breadth
 * first). */
static void grow(struct graph *g, size_t i, size_t m, size_t *of_truth, size_t *of_episode)
{
    size_t head = 0, tail = 0;
    for (size_t k = 0; k < m; k++) {
        g->from[k] = TRUTH_NONE;
    }
    g->queue[tail++] = i;
    while (head < tail) {
        size_t at = g->queue[head++];
        for (size_t j = g->first[at]; j < g->first[at + 1]; j++) {
            size_t k = g->edge[j];
            if (g->from[k] != TRUTH_NONE) {
                continue;
            }
            g->from[k] = at;
            if (of_episode[k] == TRUTH_NONE) {
                take(g, k, of_truth, of_episode);
                return;
            }
            g->queue[tail++] = of_episode[k];
        }
    }
}

bool truth_match(const struct truth *truths, size_t n, const struct truth_episode *found, size_t m,
                 const struct truth_rule *rule, size_t *of_truth, size_t *of_episode,
                 struct err *err)
{
    struct graph g;
    bool ok = graph_init(&g, truths, n, found, m, rule);
    for (size_t i = 0; i < n; i++) {
        of_truth[i] = TRUTH_NONE;
    }
    for (size_t k = 0; k < m; k++) {
        of_episode[k] = TRUTH_NONE;
    }
    for (int pass = 0; ok && pass < 2; pass++) {
        for (size_t i = 0; i < n; i++) {
            if (truths[i].incidental == (pass == 1)) {
                grow(&g, i, m, of_truth, of_episode);
            }
        }
    }
    graph_fini(&g);
    return ok || err_set(err, ERR_MEMORY, "no memory to pair %zu things with %zu episodes", n, m);
}

double truth_recall(const struct truth_score *s)
{
    return s->asked > 0 ? (double)s->found / (double)s->asked : NAN;
}

double truth_precision(const struct truth_score *s)
{
    size_t judged = s->episodes - s->incidental;
    return judged > 0 ? (double)s->found / (double)judged : NAN;
}
