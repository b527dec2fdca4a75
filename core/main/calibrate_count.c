/* SPDX-License-Identifier: MIT */
/* Episodes of a run, by detector and day. */
#include "calibrate.h"
#include "clock.h"
#include "orderflow/detector.h"

#include <string.h>

int calibrate_which(const struct calibrate *c, const struct told_episode *e)
{
    for (int i = 0; i < TUNED; i++) {
        if (strcmp(c->tuned[i].detector, e->detector) == 0 && strcmp(e->kind, e->detector) == 0) {
            return i;
        }
    }
    return -1;
}

/* The day of an episode among those that count; DIAL_DAYS_MAX: none. */
static size_t day_of(const struct calibrate *c, const struct calibrate_ticker *t, int64_t ts_ns)
{
    int64_t number = (ts_ns - c->o.run.day_start_ns) / (86400 * NS_PER_S);
    for (size_t i = t->first_day; i < t->n_days; i++) {
        if (t->days[i].number == number) {
            return i - t->first_day;
        }
    }
    return DIAL_DAYS_MAX;
}

/* Adds the episodes of a run to a level of each; NULL: not wanted. */
static void count(const struct calibrate *c, const struct calibrate_ticker *t,
                  const struct told_ticker *run, struct dial_level *to[TUNED])
{
    for (size_t i = 0; i < run->n_episodes; i++) {
        const struct told_episode *e = &run->episodes[i];
        int which = calibrate_which(c, e);
        size_t day = day_of(c, t, e->confirmed_ns);
        if (which < 0 || to[which] == NULL || day == DIAL_DAYS_MAX) {
            continue;
        }
        int64_t end_ns = e->end_ns != 0 ? e->end_ns : e->last_ns;
        double part = e->side == OFD_NO_SIDE ? 1 : 0.5;
        to[which]->n[day] += c->tuned[which].per_side ? 0.5 : 1;
        to[which]->active_s[day] += part * (double)(end_ns - e->onset_ns) / (double)NS_PER_S;
    }
}

bool calibrate_count(struct calibrate *c, struct calibrate_ticker *t, const double *value,
                     struct dial_level *to[TUNED], struct told_ticker *run, struct err *err)
{
    bool ok = calibrate_run(c, t, value, run, err);
    if (ok) {
        count(c, t, run, to);
    }
    return ok;
}

void calibrate_take_hours(struct calibrate_ticker *t, const struct told_ticker *run)
{
    for (size_t i = 0; i < run->course.n_days; i++) {
        const struct day *d = &run->course.days[i];
        for (size_t k = t->first_day; k < t->n_days; k++) {
            for (int w = 0; w < TUNED && t->days[k].number == d->number; w++) {
                t->of[w].dial.hours[k - t->first_day] =
                    (double)(d->last_ns - d->first_ns) / (3600.0 * (double)NS_PER_S);
            }
        }
    }
}
