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

void clock_nap_us(int64_t us)
{
    struct timespec t = { .tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000 };
    (void)nanosleep(&t, NULL);
}

struct now clock_now(void)
{
    return (struct now){ .wall_ns = read_ns(CLOCK_REALTIME), .mono = clock_mono() };
}

enum { DAY_S = 86400 };

struct date {
    int64_t year, month, day;
};

/* Of the day since 1970-01-01, in the Gregorian calendar. A year begins with March here, so that a
 * leap day is its last; 400 of them are an era. */
static struct date date_of(int64_t day)
{
    enum { DAYS_TO_1970 = 719468, DAYS_400Y = 146097, DAYS_100Y = 36524, DAYS_4Y = 1460 };
    int64_t since =
        day + DAYS_TO_1970; /* since 1 March of the year 0; times of int64_t are later */
    int64_t era = since / DAYS_400Y, of_era = since % DAYS_400Y;
    int64_t year =
        (of_era - of_era / DAYS_4Y + of_era / DAYS_100Y - of_era / (DAYS_400Y - 1)) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * of_year + 2) / 153; /* 0: March; 153 days in five months */
    return (struct date){ .year = era * 400 + year + (month >= 10),
                          .month = month < 10 ? month + 3 : month - 9,
                          .day = of_year - (153 * month + 2) / 5 + 1 };
}

static char *put_digits(char *out, int64_t x, int n, char then)
{
    for (int i = n - 1; i >= 0; i--) {
        out[i] = (char)('0' + x % 10);
        x /= 10;
    }
    out[n] = then;
    return out + n + 1;
}

int clock_print_iso(char out[CLOCK_ISO_MAX], int64_t ts_ns)
{
    int64_t s = ts_ns / NS_PER_S, rest_ns = ts_ns % NS_PER_S;
    if (rest_ns < 0) {
        s -= 1;
        rest_ns += NS_PER_S;
    }
    int64_t day = s / DAY_S - (s % DAY_S < 0), in_day = s - day * DAY_S;
    struct date d = date_of(day);
    char *p = put_digits(out, d.year, 4, '-');
    p = put_digits(p, d.month, 2, '-');
    p = put_digits(p, d.day, 2, 'T');
    p = put_digits(p, in_day / 3600, 2, ':');
    p = put_digits(p, in_day / 60 % 60, 2, ':');
    p = put_digits(p, in_day % 60, 2, '.');
    p = put_digits(p, rest_ns / NS_PER_MS, 3, 'Z');
    *p = '\0';
    return (int)(p - out);
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
