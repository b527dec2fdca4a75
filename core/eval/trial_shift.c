/* SPDX-License-Identifier: MIT */
/* Circular shifts: the episodes of each day are moved together by a random time around the day, so
 * that they keep their distances from each other and lose what the price had to do with them. */
#include "clock.h"
#include "rng.h"
#include "trial.h"

#include <math.h>

/* Enough of them at or above what was seen: the rest would only make p more exact. */
enum { EXCEED_MAX = 50 };

/* Shift number k moves day d by rng_below(seed, k * days + d, seconds of the day); 0 counts, too.
 */
static double shifted_mean(const struct bench *b, const struct event *events,
                           const float *residuals, const struct trial_room *room, size_t n,
                           uint64_t seed, uint64_t k)
{
    const struct course *c = b->c;
    double sum = 0, known = 0;
    size_t day = 0, offset = 0;
    bool fresh = true;
    for (size_t i = 0; i < n; i++) {
        size_t point = room->sights[i].point;
        while (point >= c->days[day].off + c->days[day].n) {
            day++;
            fresh = true;
        }
        const struct day *d = &c->days[day];
        if (fresh && k != UINT64_MAX) {
            offset = rng_below(seed, k * c->n_days + day, d->n);
        }
        fresh = false;
        size_t at = point - d->off + offset;
        float r = residuals[d->off + (at >= d->n ? at - d->n : at)];
        if (!isnan(r)) {
            sum += events[room->sights[i].event].dir * (double)r;
            known++;
        }
    }
    return known > 0 ? sum / known : NAN;
}

void trial_shift(const struct bench *b, const struct event *events, const float *residuals,
                 uint64_t seed, const struct trial_room *room, struct trial *t)
{
    double seen = shifted_mean(b, events, residuals, room, t->n, seed, UINT64_MAX);
    uint64_t exceed = 0, k = 0;
    t->shift_stat = seen;
    if (isnan(seen)) {
        return;
    }
    while (k < b->shifts_max && exceed < EXCEED_MAX) {
        double x = shifted_mean(b, events, residuals, room, t->n, seed, k++);
        exceed += !(x < seen - 1e-12);
    }
    t->shifts = k;
    t->p =
        exceed >= EXCEED_MAX ? (double)exceed / (double)k : (double)(exceed + 1) / (double)(k + 1);
}
