/* SPDX-License-Identifier: MIT */
/* A detector's parameters with the values the settings give them. [engine, orderflow] */
#ifndef MAIN_DETECTOR_PARAMS_H
#define MAIN_DETECTOR_PARAMS_H

#include "buf.h"
#include "pattern.h"
#include "settings.h"

/* "params":{"key":value,...} as JSON, for all tickers; numbers as they are, choices as words. */
void detector_put_params(const struct settings *cfg, const struct declaration *d, struct buf *out);
/* The same for one ticker. */
void detector_put_params_of(const struct settings *cfg, const struct declaration *d,
                            const char *ticker, struct buf *out);
/* The same as lines of an INI section, indented; `enabled` too if it is not. */
void detector_print_params(const struct settings *cfg, const struct declaration *d,
                           struct buf *out);

#endif
