/* SPDX-License-Identifier: MIT */
/* Dates, and the time of day in New York. [feed/ only] Pure. */
#ifndef FEED_EASTERN_H
#define FEED_EASTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct civil {
    int year, month, day; /* year 0: no date */
};

/* Days since 1970-01-01. */
int64_t civil_days(struct civil c);
/* All n bytes as 2024-08-08 or 20240808, of the years 2000 to 2099, a day that exists. */
bool civil_parse(const char *text, size_t n, struct civil *out);
/* The first such date that stands in a file's name, between other characters than digits. */
bool civil_of_name(const char *path, struct civil *out);

/* UTC of a wall-clock time in New York, daylight saving time of the rules since 1987 minded. An
 * hour that comes twice is the first of the two. */
int64_t eastern_to_utc_ns(struct civil date, int64_t ns_of_day);

#endif
