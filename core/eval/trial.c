/* SPDX-License-Identifier: MIT */
#include "trial.h"

#include "clock.h"
#include "rng.h"
#include "stat.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OLS_K = 5, OLS_DRAWS = 10, HALF_HOUR_S = 1800 };
#define REDUNDANT_P 0.05

const char *excluded_name(enum excluded e)
{
    static const char *const names[EXCLUDED] = { "session end", "gap",     "halt",     "locked",
                                                 "one-sided",   "overlap", "unmatched" };
    return names[e];
}

void trial_room_fini(struct trial_room *r)
{
    free(r->sights);
    free(r->design);
    free(r->response);
    free(r->cluster);
    free(r->scratch);
    *r = (struct trial_room){ .sights = NULL };
}

static bool reserve(struct trial_room *r, size_t n, size_t blocks, struct err *err)
{
    size_t rows = n * (1 + OLS_DRAWS) + 1, numbers = BOOT_RESAMPLES + n + 5 * (blocks + 1);
    if (n + 1 > r->cap) {
        free(r->sights);
        r->sights = malloc((n + 1) * sizeof *r->sights);
        r->cap = r->sights != NULL ? n + 1 : 0;
    }
    if (rows > r->cap_rows) {
        free(r->design);
        free(r->response);
        free(r->cluster);
        r->design = malloc(rows * OLS_K * sizeof *r->design);
        r->response = malloc(rows * sizeof *r->response);
        r->cluster = malloc(rows * sizeof *r->cluster);
        r->cap_rows = rows;
    }
    if (numbers > r->cap_scratch) {
        free(r->scratch);
        r->scratch = malloc(numbers * sizeof *r->scratch);
        r->cap_scratch = numbers;
    }
    bool ok = r->sights != NULL && r->design != NULL && r->response != NULL && r->cluster != NULL &&
              r->scratch != NULL;
    if (!ok) {
        trial_room_fini(r);
        return err_set(err, ERR_MEMORY, "out of memory for the statistics");
    }
    return true;
}

/* ---- one episode ---- */

/* The run of episodes through one trial. */
struct walk {
    const struct bench *b;
    const struct trial *t;
    int64_t counted_ns; /* entry of the last one counted */
    uint64_t seed, at;  /* of the draws */
    size_t rows;        /* of the regression */
};

static uint32_t block_of(const struct bench *b, size_t day, int64_t t_ns)
{
    const struct day *d = &b->c->days[day];
    uint32_t within = b->by_day ? 0 : (uint32_t)((t_ns - d->first_ns) / (HALF_HOUR_S * NS_PER_S));
    return b->day_block[day] + within;
}

/* Why it is not used, or EXCLUDED. */
static enum excluded look(const struct walk *w, const struct event *e, struct sight *s)
{
    const struct course *c = w->b->c;
    int64_t from_ns = e->confirmed_ns + w->t->latency_ms * NS_PER_MS;
    int64_t to_ns = from_ns + w->t->horizon_ms * NS_PER_MS;
    size_t day = course_day(c, from_ns);
    struct mid in, out;
    if (day == SIZE_MAX || to_ns > c->days[day].last_ns ||
        from_ns < c->days[day].first_s * NS_PER_S) {
        return EXCL_SESSION;
    }
    if (spans_touch(&c->gaps, from_ns, to_ns)) {
        return EXCL_GAP;
    }
    if (spans_touch(&c->halts, from_ns, to_ns)) {
        return EXCL_HALT;
    }
    enum mid_status at_in = course_mid(c, from_ns, &in), at_out = course_mid(c, to_ns, &out);
    if (at_in != MID_OK || at_out != MID_OK) {
        return at_in == MID_LOCKED || (at_in == MID_OK && at_out == MID_LOCKED) ? EXCL_LOCKED
                                                                                : EXCL_ABSENT;
    }
    if (w->counted_ns != INT64_MIN && from_ns - w->counted_ns < to_ns - from_ns) {
        return EXCL_OVERLAP;
    }
    int64_t lo, hi;
    double unit = 2 * w->b->px_tick, dir = e->dir;
    course_extremes(c, &in, to_ns, &lo, &hi);
    double up = (double)(hi - in.sum_px) / unit, down = (double)(in.sum_px - lo) / unit;
    *s = (struct sight){
        .block = block_of(w->b, day, from_ns),
        .point = (uint32_t)(c->days[day].off + (size_t)(from_ns / NS_PER_S - c->days[day].first_s)),
        .y = dir * (double)(out.sum_px - in.sum_px) / unit,
        .bps = 1e4 * dir * (double)(out.sum_px - in.sum_px) / (double)in.sum_px,
        .mfe = dir > 0 ? up : down,
        .mae = dir > 0 ? down : up,
    };
    s->hit = s->y > 0 ? 1 : s->y < 0 ? 0 : 0.5;
    s->net = s->y - (double)(in.spread_px + out.spread_px) / unit;
    return EXCLUDED;
}

static void add_row(struct trial_room *r, struct walk *w, uint32_t block, size_t point, double dir,
                    bool episode, double y)
{
    const struct match *m = w->b->m;
    double prior = m->prior[point] / (2 * w->b->px_tick), z = (double)m->ofi_z[point];
    if (isnan(prior) || isnan(z)) {
        return;
    }
    double *x = r->design + w->rows * OLS_K;
    x[0] = 1;
    x[1] = episode;
    x[2] = dir * prior;
    x[3] = dir * z;
    x[4] = dir * (double)w->b->c->grid[point].qi;
    r->response[w->rows] = y;
    r->cluster[w->rows++] = block;
}

/* Adds the baseline; false: there is none. */
static bool compare(struct walk *w, const struct event *e, struct sight *s, struct trial_room *r,
                    struct trial *t)
{
    uint32_t draws[MATCH_DRAWS];
    bool wider = false;
    size_t seconds = (size_t)(t->horizon_ms / 1000);
    size_t n = match_draw(w->b->m, s->point, seconds, w->seed, &w->at, draws, &wider);
    for (size_t k = 0; k < n; k++) {
        const struct grid_point *a = &w->b->c->grid[draws[k]];
        double y = e->dir * (double)(a[seconds].sum_px - a->sum_px) / (2 * w->b->px_tick);
        s->base_y += y / (double)n;
        s->base_hit += (y > 0 ? 1 : y < 0 ? 0 : 0.5) / (double)n;
        if (k < OLS_DRAWS) {
            add_row(r, w, s->block, draws[k], e->dir, false, y);
        }
    }
    if (n > 0) {
        add_row(r, w, s->block, s->point, e->dir, true, s->y);
        t->wider += wider;
    }
    return n > 0;
}

/* ---- all of them ---- */

static void means(struct trial *t, const struct sight *s)
{
    double n = (double)t->n;
    for (size_t i = 0; i < t->n; i++) {
        t->hit += s[i].hit / n;
        t->base_hit += s[i].base_hit / n;
        t->bps += s[i].bps / n;
        t->base_y += s[i].base_y / n;
        t->mfe += s[i].mfe / n;
        t->mae += s[i].mae / n;
        t->ticks.value += s[i].y / n;
        t->net.value += s[i].net / n;
    }
    t->lift.value = t->hit - t->base_hit;
    t->lift_ticks.value = t->ticks.value - t->base_y;
}

static uint64_t seed_of(const struct bench *b, const char *label, const char *what)
{
    char text[256];
    (void)snprintf(text, sizeof text, "%s/%s", label, what);
    return rng_seed(b->seed, text);
}

/* Sums by block: [0] how many, [1] lift, [2] ticks, [3] net, [4] lift in ticks. */
static void intervals(const struct bench *b, const char *label, struct trial *t,
                      struct trial_room *r)
{
    size_t nb = b->n_blocks;
    double *sums = r->scratch + BOOT_RESAMPLES;
    memset(sums, 0, 5 * nb * sizeof *sums);
    for (size_t i = 0; i < t->n; i++) {
        const struct sight *s = &r->sights[i];
        const double add[5] = { 1, s->hit - s->base_hit, s->y, s->net, s->y - s->base_y };
        for (size_t k = 0; k < 5; k++) {
            sums[k * nb + s->block] += add[k];
        }
    }
    struct estimate *const of[4] = { &t->lift, &t->ticks, &t->net, &t->lift_ticks };
    uint64_t seed = seed_of(b, label, "boot");
    for (size_t k = 0; k < 4; k++) {
        of[k]->ci = boot_ratio(sums + (k + 1) * nb, sums, nb, seed, r->scratch, &of[k]->se);
    }
    for (size_t k = 0; k < nb; k++) {
        t->n_blocks += sums[k] > 0;
    }
}

/* Spearman of score and y; the interval resamples blocks of the ranks of the whole sample. */
static bool information(const struct bench *b, const struct event *events, const char *label,
                        struct trial *t, struct trial_room *r, struct err *err)
{
    size_t n = t->n;
    double *x = malloc(4 * (n + 1) * sizeof *x);
    uint32_t *order = malloc((n + 1) * sizeof *order);
    struct moments *m = calloc(b->n_blocks + 1, sizeof *m);
    bool ok = x != NULL && order != NULL && m != NULL;
    double *rx = x + n, *y = x + 2 * n, *ry = x + 3 * n;
    for (size_t i = 0; ok && i < n; i++) {
        x[i] = events[r->sights[i].event].score;
        y[i] = r->sights[i].y;
    }
    if (ok) {
        stat_ranks(x, n, rx, order);
        stat_ranks(y, n, ry, order);
        t->ic.value = stat_pearson(rx, ry, n);
    }
    double centre = ((double)n + 1) / 2;
    for (size_t i = 0; ok && i < n; i++) {
        struct moments *k = &m[r->sights[i].block];
        double a = rx[i] - centre, c = ry[i] - centre;
        k->n++;
        k->x += a;
        k->y += c;
        k->xx += a * a;
        k->yy += c * c;
        k->xy += a * c;
    }
    if (ok) {
        t->ic.ci = boot_correlation(m, b->n_blocks, seed_of(b, label, "ic"), r->scratch);
    }
    free(x);
    free(order);
    free(m);
    return ok || err_set(err, ERR_MEMORY, "out of memory for the statistics");
}

static bool regress(const struct bench *b, struct trial *t, struct trial_room *r, struct err *err)
{
    double *sums = malloc((b->n_blocks + 1) * OLS_K * sizeof *sums);
    if (sums == NULL) {
        return err_set(err, ERR_MEMORY, "out of memory for the statistics");
    }
    t->has_ols =
        ols_fit(r->design, r->response, r->cluster, t->ols_rows, OLS_K, b->n_blocks, sums, &t->ols);
    free(sums);
    if (t->has_ols) {
        double z = t->ols.b[1] / t->ols.se_cluster[1];
        t->has_ols = isfinite(z);
        t->redundant = !(z > 0 && 2 * stat_normal_cdf(-z) <= REDUNDANT_P);
    }
    return true;
}

static void walk_all(struct walk *w, const struct event *events, size_t n, struct trial *t,
                     struct trial_room *room)
{
    size_t day = SIZE_MAX;
    for (size_t i = 0; i < n; i++) {
        struct sight *s = &room->sights[t->n];
        enum excluded why = look(w, &events[i], s);
        if (why == EXCLUDED && !compare(w, &events[i], s, room, t)) {
            why = EXCL_UNMATCHED;
        }
        if (why != EXCLUDED) {
            t->excluded[why]++;
            continue;
        }
        int64_t entry_ns = events[i].confirmed_ns + t->latency_ms * NS_PER_MS;
        size_t today = course_day(w->b->c, entry_ns);
        t->n_days += today != day;
        day = today;
        w->counted_ns = entry_ns;
        s->event = i;
        t->n++;
    }
}

bool trial_run(const struct bench *b, const struct event *events, size_t n, const float *residuals,
               const char *label, struct trial *t, struct trial_room *room, struct err *err)
{
    *t = (struct trial){ .latency_ms = t->latency_ms, .horizon_ms = t->horizon_ms, .p = NAN };
    t->n_events = n;
    if (!reserve(room, n, b->n_blocks, err)) {
        return false;
    }
    struct walk w = { .b = b, .t = t, .counted_ns = INT64_MIN, .seed = seed_of(b, label, "base") };
    walk_all(&w, events, n, t, room);
    t->ols_rows = w.rows;
    if (t->n == 0) {
        return true;
    }
    means(t, room->sights);
    intervals(b, label, t, room);
    trial_shift(b, events, residuals, seed_of(b, label, "shift"), room, t);
    return information(b, events, label, t, room, err) && regress(b, t, room, err);
}
