/* SPDX-License-Identifier: MIT */
/* Two clocks that the compiler keeps apart. Only main/, io/ and the fronts read them. [any] */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define NS_PER_US INT64_C(1000)
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S INT64_C(1000000000)

/* Monotonic time: deadlines only; never printed, never stored. Wall and market time are int64_t
 * ts_ns, UTC since 1970. */
struct mono {
    int64_t ns;
};
struct now {
    int64_t wall_ns;
    struct mono mono;
};

struct now clock_now(void);
struct mono clock_mono(void);
/* CPU time that this thread has used. */
int64_t clock_cpu_ns(void);
/* Sleeps so long, or less when a signal comes. */
void clock_nap_us(int64_t us);

static inline struct mono mono_after_ms(struct mono t, int64_t ms)
{
    return (struct mono){ .ns = t.ns + ms * NS_PER_MS };
}
static inline int64_t mono_ms_until(struct mono t, struct mono deadline) /* <= 0: passed */
{
    return (deadline.ns - t.ns + NS_PER_MS - 1) / NS_PER_MS;
}

/* "2026-01-15T15:30:45.120Z" (ms) into out. Returns its length. */
enum { CLOCK_ISO_MAX = 40 };
int clock_print_iso(char out[CLOCK_ISO_MAX], int64_t ts_ns);
/* Reads "2026-01-15T15:30:45", with up to nine decimals of the second, with or without Z: UTC.
 * False for anything else, and for a day or hour that there is not. Years 1970 to 2200. */
bool clock_parse_iso(const char *text, int64_t *ts_ns_out);

#endif
