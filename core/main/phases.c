/* SPDX-License-Identifier: MIT */
#include "phases.h"

#include <stdlib.h>
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
    p->cpu_ns[from] -= cpu_ns;
    p->cpu_ns[to] += cpu_ns;
}

void phases_turn(struct phases *p, int64_t ms, int64_t interval_ms)
{
    p->turn_ms[p->turns++ % TURNS_KEPT] = (int32_t)(ms < INT32_MAX ? ms : INT32_MAX);
    p->late += ms > interval_ms;
}

static int compare(const void *a, const void *b)
{
    const int32_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

int64_t phases_turn_quantile(const struct phases *p, double share)
{
    int32_t sorted[TURNS_KEPT];
    size_t n = p->turns < TURNS_KEPT ? (size_t)p->turns : TURNS_KEPT;
    if (n == 0) {
        return 0;
    }
    memcpy(sorted, p->turn_ms, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, compare);
    return sorted[(size_t)(share * (double)(n - 1) + 0.5)];
}
