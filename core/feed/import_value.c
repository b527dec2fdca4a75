/* SPDX-License-Identifier: MIT */
#include "import_value.h"

#include "clock.h"

#include <string.h>

enum { FRACTION_DIGITS = 9 };
#define DAY_S 86400

bool import_u64(struct text t, uint64_t *out)
{
    uint64_t x = 0;
    for (size_t i = 0; i < t.n; i++) {
        uint64_t digit = (uint64_t)(unsigned char)t.p[i] - '0';
        if (digit > 9 || x > (UINT64_MAX - digit) / 10) {
            return false;
        }
        x = x * 10 + digit;
    }
    *out = x;
    return t.n > 0;
}

static bool bad_time(struct text t, const char *wanted, struct fault *f)
{
    char shown[SHOWN_MAX];
    return fault_set(f, MALFORMED_BAD_TIMESTAMP, "time: '%s' is no %s of the years 2000 to 2099",
                     text_shown(t, shown), wanted);
}

static bool in_range(int64_t ts_ns)
{
    return ts_ns >= 0 && value_ms_in_range(ts_ns / NS_PER_MS);
}

bool import_time_ns(uint64_t ns, int64_t *ts_ns_out, struct fault *f)
{
    *ts_ns_out = (int64_t)ns;
    return (ns <= INT64_MAX && in_range((int64_t)ns)) ||
           fault_set(f, MALFORMED_BAD_TIMESTAMP,
                     "time: %llu is no time in ns of the years 2000 to 2099",
                     (unsigned long long)ns);
}

static bool whole(struct text t, int64_t unit_ns, const char *wanted, int64_t *ts_ns_out,
                  struct fault *f)
{
    uint64_t x;
    if (!import_u64(t, &x) || x > (uint64_t)(INT64_MAX / unit_ns) ||
        !in_range((int64_t)x * unit_ns)) {
        return bad_time(t, wanted, f);
    }
    *ts_ns_out = (int64_t)x * unit_ns;
    return true;
}

/* Exactly n digits at *at, which moves on. -1: they do not stand there. */
static int two(struct text t, size_t *at)
{
    size_t i = *at;
    if (i + 2 > t.n || t.p[i] < '0' || t.p[i] > '9' || t.p[i + 1] < '0' || t.p[i + 1] > '9') {
        return -1;
    }
    *at += 2;
    return (t.p[i] - '0') * 10 + (t.p[i + 1] - '0');
}

static bool is_char(struct text t, size_t *at, const char *set)
{
    bool there = *at < t.n && strchr(set, t.p[*at]) != NULL && t.p[*at] != '\0';
    *at += there ? 1 : 0;
    return there;
}

/* 1 to 9 digits as a part of a second; more of them must not be there. */
static bool fraction(struct text t, size_t *at, int64_t *ns_out)
{
    int64_t ns = 0;
    int n = 0;
    for (; *at < t.n && t.p[*at] >= '0' && t.p[*at] <= '9'; (*at)++, n++) {
        if (n == FRACTION_DIGITS) {
            return false;
        }
        ns = ns * 10 + (t.p[*at] - '0');
    }
    for (int i = n; i < FRACTION_DIGITS; i++) {
        ns *= 10;
    }
    *ns_out = ns;
    return n > 0;
}

/* hh mm ss, with ':' between them or without, and decimals. A leap second is the one before it. */
static bool clock_time(struct text t, size_t *at, bool colons, bool point, int64_t *ns_of_day_out)
{
    int64_t ns = 0;
    int h = two(t, at);
    bool ok = h >= 0 && (!colons || is_char(t, at, ":"));
    int m = ok ? two(t, at) : -1;
    ok = m >= 0 && (!colons || is_char(t, at, ":"));
    int s = ok ? two(t, at) : -1;
    if (s < 0 || h > 23 || m > 59 || s > 60) {
        return false;
    }
    bool decimals = point ? is_char(t, at, ".") : *at < t.n;
    if (decimals && !fraction(t, at, &ns)) {
        return false;
    }
    *ns_of_day_out = (h * 3600 + m * 60 + (s == 60 ? 59 : s)) * NS_PER_S + ns;
    return true;
}

/* Z, or +hh:mm, +hhmm. */
static bool offset(struct text t, size_t *at, int64_t *offset_s_out)
{
    *offset_s_out = 0;
    if (is_char(t, at, "Zz")) {
        return true;
    }
    bool minus = *at < t.n && t.p[*at] == '-';
    if (!is_char(t, at, "+-")) {
        return false;
    }
    int h = two(t, at);
    (void)is_char(t, at, ":");
    int m = h >= 0 ? two(t, at) : -1;
    *offset_s_out = (h * 3600 + m * 60) * (minus ? -1 : 1);
    return m >= 0 && h <= 23 && m <= 59;
}

bool import_time_iso(struct text t, int64_t *ts_ns_out, struct fault *f)
{
    struct civil date;
    int64_t of_day_ns = 0, offset_s = 0;
    size_t at = 11;
    bool ok = t.n > at && civil_parse(t.p, 10, &date) && strchr("Tt ", t.p[10]) != NULL &&
              t.p[10] != '\0' && clock_time(t, &at, true, true, &of_day_ns) &&
              offset(t, &at, &offset_s) && at == t.n;
    if (!ok) {
        return bad_time(t, "time like 2024-08-08T13:30:00.123Z", f);
    }
    *ts_ns_out = (civil_days(date) * DAY_S - offset_s) * NS_PER_S + of_day_ns;
    return in_range(*ts_ns_out) || bad_time(t, "time", f);
}

static bool eastern(struct text t, struct civil date, int64_t *ts_ns_out, struct fault *f)
{
    char padded[32] = "0";
    int64_t of_day_ns = 0;
    size_t at = 0;
    if (t.n > 2 && t.n < sizeof padded - 1 && t.p[1] == ':') { /* 9:30:00 */
        memcpy(padded + 1, t.p, t.n);
        t = (struct text){ .p = padded, .n = t.n + 1 };
    }
    bool colons = t.n > 2 && t.p[2] == ':';
    if (!clock_time(t, &at, colons, colons, &of_day_ns) || at != t.n) {
        return bad_time(t, "time of day HHMMSS with decimals,", f);
    }
    *ts_ns_out = eastern_to_utc_ns(date, of_day_ns);
    return true;
}

bool import_time_midnight(struct text t, struct civil date, int64_t *ts_ns_out, struct fault *f)
{
    struct text seconds = t;
    const char *point = t.n > 0 ? memchr(t.p, '.', t.n) : NULL;
    uint64_t s = 0;
    int64_t ns = 0;
    seconds.n = point != NULL ? (size_t)(point - t.p) : t.n;
    size_t at = seconds.n + 1;
    bool ok = import_u64(seconds, &s) && s < DAY_S &&
              (point == NULL || (fraction(t, &at, &ns) && at == t.n));
    if (!ok) {
        return bad_time(t, "number of seconds after midnight,", f);
    }
    *ts_ns_out = eastern_to_utc_ns(date, (int64_t)s * NS_PER_S + ns);
    return true;
}

static bool is_iso(struct text t)
{
    return t.n > 10 && t.p[4] == '-' && t.p[7] == '-';
}

static bool any(struct text t, int64_t *ts_ns_out, struct fault *f)
{
    uint64_t x = 0;
    if (is_iso(t)) {
        return import_time_iso(t, ts_ns_out, f);
    }
    if (!import_u64(t, &x)) {
        const char *point = t.n > 0 ? memchr(t.p, '.', t.n) : NULL;
        bool seconds = point != NULL && point - t.p <= 10;
        return seconds ? bad_time(t, "whole number", f) : value_ts(t, ts_ns_out, f);
    }
    if (x >= UINT64_C(100000000000000000)) {
        return whole(t, 1, "time in ns", ts_ns_out, f);
    }
    if (x >= UINT64_C(100000000000000)) {
        return whole(t, 1000, "time in us", ts_ns_out, f);
    }
    return x >= UINT64_C(100000000000) ? whole(t, NS_PER_MS, "time in ms", ts_ns_out, f)
                                       : whole(t, NS_PER_S, "time in s", ts_ns_out, f);
}

bool import_time(enum time_form form, struct text t, struct civil date, int64_t *ts_ns_out,
                 struct fault *f)
{
    switch (form) {
    case TIME_MS:
        return value_ts(t, ts_ns_out, f);
    case TIME_US:
        return whole(t, 1000, "time in us", ts_ns_out, f);
    case TIME_NS:
        return whole(t, 1, "time in ns", ts_ns_out, f);
    case TIME_NS_OR_ISO:
        return is_iso(t) ? import_time_iso(t, ts_ns_out, f)
                         : whole(t, 1, "time in ns", ts_ns_out, f);
    case TIME_EASTERN:
        return eastern(t, date, ts_ns_out, f);
    case TIME_ANY:
        break;
    }
    return any(t, ts_ns_out, f);
}

bool import_px(const char *name, int64_t px, int64_t *px_out, struct fault *f)
{
    *px_out = px == INT64_MAX ? 0 : px;
    if (*px_out < 0) {
        return fault_set(f, MALFORMED_NEGATIVE, "%s: %lld is negative", name, (long long)px);
    }
    return *px_out <= VALUE_PX_MAX ||
           fault_set(f, MALFORMED_OUT_OF_RANGE, "%s: %lld is above 4.6e18", name, (long long)px);
}

bool import_px_fixed(const char *name, struct text t, int64_t *px_out, struct fault *f)
{
    uint64_t x = 0;
    *px_out = 0;
    if (t.n == 0) {
        return true;
    }
    if (import_u64(t, &x) && x <= INT64_MAX) {
        return import_px(name, (int64_t)x, px_out, f);
    }
    return value_px(name, t, px_out, f); /* a decimal, or what is wrong with it */
}
