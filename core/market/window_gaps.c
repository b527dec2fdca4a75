/* SPDX-License-Identifier: MIT */
#include "window_gaps.h"

#include "err.h"
#include "metrics_stat.h"

#include <stdbool.h>
#include <string.h>

void gaps_push(struct gaps *g, int64_t dt_ns)
{
    g->last_ns[g->n % GAPS_MAX] = dt_ns;
    g->n++;
}

int64_t gaps_median_ns(const struct gaps *g)
{
    size_t n = g->n < GAPS_MAX ? g->n : GAPS_MAX;
    int64_t kept[GAPS_MAX];
    if (n == 0) {
        return 0;
    }
    memcpy(kept, g->last_ns, n * sizeof kept[0]);
    return stat_select(kept, n, (n - 1) / 2);
}

/* The limit for a median. */
static int64_t limit_ns(int64_t median_ns, int64_t floor_ns)
{
    int64_t limit = median_ns > INT64_MAX / GAP_TIMES ? INT64_MAX : median_ns * GAP_TIMES;
    return limit > floor_ns ? limit : floor_ns;
}

int64_t gaps_limit_ns(const struct gaps *g, int64_t floor_ns)
{
    size_t n = g->n < GAPS_MAX ? g->n : GAPS_MAX, small = 0;
    int64_t most_ns = floor_ns / GAP_TIMES;
    for (size_t i = 0; i < n; i++) {
        small += g->last_ns[i] <= most_ns;
    }
    /* So that nothing is sorted where quotes come often. */
    bool floor_holds = n == 0 || small > (n - 1) / 2;
    return floor_holds ? floor_ns : limit_ns(gaps_median_ns(g), floor_ns);
}

int64_t gaps_limit_of(const int64_t *ts_ns, size_t end, int64_t floor_ns)
{
    struct gaps gaps;
    CHECK(end > 0);
    size_t n = end > GAPS_MAX ? GAPS_MAX : end - 1, small = 0;
    const int64_t *at_ns = ts_ns + (end - 1 - n);
    int64_t most_ns = floor_ns / GAP_TIMES;
    gaps.n = n;
    for (size_t i = 0; i < n; i++) {
        gaps.last_ns[i] = at_ns[i + 1] - at_ns[i];
        small += gaps.last_ns[i] <= most_ns;
        if (small > n / 2) {
            return floor_ns; /* the others cannot change the median */
        }
    }
    return gaps_limit_ns(&gaps, floor_ns);
}
