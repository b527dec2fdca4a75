/* SPDX-License-Identifier: MIT */
#include "dial.h"

#include <math.h>
#include <string.h>

static double hours(const struct dial *d, size_t from, size_t to)
{
    double sum = 0;
    for (size_t i = from; i < to; i++) {
        sum += d->hours[i];
    }
    return sum;
}

double dial_rate(const struct dial *d, size_t level, size_t from, size_t to)
{
    double n = 0, h = hours(d, from, to);
    for (size_t i = from; i < to; i++) {
        n += d->levels[level].n[i];
    }
    return h > 0 ? n / h * d->day_hours : 0;
}

double dial_active(const struct dial *d, size_t level, size_t from, size_t to)
{
    double s = 0, h = hours(d, from, to);
    for (size_t i = from; i < to; i++) {
        s += d->levels[level].active_s[i];
    }
    return h > 0 ? s / (h * 3600) : 0;
}

/* How far a rate is from the middle of what is wanted, as a logarithm; no rate is farthest. */
static double distance(const struct dial *d, double rate)
{
    double middle = sqrt(d->least * d->most);
    return rate > 0 ? log(rate / middle) : -INFINITY;
}

size_t dial_choose(const struct dial *d, size_t to)
{
    size_t best = 0;
    double best_by = INFINITY;
    bool best_rests = false;
    for (size_t i = 0; i < d->n; i++) {
        bool rests = dial_active(d, i, 0, to) <= DIAL_ACTIVE_MAX;
        double by = fabs(distance(d, dial_rate(d, i, 0, to)));
        if (i == 0 || (rests && !best_rests) || (rests == best_rests && by < best_by)) {
            best = i;
            best_by = by;
            best_rests = rests;
        }
    }
    return best;
}

bool dial_fits(const struct dial *d, size_t level, size_t from, size_t to)
{
    double rate = dial_rate(d, level, from, to);
    return rate >= d->least && rate <= d->most &&
           dial_active(d, level, from, to) <= DIAL_ACTIVE_MAX;
}

/* Must it be stricter than this level? */
static bool too_loose(const struct dial *d, size_t level)
{
    return dial_active(d, level, 0, d->days) > DIAL_ACTIVE_MAX ||
           distance(d, dial_rate(d, level, 0, d->days)) > 0;
}

/* Beyond the last level on one side. */
static double beyond(double value, bool stricter, bool smaller_is_stricter)
{
    if (smaller_is_stricter) {
        return stricter ? value / 10 : fmin(value * 3, 1);
    }
    return stricter ? value * 2 : value / 2;
}

bool dial_next(const struct dial *d, bool smaller_is_stricter, double *value_out)
{
    size_t last = d->n;
    if (d->n == 0 || d->n == DIAL_LEVELS_MAX) {
        return false;
    }
    while (last > 0 && !too_loose(d, last - 1)) {
        last--;
    }
    if (last == 0 || last == d->n) {
        double end = d->levels[last == 0 ? 0 : last - 1].value;
        *value_out = beyond(end, last != 0, smaller_is_stricter);
        return *value_out > end || *value_out < end;
    }
    double loose = d->levels[last - 1].value, strict = d->levels[last].value;
    if (!(loose > 0) || !(strict > 0) || fabs(log(strict / loose)) < 0.01) {
        return false;
    }
    *value_out = sqrt(loose * strict);
    return true;
}

size_t dial_insert(struct dial *d, double value, bool smaller_is_stricter)
{
    size_t at = 0;
    while (at < d->n &&
           (smaller_is_stricter ? d->levels[at].value > value : d->levels[at].value < value)) {
        at++;
    }
    memmove(d->levels + at + 1, d->levels + at, (d->n - at) * sizeof *d->levels);
    d->levels[at] = (struct dial_level){ .value = value };
    d->n++;
    return at;
}
