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
