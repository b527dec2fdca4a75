/* SPDX-License-Identifier: MIT */
/* The name of all that decides when a detector fires for a ticker: its build, the values of its
 * parameters, the rules of its episodes. [engine] */
#ifndef MAIN_THRESHOLD_H
#define MAIN_THRESHOLD_H

#include "pool.h"
#include "settings.h"

enum { THRESHOLD_MAX = 17 };

/* 16 hex digits; "" while the detector is not known or its settings are refused. */
void threshold_id(const struct settings *cfg, const struct detector *d, const char *ticker,
                  char out[THRESHOLD_MAX]);

#endif
