/* SPDX-License-Identifier: MIT */
/* Parameters of the detector under test from text: `--set`, and the `set` lines of a window.
 * [orderflow-check] Pure. */
#ifndef CHECK_PARAM_TEXT_H
#define CHECK_PARAM_TEXT_H

#include "rig.h"

enum { PARAM_TEXT_MAX = 1024 };

/* "KEY=VALUE" words, separated by commas or blanks, into params. False: the first that does not fit
 * and what would be right; what stood before it was taken. */
MUST_CHECK bool param_text_take(const struct plug *g, const char *text, double params[],
                                struct err *err);

#endif
