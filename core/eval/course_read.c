/* SPDX-License-Identifier: MIT */
#include "clock.h"
#include "course.h"

#define VALID_FOR_NS (5 * NS_PER_S)

size_t course_day(const struct course *c, int64_t t_ns)
{
    size_t lo = 0, hi = c->n_days;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (c->days[mid].first_ns <= t_ns) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo > 0 && t_ns <= c->days[lo - 1].last_ns ? lo - 1 : SIZE_MAX;
}

/* How many steps begin at or before t. */
static size_t steps_to(const struct course *c, int64_t t_ns)
{
    size_t lo = 0, hi = c->n_steps;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (c->steps[mid].ts_ns <= t_ns) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo;
}

enum mid_status course_mid(const struct course *c, int64_t t_ns, struct mid *out)
{
    size_t n = steps_to(c, t_ns);
    if (n == 0) {
        return MID_ABSENT;
    }
    size_t i = n - 1;
    out->step = i;
    /* A state is over when the next one begins. */
    int64_t over_ns = t_ns;
    while (i > 0 && c->steps[i].kind >= STEP_ABSENT) {
        over_ns = c->steps[i].ts_ns;
        i--;
    }
    const struct step *s = &c->steps[i];
    if (s->kind == STEP_LOCKED || s->kind == STEP_CROSSED) {
        return MID_LOCKED;
    }
    if (s->kind != STEP_OK || t_ns - over_ns > VALID_FOR_NS) {
        return MID_ABSENT;
    }
    out->sum_px = s->bid_px + s->ask_px;
    out->spread_px = s->ask_px - s->bid_px;
    return MID_OK;
}

bool spans_touch(const struct spans *s, int64_t from_ns, int64_t to_ns)
{
    size_t lo = 0, hi = s->n;
    while (lo < hi) { /* the first that ends after from */
        size_t mid = lo + (hi - lo) / 2;
        if (s->items[mid].to_ns <= from_ns) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo < s->n && s->items[lo].from_ns < to_ns;
}

void course_extremes(const struct course *c, const struct mid *from, int64_t to_ns, int64_t *lo_out,
                     int64_t *hi_out)
{
    int64_t lo = from->sum_px, hi = from->sum_px;
    for (size_t i = from->step + 1; i < c->n_steps && c->steps[i].ts_ns <= to_ns; i++) {
        const struct step *s = &c->steps[i];
        int64_t sum = s->bid_px + s->ask_px;
        lo = s->kind == STEP_OK && sum < lo ? sum : lo;
        hi = s->kind == STEP_OK && sum > hi ? sum : hi;
    }
    *lo_out = lo;
    *hi_out = hi;
}

bool course_clean(const struct course *c, const struct day *d, size_t i, size_t s)
{
    if (i < d->off || i + s >= d->off + d->n) {
        return false;
    }
    const struct grid_point *a = &c->grid[i], *b = &c->grid[i + s];
    return a->sum_px != 0 && b->sum_px != 0 && a->broken == b->broken;
}

double course_hours(const struct course *c)
{
    double hours = 0;
    for (size_t i = 0; i < c->n_days; i++) {
        hours += (double)(c->days[i].last_ns - c->days[i].first_ns) / (3600.0 * (double)NS_PER_S);
    }
    return hours;
}
