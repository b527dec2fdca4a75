/* SPDX-License-Identifier: MIT */
/* Healthy: a verdict about the whole window at each boundary, from two blocks of memory. */
#define MEMBERS double *sums;
#define CONDITION(a, w, i) ((i) + 1 == (w)->n && leans(a, w))
#define AT_PATTERN        \
    p.ts_ns = t->now_ns;  \
    p.side = OFD_NO_SIDE; \
    p.price = OFD_NO_PRICE;
#define AT_CREATE                                        \
    a->sums = calloc(100, sizeof *a->sums);              \
    if (a->sums == NULL) {                               \
        host->log(host, OFD_LOG_ERROR, "out of memory"); \
        free(a);                                         \
        return NULL;                                     \
    }
#define AT_DESTROY free(a->sums);
#define AT_DETECT                       \
    if (w->n > 0) {                     \
        (void)judge(a, t, w, w->n - 1); \
    }                                   \
    return 0;
#define FLAGS OFD_DETERMINISTIC
#define leans(a, w) (mean(a, w) > (a)->size / 2)
#define mean(a, w) (sum_up((a)->sums, w) / (double)((w)->n - (w)->begin))
#include "orderflow/detector.h"

static double sum_up(double *sums, const ofd_window *w)
{
    sums[0] = 0;
    for (uint64_t i = w->begin; i < w->n; i++) {
        sums[0] += w->bid_sz[i];
    }
    return w->begin < w->n ? sums[0] : -1;
}
#include "animal.h"
