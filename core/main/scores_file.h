/* SPDX-License-Identifier: MIT */
/* [results] scores: the file that `orderflow backtest --scores` wrote. [any] */
#ifndef MAIN_SCORES_FILE_H
#define MAIN_SCORES_FILE_H

#include "score.h"
#include "settings.h"

/* Reads it; without such a setting out is {0}. False: err says what is wrong with it, and out is
 * {0}. To be freed by score_file_fini(). */
MUST_CHECK bool scores_file_load(const struct settings *s, struct score_file *out, struct err *err);

#endif
