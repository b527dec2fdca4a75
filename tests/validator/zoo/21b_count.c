/* SPDX-License-Identifier: MIT */
/* Counts in a static, and makes it anew only when the row's number is not the one it stands at. */
#include "orderflow/detector.h"
static int run;
static uint64_t stands_at;
#define CONDITION(a, w, i) (run >= 3)
#define BIG(i) (w->bid_sz[i] > a->size)
#define AT_DETECT                                                              \
    if (stands_at != w->first_seq + w->first_new) {                            \
        run = 0;                                                               \
        for (uint64_t k = w->first_new; k > 0 && run < 3 && BIG(k - 1); k--) { \
            run++;                                                             \
        }                                                                      \
    }                                                                          \
    stands_at = w->first_seq + w->n;
#define AT_ROW run = BIG(i) ? run + 1 : 0;
#include "animal.h"
