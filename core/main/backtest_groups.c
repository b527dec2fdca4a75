/* SPDX-License-Identifier: MIT */
#include "backtest.h"
#include "orderflow/detector.h"
#include "stat.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *group_side(const struct told_episode *e)
{
    return e->side == OFD_BID   ? "bid"
           : e->side == OFD_ASK ? "ask"
           : e->dir > 0         ? "up"
           : e->dir < 0         ? "down"
                                : "none";
}

static int by_time(const void *a, const void *b)
{
    const struct told_episode *x = a, *y = b;
    return x->confirmed_ns != y->confirmed_ns
               ? (x->confirmed_ns > y->confirmed_ns) - (x->confirmed_ns < y->confirmed_ns)
               : strcmp(x->json, y->json);
}

static int order(const struct group *g, const struct told_episode *e)
{
    int c = strcmp(g->detector, e->detector);
    c = c != 0 ? c : strcmp(g->kind, e->kind);
    return c != 0 ? c : strcmp(g->side, group_side(e));
}

static bool add_group(struct told_ticker *t, size_t at, const struct told_episode *e,
                      struct err *err)
{
    struct group *grown = realloc(t->groups, (t->n_groups + 1) * sizeof *grown);
    if (grown == NULL) {
        return err_set(err, ERR_MEMORY, "out of memory for groups");
    }
    t->groups = grown;
    memmove(grown + at + 1, grown + at, (t->n_groups++ - at) * sizeof *grown);
    struct group *g = &grown[at];
    *g = (struct group){ .directed = true, .shuffled_per_h = NAN, .noise_per_h = NAN };
    memcpy(g->detector, e->detector, sizeof g->detector);
    memcpy(g->kind, e->kind, sizeof g->kind);
    (void)snprintf(g->side, sizeof g->side, "%s", group_side(e));
    const cJSON *all = cJSON_GetObjectItemCaseSensitive(t->end, "thresholds");
    const cJSON *thr = cJSON_GetObjectItemCaseSensitive(all, e->detector);
    if (cJSON_IsString(thr)) {
        (void)snprintf(g->thr, sizeof g->thr, "%s", thr->valuestring);
    }
    return true;
}

/* Groups are few, so they are looked through. */
static bool find_groups(struct told_ticker *t, struct err *err)
{
    for (size_t i = 0; i < t->n_episodes; i++) {
        struct told_episode *e = &t->episodes[i];
        size_t at = 0;
        while (at < t->n_groups && order(&t->groups[at], e) < 0) {
            at++;
        }
        if ((at == t->n_groups || order(&t->groups[at], e) != 0) && !add_group(t, at, e, err)) {
            return false;
        }
    }
    for (size_t i = 0; i < t->n_episodes; i++) {
        struct told_episode *e = &t->episodes[i];
        while (order(&t->groups[e->group], e) != 0) {
            e->group++;
        }
        t->groups[e->group].n++;
        t->groups[e->group].directed &= e->known_dir != 0;
    }
    return true;
}

static bool fill(struct told_ticker *t, struct group *g, struct err *err)
{
    double *value = malloc((g->n + 1) * sizeof *value), *score = malloc((g->n + 1) * sizeof *score);
    g->events = calloc(g->n + 1, sizeof *g->events);
    bool ok = (value != NULL && score != NULL && g->events != NULL) ||
              err_set(err, ERR_MEMORY, "out of memory for groups");
    size_t which = (size_t)(g - t->groups), n = 0;
    for (size_t i = 0; ok && i < t->n_episodes; i++) {
        if (t->episodes[i].group == which) {
            value[n++] = t->episodes[i].known_value;
        }
    }
    ok = ok && stat_expanding_percentile(value, n, score, err);
    n = 0;
    for (size_t i = 0; ok && i < t->n_episodes; i++) {
        struct told_episode *e = &t->episodes[i];
        if (e->group == which) {
            e->score = score[n];
            g->events[n++] = (struct event){ .confirmed_ns = e->confirmed_ns,
                                             .dir = e->known_dir,
                                             .value = e->known_value,
                                             .score = e->score };
        }
    }
    free(value);
    free(score);
    return ok;
}

bool backtest_group(struct told_ticker *t, struct err *err)
{
    if (t->n_episodes > 1) {
        qsort(t->episodes, t->n_episodes, sizeof *t->episodes, by_time);
    }
    bool ok = find_groups(t, err);
    for (size_t i = 0; ok && i < t->n_groups; i++) {
        ok = fill(t, &t->groups[i], err);
    }
    return ok;
}
