/* SPDX-License-Identifier: MIT */
/* One call in twenty takes ten times its budget. */
#define BUDGET_US 20
#define AT_DETECT                                           \
    for (int k = 0; t->seq % 20 == 19 && k < 200000; k++) { \
        a->sink = a->sink + 1;                              \
    }
#include "animal.h"
