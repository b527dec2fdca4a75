/* SPDX-License-Identifier: MIT */
#include "phases.h"

#include <string.h>

const char *phase_name(enum phase p)
{
    static const char *const names[PHASES] = {
#define PHASE(name, text) [PHASE_##name] = text,
        PHASES_OF(PHASE)
#undef PHASE
    };
    return names[p];
}

void phases_lap(struct phases *p, enum phase phase)
{
    int64_t now_ns = clock_cpu_ns();
    if (p->mark_ns != 0) {
        p->cpu_ns[phase] += now_ns - p->mark_ns;
    }
    p->mark_ns = now_ns;
}

void phases_move(struct phases *p, enum phase from, enum phase to, int64_t cpu_ns)
{
    int64_t ns = cpu_ns < p->cpu_ns[from] ? cpu_ns : p->cpu_ns[from]; /* some are estimates */
    p->cpu_ns[from] -= ns;
    p->cpu_ns[to] += ns;
}

/* The first of n rising values that is not below x. */
static size_t place_of(const int32_t *sorted, size_t n, int32_t x)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (sorted[mid] < x) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low;
}

void phases_turn(struct phases *p, int64_t ms, int64_t interval_ms)
{
    int32_t x = (int32_t)(ms < INT32_MAX ? ms : INT32_MAX), *sorted = p->sorted_ms;
    int32_t *slot = &p->turn_ms[p->turns % TURNS_KEPT];
    size_t n = p->turns < TURNS_KEPT ? (size_t)p->turns : TURNS_KEPT;
    if (n == TURNS_KEPT) {
        size_t gone = place_of(sorted, n--, *slot);
        memmove(sorted + gone, sorted + gone + 1, (n - gone) * sizeof *sorted);
    }
    size_t at = place_of(sorted, n, x);
    memmove(sorted + at + 1, sorted + at, (n - at) * sizeof *sorted);
    sorted[at] = x;
    *slot = x;
    p->turns++;
    p->late += ms > interval_ms;
}

int64_t phases_turn_quantile(const struct phases *p, double share)
{
    size_t n = p->turns < TURNS_KEPT ? (size_t)p->turns : TURNS_KEPT;
    return n == 0 ? 0 : p->sorted_ms[(size_t)(share * (double)(n - 1) + 0.5)];
}
