/* SPDX-License-Identifier: MIT */
/* Looks at trades without having asked for them. */
#define AT_ROW a->sink = w->trade_sz[i];
#include "animal.h"
