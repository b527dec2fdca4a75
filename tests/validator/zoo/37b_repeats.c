/* SPDX-License-Identifier: MIT */
/* Holds repeats back, and does not know what it said before it was made. */
#define MEMBERS int was;
#define CONDITION(a, w, i) ((w)->bid_sz[i] > (a)->size && !before)
#define AT_ROW       \
    before = a->was; \
    a->was = w->bid_sz[i] > a->size;
static int before;
#include "animal.h"
