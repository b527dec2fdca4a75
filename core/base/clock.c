/* SPDX-License-Identifier: MIT */
#include "clock.h"

#include "err.h"

#include <stdio.h>
#include <time.h>

static int64_t read_ns(clockid_t id)
{
    struct timespec ts;
    CHECK(clock_gettime(id, &ts) == 0);
    return (int64_t)ts.tv_sec * NS_PER_S + (int64_t)ts.tv_nsec;
}

struct mono clock_mono(void)
{
    return (struct mono){ .ns = read_ns(CLOCK_MONOTONIC) };
}

int64_t clock_cpu_ns(void)
{
    return read_ns(CLOCK_THREAD_CPUTIME_ID);
}

struct now clock_now(void)
{
    return (struct now){ .wall_ns = read_ns(CLOCK_REALTIME), .mono = clock_mono() };
}

int clock_print_iso(char out[CLOCK_ISO_MAX], int64_t ts_ns)
{
    int64_t s = ts_ns / NS_PER_S, rest_ns = ts_ns % NS_PER_S;
    if (rest_ns < 0) {
        s -= 1;
        rest_ns += NS_PER_S;
    }
    time_t t = (time_t)s;
    struct tm tm;
    CHECK(gmtime_r(&t, &tm) != NULL);
    char day[CLOCK_ISO_MAX];
    CHECK(strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &tm) > 0);
    return snprintf(out, CLOCK_ISO_MAX, "%.30s.%03dZ", day, (int)(rest_ns / NS_PER_MS));
}

/* n digits at *text, which moves behind them and behind the character `then`, if there is one. */
static bool digits(const char **text, int n, char then, int *out)
{
    *out = 0;
    for (int i = 0; i < n; i++, (*text)++) {
        if (**text < '0' || **text > '9') {
            return false;
        }
        *out = *out * 10 + (**text - '0');
    }
    if (then != '\0' && *(*text)++ != then) {
        return false;
    }
    return true;
}

static int days_of_month(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap);
}

static int64_t days_before(int year, int month)
{
    int64_t days = 0;
    for (int y = 1970; y < year; y++) {
        days += days_of_month(y, 2) == 29 ? 366 : 365;
    }
    for (int m = 1; m < month; m++) {
        days += days_of_month(year, m);
    }
    return days;
}

/* [.digits][Z] and nothing behind it. */
static bool fraction(const char *text, int64_t *ns_out)
{
    int64_t unit = NS_PER_S;
    *ns_out = 0;
    if (*text == '.') {
        for (text++; *text >= '0' && *text <= '9' && unit > 1; text++) {
            unit /= 10;
            *ns_out += unit * (*text - '0');
        }
        if (unit == NS_PER_S) {
            return false;
        }
    }
    text += *text == 'Z';
    return *text == '\0';
}

bool clock_parse_iso(const char *text, int64_t *ts_ns_out)
{
    int year, month, day, hour, minute, second;
    int64_t rest_ns;
    if (!digits(&text, 4, '-', &year) || !digits(&text, 2, '-', &month) ||
        !digits(&text, 2, 'T', &day) || !digits(&text, 2, ':', &hour) ||
        !digits(&text, 2, ':', &minute) || !digits(&text, 2, '\0', &second) ||
        !fraction(text, &rest_ns)) {
        return false;
    }
    if (year < 1970 || year > 2200 || month < 1 || month > 12 || day < 1 ||
        day > days_of_month(year, month) || hour > 23 || minute > 59 || second > 59) {
        return false;
    }
    int64_t s = ((days_before(year, month) + day - 1) * 24 + hour) * 3600 + minute * 60 + second;
    *ts_ns_out = s * NS_PER_S + rest_ns;
    return true;
}
