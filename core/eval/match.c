/* SPDX-License-Identifier: MIT */
#include "match.h"

#include "clock.h"
#include "rng.h"
#include "stat.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NO_CELL = UINT16_MAX, BUCKET_S = 1800, TRIES = 8 * MATCH_DRAWS };

void match_fini(struct match *m)
{
    free(m->cell);
    free(m->prior);
    free(m->ofi_z);
    free(m->list);
    *m = (struct match){ .c = NULL };
}

static size_t bucket_of(const struct course *c, const struct day *d, size_t i)
{
    int64_t s = d->first_s + (int64_t)(i - d->off) - c->day_start_ns / NS_PER_S;
    return (size_t)(s % 86400 / BUCKET_S);
}

static double spread_of(const struct grid_point *p)
{
    return (double)(2 * p->ask_px - p->sum_px); /* ask - bid */
}

static void read_priors(struct match *m)
{
    const struct course *c = m->c;
    for (size_t k = 0; k < c->n_days; k++) {
        const struct day *d = &c->days[k];
        for (size_t i = d->off; i < d->off + d->n; i++) {
            bool known = i >= d->off + PRIOR_S && course_clean(c, d, i - PRIOR_S, PRIOR_S);
            m->prior[i] = known ? (double)(c->grid[i].sum_px - c->grid[i - PRIOR_S].sum_px) : NAN;
        }
    }
}

/* Upper ends of the n parts into which the known values fall. */
static void parts(double *values, size_t n_values, double *ends, size_t n)
{
    stat_sort(values, n_values);
    for (size_t i = 1; i < n; i++) {
        ends[i - 1] = stat_quantile(values, n_values, (double)i / (double)n);
    }
}

static size_t part_of(const double *ends, size_t n, double x)
{
    size_t i = 0;
    while (i < n - 1 && x > ends[i]) {
        i++;
    }
    return i;
}

static bool find_parts(struct match *m, struct err *err)
{
    const struct course *c = m->c;
    double *values = calloc(c->n_grid + 1, sizeof *values);
    if (values == NULL) {
        return err_set(err, ERR_MEMORY, "out of memory for the baseline");
    }
    size_t n = 0;
    for (size_t i = 0; i < c->n_grid; i++) {
        if (!isnan(m->prior[i])) {
            values[n++] = m->prior[i];
        }
    }
    parts(values, n, m->decile, DECILES);
    n = 0;
    for (size_t i = 0; i < c->n_grid; i++) {
        if (c->grid[i].sum_px != 0) {
            values[n++] = spread_of(&c->grid[i]);
        }
    }
    parts(values, n, m->quarter, SPREADS);
    free(values);
    return true;
}

static void assign(struct match *m)
{
    const struct course *c = m->c;
    for (size_t k = 0; k < c->n_days; k++) {
        const struct day *d = &c->days[k];
        for (size_t i = d->off; i < d->off + d->n; i++) {
            m->cell[i] = NO_CELL;
            if (c->grid[i].sum_px != 0 && !isnan(m->prior[i])) {
                size_t decile = part_of(m->decile, DECILES, m->prior[i]);
                size_t spread = part_of(m->quarter, SPREADS, spread_of(&c->grid[i]));
                m->cell[i] = (uint16_t)((bucket_of(c, d, i) * DECILES + decile) * SPREADS + spread);
                m->start[m->cell[i] + 1]++;
            }
        }
    }
    for (size_t i = 0; i < CELLS; i++) {
        m->start[i + 1] += m->start[i];
    }
}

static bool fill_list(struct match *m, struct err *err)
{
    uint32_t *at = malloc(CELLS * sizeof *at);
    if (at == NULL) {
        return err_set(err, ERR_MEMORY, "out of memory for the baseline");
    }
    memcpy(at, m->start, CELLS * sizeof *at);
    for (size_t i = 0; i < m->c->n_grid; i++) {
        if (m->cell[i] != NO_CELL) {
            m->list[at[m->cell[i]]++] = (uint32_t)i;
        }
    }
    free(at);
    return true;
}

struct sums {
    double n, x, xx;
};

static void normalize_flow(struct match *m)
{
    const struct course *c = m->c;
    struct sums sums[BUCKETS] = { { 0 } };
    for (int pass = 0; pass < 2; pass++) {
        for (size_t k = 0; k < c->n_days; k++) {
            const struct day *d = &c->days[k];
            for (size_t i = d->off; i < d->off + d->n; i++) {
                struct sums *s = &sums[bucket_of(c, d, i)];
                double x = (double)c->grid[i].ofi;
                double var = s->n > 1 ? (s->xx - s->x * s->x / s->n) / (s->n - 1) : 0;
                if (pass == 0 && !isnan(x)) {
                    s->n++;
                    s->x += x;
                    s->xx += x * x;
                } else if (pass == 1) {
                    m->ofi_z[i] = var > 0 ? (float)((x - s->x / s->n) / sqrt(var)) : NAN;
                }
            }
        }
    }
}

bool match_init(struct match *m, const struct course *c, struct err *err)
{
    size_t n = c->n_grid + 1;
    *m = (struct match){ .c = c };
    m->cell = malloc(n * sizeof *m->cell);
    m->prior = calloc(n, sizeof *m->prior);
    m->ofi_z = malloc(n * sizeof *m->ofi_z);
    m->list = malloc(n * sizeof *m->list);
    if (m->cell == NULL || m->prior == NULL || m->ofi_z == NULL || m->list == NULL) {
        return err_set(err, ERR_MEMORY, "out of memory for the baseline");
    }
    read_priors(m);
    if (!find_parts(m, err)) {
        return false;
    }
    assign(m);
    normalize_flow(m);
    return fill_list(m, err);
}

/* Cells of one bucket lie side by side, and within it those of one decile. */
static void range_of(const struct match *m, size_t cell, int wide, uint32_t *lo, uint32_t *hi)
{
    size_t width = wide == 0 ? 1 : wide == 1 ? SPREADS : DECILES * SPREADS;
    size_t first = cell / width * width;
    *lo = m->start[first];
    *hi = m->start[first + width];
}

static bool usable(const struct match *m, size_t j, size_t i, size_t s)
{
    const struct course *c = m->c;
    size_t apart = i > j ? i - j : j - i;
    if (apart <= s || j + s >= c->n_grid) {
        return false;
    }
    const struct grid_point *a = &c->grid[j], *b = &c->grid[j + s];
    return b->sum_px != 0 && a->broken == b->broken;
}

/* Is grid point j + s of the day of j? Days are few, and found by halving. */
static bool same_day(const struct course *c, size_t j, size_t s)
{
    size_t lo = 0, hi = c->n_days;
    while (hi - lo > 1) {
        size_t mid = lo + (hi - lo) / 2;
        if (c->days[mid].off <= j) {
            lo = mid;
        } else {
            hi = mid;
        }
    }
    return j + s < c->days[lo].off + c->days[lo].n;
}

size_t match_draw(const struct match *m, size_t i, size_t s, uint64_t seed, uint64_t *at,
                  uint32_t out[MATCH_DRAWS], bool *wider_out)
{
    size_t n = 0;
    if (m->cell[i] == NO_CELL) {
        return 0;
    }
    for (int wide = 0; wide < 3 && n < MATCH_DRAWS; wide++) {
        uint32_t lo, hi;
        range_of(m, m->cell[i], wide, &lo, &hi);
        if (hi - lo < MATCH_MIN && wide < 2) {
            continue;
        }
        *wider_out = wide > 0;
        n = 0;
        for (int t = 0; t < TRIES && n < MATCH_DRAWS && hi > lo; t++) {
            size_t j = m->list[lo + rng_below(seed, (*at)++, hi - lo)];
            if (usable(m, j, i, s) && same_day(m->c, j, s)) {
                out[n++] = (uint32_t)j;
            }
        }
    }
    return n == MATCH_DRAWS ? n : 0;
}

void match_residuals(const struct match *m, size_t s, float *out)
{
    const struct course *c = m->c;
    for (size_t k = 0; k < c->n_days; k++) {
        const struct day *d = &c->days[k];
        for (size_t i = d->off; i < d->off + d->n; i++) {
            out[i] = NAN;
            if (m->cell[i] != NO_CELL && course_clean(c, d, i, s)) {
                int64_t a = c->grid[i].sum_px, b = c->grid[i + s].sum_px;
                out[i] = b > a ? 1.0F : b < a ? 0.0F : 0.5F;
            }
        }
    }
    for (size_t cell = 0; cell < CELLS; cell++) {
        double sum = 0, n = 0;
        for (uint32_t k = m->start[cell]; k < m->start[cell + 1]; k++) {
            float x = out[m->list[k]];
            sum += isnan(x) ? 0 : (double)x;
            n += !isnan(x);
        }
        for (uint32_t k = m->start[cell]; n > 0 && k < m->start[cell + 1]; k++) {
            out[m->list[k]] -= (float)(sum / n);
        }
    }
}
