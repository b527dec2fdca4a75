/* SPDX-License-Identifier: MIT */
/* A ratio that is infinite where the ask is absent. */
#define AT_PATTERN p.value = w->bid_sz[i] / w->ask_sz[i];
#include "animal.h"
