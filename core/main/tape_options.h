/* SPDX-License-Identifier: MIT */
/* What `orderflow tape` is asked for. [orderflow] */
#ifndef MAIN_TAPE_OPTIONS_H
#define MAIN_TAPE_OPTIONS_H

#include "synth.h"

struct tape_texts { /* as given on the command line */
    const char *seconds, *days, *rate, *seed, *tick, *price, *size, *lot, *start, *plant, *effect;
};

/* Numbers and lists, checked; noise: nothing is planted. False: err says which option, and what
 * would be right. */
MUST_CHECK bool tape_options(const struct tape_texts *t, bool noise, struct synth_config *out,
                             struct err *err);

#endif
