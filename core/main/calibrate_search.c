/* SPDX-License-Identifier: MIT */
/* From the rates at a few values to the value that gives the wanted one. */
#include "calibrate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { GRID = 9, REFINEMENTS = 8 };
static const double QUANTILES[GRID] = { 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 0.9999 };
static const double CHANCES[GRID] = { 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.001, 1e-4, 1e-6 };
static const double LEAST_SIZE = 1e-3; /* 0 has a meaning of its own */

static bool smaller_is_stricter(const struct tuned *d)
{
    return d->sample == SAMPLE_NONE;
}

static bool run_grid(struct calibrate *c, struct calibrate_ticker *t, struct err *err)
{
    bool ok = true;
    for (int g = 0; ok && g < GRID; g++) {
        double value[TUNED];
        struct dial_level *to[TUNED];
        struct told_ticker run = { .n_files = 0 };
        for (int i = 0; i < TUNED; i++) {
            struct dial *d = &t->of[i].dial;
            enum sample s = c->tuned[i].sample;
            double x =
                s == SAMPLE_NONE ? CHANCES[g] : sketch_quantile(&t->first[0][s], QUANTILES[g]);
            double before = d->n > 0 && s != SAMPLE_NONE ? d->levels[d->n - 1].value * 1.02 : 0;
            value[i] = calibrate_rounded(fmax(fmax(x, before), s == SAMPLE_NONE ? 0 : LEAST_SIZE));
            to[i] = &d->levels[d->n++];
            to[i]->value = value[i];
        }
        ok = calibrate_count(c, t, value, to, &run, err);
        if (ok && g == 0) {
            calibrate_misses(c, t, &run);
        }
        told_ticker_fini(&run);
    }
    for (int i = 0; ok && i < TUNED; i++) {
        t->of[i].now.loose_rate = dial_rate(&t->of[i].dial, 0, 0, t->of[i].dial.days);
    }
    return ok;
}

static bool refine(struct calibrate *c, struct calibrate_ticker *t, struct err *err)
{
    bool ok = true, any = true;
    for (int r = 0; ok && any && r < REFINEMENTS; r++) {
        double value[TUNED];
        struct dial_level *to[TUNED] = { NULL };
        struct told_ticker run = { .n_files = 0 };
        any = false;
        for (int i = 0; i < TUNED; i++) {
            struct dial *d = &t->of[i].dial;
            value[i] = d->levels[dial_choose(d, d->days)].value;
            if (dial_next(d, smaller_is_stricter(&c->tuned[i]), &value[i])) {
                value[i] = calibrate_rounded(value[i]);
                to[i] = &d->levels[dial_insert(d, value[i], smaller_is_stricter(&c->tuned[i]))];
                any = true;
            }
        }
        ok = !any || calibrate_count(c, t, value, to, &run, err);
        told_ticker_fini(&run);
    }
    return ok;
}

/* Each day but the first, under what the days before it would have chosen. */
static void walk(struct calibrated *k)
{
    const struct dial *d = &k->dial;
    double n = 0, hours = 0;
    for (size_t day = 1; day < d->days; day++) {
        size_t level = dial_choose(d, day);
        n += d->levels[level].n[day];
        hours += d->hours[day];
        k->walked_days++;
        k->fitted_days += dial_fits(d, level, day, day + 1);
    }
    k->walked = hours > 0 ? n / hours * d->day_hours : NAN;
}

static enum null_verdict compare(double real, double real_h, double null, double null_h)
{
    double deviation = sqrt(real / real_h + null / null_h);
    return !(null_h > 0) || isnan(null)  ? NULL_UNPROVEN
           : real > 0 && null >= real    ? NULL_AS_OFTEN
           : null < real - 2 * deviation ? NULL_RARER
                                         : NULL_UNPROVEN;
}

static void take_null(const struct calibrate *c, struct calibrate_ticker *t,
                      const struct told_ticker *run)
{
    for (int i = 0; i < TUNED; i++) {
        struct calibrated *k = &t->of[i];
        const struct dial *d = &k->dial;
        double rate = dial_rate(d, k->level, 0, d->days) / d->day_hours, hours = 0;
        for (size_t day = 0; day < d->days; day++) {
            hours += d->hours[day];
        }
        k->real_per_h = c->tuned[i].per_side ? 2 * rate : rate;
        k->shuffled_per_h = k->noise_per_h = c->o.run.no_null ? NAN : 0;
        for (size_t g = 0; g < run->n_groups; g++) {
            const struct group *x = &run->groups[g];
            if (strcmp(x->detector, c->tuned[i].detector) == 0 &&
                strcmp(x->kind, x->detector) == 0) {
                k->shuffled_per_h += x->shuffled_per_h;
                k->noise_per_h += x->noise_per_h;
            }
        }
        /* What lies within a second is as it was when shuffled: that cannot tell about a sweep. */
        bool within = strcmp(c->tuned[i].detector, "sweep") == 0;
        enum null_verdict noise = compare(k->real_per_h, hours, k->noise_per_h, run->noise_h);
        enum null_verdict shuffled =
            within ? noise : compare(k->real_per_h, hours, k->shuffled_per_h, run->shuffled_h);
        k->verdict = noise > shuffled ? noise : shuffled;
    }
}

bool calibrate_search(struct calibrate *c, struct calibrate_ticker *t, struct err *err)
{
    struct told_ticker run = { .n_files = 0 };
    double value[TUNED];
    for (int i = 0; i < TUNED; i++) {
        struct dial *d = &t->of[i].dial;
        d->days = t->n_days - t->first_day;
        d->day_hours = c->o.day_hours;
        d->least = c->o.least[i];
        d->most = c->o.most[i];
    }
    for (size_t i = t->first_day; i < t->n_days; i++) {
        t->rows += t->days[i].rows;
    }
    bool ok = calibrate_in_force(c, t, err);
    t->too_few = calibrate_sessions(t) == 0 || t->rows < CALIBRATE_ROWS_MIN;
    ok = ok && run_grid(c, t, err) && refine(c, t, err);
    for (int i = 0; ok && i < TUNED; i++) {
        struct calibrated *k = &t->of[i];
        k->level = dial_choose(&k->dial, k->dial.days);
        value[i] = k->dial.levels[k->level].value;
        walk(k);
    }
    ok = ok && calibrate_null(c, t, value, &run, err);
    if (ok) {
        take_null(c, t, &run);
    }
    told_ticker_fini(&run);
    return ok;
}
