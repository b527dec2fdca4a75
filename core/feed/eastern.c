/* SPDX-License-Identifier: MIT */
#include "eastern.h"

#include "clock.h"

#include <ctype.h>
#include <string.h>

#define HOUR_NS (3600 * NS_PER_S)
#define DAY_NS (24 * HOUR_NS)

/* Howard Hinnant's days_from_civil: years begin in March, so that the leap day is the last. */
int64_t civil_days(struct civil c)
{
    int64_t year = c.month <= 2 ? c.year - 1 : c.year;
    int64_t era = year / 400, of_era = year % 400;
    int64_t of_year = (153 * (c.month > 2 ? c.month - 3 : c.month + 9) + 2) / 5 + c.day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int month_days(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

bool civil_parse(const char *text, size_t n, struct civil *out)
{
    int digits[8], found = 0;
    for (size_t i = 0; i < n; i++) {
        bool dash = n == 10 && (i == 4 || i == 7);
        if (dash ? text[i] != '-' : isdigit((unsigned char)text[i]) == 0 || found == 8) {
            return false;
        }
        if (!dash) {
            digits[found++] = text[i] - '0';
        }
    }
    if (found != 8 || (n != 8 && n != 10)) {
        return false;
    }
    out->year = digits[0] * 1000 + digits[1] * 100 + digits[2] * 10 + digits[3];
    out->month = digits[4] * 10 + digits[5];
    out->day = digits[6] * 10 + digits[7];
    return out->year >= 2000 && out->year <= 2099 && out->month >= 1 && out->month <= 12 &&
           out->day >= 1 && out->day <= month_days(out->year, out->month);
}

static bool digit_at(const char *name, size_t n, size_t i)
{
    return i < n && isdigit((unsigned char)name[i]) != 0;
}

bool civil_of_name(const char *path, struct civil *out)
{
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    size_t n = strlen(name);
    for (size_t i = 0; i < n; i++) {
        static const size_t lengths[] = { 10, 8 };
        for (size_t k = 0; k < 2; k++) {
            bool alone =
                (i == 0 || !digit_at(name, n, i - 1)) && !digit_at(name, n, i + lengths[k]);
            if (alone && i + lengths[k] <= n && civil_parse(name + i, lengths[k], out)) {
                return true;
            }
        }
    }
    *out = (struct civil){ .year = 0 };
    return false;
}

/* The nth Sunday of a month (from 1), or its last (0). */
static int sunday(int year, int month, int nth)
{
    int64_t first = civil_days((struct civil){ year, month, 1 });
    int day = 1 + (int)((10 - first % 7) % 7); /* 1970-01-01 was a Thursday */
    if (nth > 0) {
        return day + 7 * (nth - 1);
    }
    while (day + 7 <= month_days(year, month)) {
        day += 7;
    }
    return day;
}

static bool daylight(struct civil d, int64_t ns_of_day)
{
    bool now = d.year >= 2007;
    int first_month = now ? 3 : 4, last_month = now ? 11 : 10;
    if (d.month <= first_month ? d.month < first_month : d.month > last_month) {
        return false;
    }
    if (d.month == first_month) {
        int day = sunday(d.year, d.month, now ? 2 : 1);
        return d.day > day || (d.day == day && ns_of_day >= 2 * HOUR_NS);
    }
    if (d.month == last_month) {
        int day = sunday(d.year, d.month, now ? 1 : 0);
        return d.day < day || (d.day == day && ns_of_day < 2 * HOUR_NS);
    }
    return true;
}

int64_t eastern_to_utc_ns(struct civil date, int64_t ns_of_day)
{
    int64_t behind_ns = (daylight(date, ns_of_day) ? 4 : 5) * HOUR_NS;
    return civil_days(date) * DAY_NS + ns_of_day + behind_ns;
}
