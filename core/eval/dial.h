/* SPDX-License-Identifier: MIT */
/*
 * One threshold of one detector, and how often it fired at each value tried, day by day: which
 * value gives the wanted rate? [any] Pure.
 *
 * Levels stand in order from loose to strict. A day is `day_hours` of quotes, so that rates of
 * whole sessions, parts of one and days without an end compare.
 */
#ifndef EVAL_DIAL_H
#define EVAL_DIAL_H

#include <stdbool.h>
#include <stddef.h>

enum { DIAL_LEVELS_MAX = 24, DIAL_DAYS_MAX = 128 };

struct dial_level {
    double value;
    double n[DIAL_DAYS_MAX];        /* episodes of that day, per side */
    double active_s[DIAL_DAYS_MAX]; /* how long one was active, per side */
};

struct dial {
    double least, most;          /* wanted per day */
    double day_hours;            /* > 0 */
    double hours[DIAL_DAYS_MAX]; /* of quotes */
    size_t days, n;
    struct dial_level levels[DIAL_LEVELS_MAX];
};

/* An episode may be active for this part of the time. */
#define DIAL_ACTIVE_MAX 0.1

/* Episodes per day, and the part of the time that one is active, over days [from, to). */
double dial_rate(const struct dial *d, size_t level, size_t from, size_t to);
double dial_active(const struct dial *d, size_t level, size_t from, size_t to);

/* The level whose rate over days [0, to) is nearest, as a ratio, to the middle of what is wanted,
 * of those that are not active too long; if all are, of all. */
size_t dial_choose(const struct dial *d, size_t to);
/* Is its rate over days [from, to) as wanted, and is it not active too long? */
bool dial_fits(const struct dial *d, size_t level, size_t from, size_t to);

/* The value to try next over all days: between the two levels around the middle of what is wanted;
 * where all are on one side of it, beyond them: twice or half the last size, a tenth or thrice (1
 * at most) the last probability. False: the two are within 1 %, or there is no room, or no more. */
bool dial_next(const struct dial *d, bool smaller_is_stricter, double *value_out);
/* A new level of that value, its place; d->n < DIAL_LEVELS_MAX. It keeps the order, and has fired
 * never. */
size_t dial_insert(struct dial *d, double value, bool smaller_is_stricter);

#endif
