/* SPDX-License-Identifier: MIT */
#include "backtest.h"
#include "stat.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LABEL_MAX = 160, SHIFTS_PER_TEST = 20 };

static bool reserve(const struct backtest *b, struct group *g, struct err *err)
{
    size_t n = b->o.n_latencies * b->o.n_horizons;
    g->trials = calloc(n, sizeof *g->trials);
    g->q = malloc(n * sizeof *g->q);
    g->verdict = calloc(n, sizeof *g->verdict);
    g->curves = calloc(b->o.n_latencies, sizeof *g->curves);
    g->bins = calloc(n, sizeof *g->bins);
    if (g->trials == NULL || g->q == NULL || g->verdict == NULL || g->curves == NULL ||
        g->bins == NULL) {
        return err_set(err, ERR_MEMORY, "out of memory for trials");
    }
    for (size_t i = 0; i < n; i++) {
        g->q[i] = NAN;
        g->verdict[i] = FINDING_INSUFFICIENT;
        g->trials[i] = (struct trial){ .latency_ms = b->o.latency_ms[i / b->o.n_horizons],
                                       .horizon_ms = b->o.horizon_ms[i % b->o.n_horizons],
                                       .n_events = g->n,
                                       .p = NAN };
    }
    return true;
}

/* What a trial saw and put into its regression, for who wants to compute it again. */
static void put_audit(FILE *audit, const char *label, const struct group *g, const struct trial *t,
                      const struct trial_room *room)
{
    for (size_t i = 0; audit != NULL && i < t->n; i++) {
        const struct sight *s = &room->sights[i];
        (void)fprintf(audit,
                      "sight\t%s\t%" PRId64 "\t%u\t%u\t%.17g\t%.17g\t%.17g\t%.17g\t%.17g\t%d\n",
                      label, g->events[s->event].confirmed_ns, s->block, s->point, s->y, s->net,
                      s->base_hit, s->base_y, g->events[s->event].score, g->events[s->event].dir);
    }
    for (size_t i = 0; audit != NULL && i < t->ols_rows; i++) {
        const double *x = room->design + i * 5;
        (void)fprintf(audit, "row\t%s\t%u\t%.17g\t%g\t%.17g\t%.17g\t%.17g\n", label,
                      room->cluster[i], room->response[i], x[1], x[2], x[3], x[4]);
    }
}

static void put_residuals(FILE *audit, const struct told_ticker *t, int64_t horizon_ms,
                          const float *residuals)
{
    for (size_t i = 0; audit != NULL && i < t->course.n_grid; i++) {
        (void)fprintf(audit, "residual\t%s\t%" PRId64 "\t%zu\t%.9g\n", t->name, horizon_ms, i,
                      (double)residuals[i]);
    }
}

/* All groups at one horizon. */
static bool try_horizon(const struct backtest *b, struct told_ticker *t, size_t h, float *residuals,
                        struct trial_room *room, FILE *audit, struct err *err)
{
    match_residuals(&t->match, (size_t)(b->o.horizon_ms[h] / 1000), residuals);
    put_residuals(audit, t, b->o.horizon_ms[h], residuals);
    for (size_t i = 0; i < t->n_groups; i++) {
        struct group *g = &t->groups[i];
        for (size_t l = 0; g->directed && l < b->o.n_latencies; l++) {
            size_t k = l * b->o.n_horizons + h;
            char label[LABEL_MAX];
            (void)snprintf(label, sizeof label, "%s/%s/%s/%s/%" PRId64 "/%" PRId64, t->name,
                           g->detector, g->kind, g->side, b->o.latency_ms[l], b->o.horizon_ms[h]);
            if (!trial_run(&t->bench, g->events, g->n, residuals, label, &g->trials[k], room,
                           err)) {
                return false;
            }
            put_audit(audit, label, g, &g->trials[k], room);
            (void)score_bins(g->events, room->sights, g->trials[k].n, g->bins[k], room->scratch);
        }
    }
    return true;
}

static bool draw_curves(const struct backtest *b, struct told_ticker *t, struct err *err)
{
    for (size_t i = 0; i < t->n_groups; i++) {
        struct group *g = &t->groups[i];
        for (size_t l = 0; g->directed && l < b->o.n_latencies; l++) {
            char label[LABEL_MAX];
            (void)snprintf(label, sizeof label, "%s/%s/%s/%s/%" PRId64, t->name, g->detector,
                           g->kind, g->side, b->o.latency_ms[l]);
            if (!curve_run(&t->bench, g->events, g->n, b->o.latency_ms[l], label, g->curves[l],
                           err)) {
                return false;
            }
        }
    }
    return true;
}

bool backtest_try(const struct backtest *b, struct told_ticker *t, size_t tests, FILE *audit,
                  struct err *err)
{
    struct trial_room room = { .sights = NULL };
    float *residuals = malloc((t->course.n_grid + 1) * sizeof *residuals);
    bool ok = (residuals != NULL || err_set(err, ERR_MEMORY, "out of memory for trials")) &&
              match_init(&t->match, &t->course, err) &&
              bench_init(&t->bench, &t->course, &t->match, (double)t->px_tick, b->o.seed, err);
    if (ok && SHIFTS_PER_TEST * tests > t->bench.shifts_max) {
        t->bench.shifts_max = SHIFTS_PER_TEST * tests;
    }
    for (size_t i = 0; ok && i < t->n_groups; i++) {
        ok = reserve(b, &t->groups[i], err);
    }
    for (size_t h = 0; ok && h < b->o.n_horizons; h++) {
        ok = try_horizon(b, t, h, residuals, &room, audit, err);
    }
    ok = ok && draw_curves(b, t, err);
    trial_room_fini(&room);
    free(residuals);
    return ok;
}

/* q of each test of this run, in the order of backtest_family(). */
static void take_q(struct backtest *b, const double *q)
{
    size_t n = b->o.n_latencies * b->o.n_horizons, at = 0;
    for (size_t k = 0; k < b->n_tickers; k++) {
        for (size_t i = 0; i < b->tickers[k].n_groups; i++) {
            struct group *g = &b->tickers[k].groups[i];
            for (size_t j = 0; j < n; j++) {
                if (!isnan(g->trials[j].p)) {
                    g->q[j] = q[at++];
                    g->verdict[j] = finding_of(&g->trials[j], g->q[j]);
                }
            }
        }
    }
}

bool backtest_judge(struct backtest *b, struct err *err)
{
    double *p = NULL;
    if (!backtest_family(b, &p, err)) {
        return false;
    }
    double *q = malloc((b->family.size + 1) * sizeof *q);
    uint32_t *order = malloc((b->family.size + 1) * sizeof *order);
    bool ok = (q != NULL && order != NULL) || err_set(err, ERR_MEMORY, "out of memory");
    if (ok) {
        stat_bh(p, b->family.size, q, order);
        take_q(b, q);
    }
    free(p);
    free(q);
    free(order);
    return ok;
}
