/* SPDX-License-Identifier: MIT */
/* Its help text tells the state it is in. */
static char help[] = "size of a quote, more than";
#define PARAM_HELP help
#define AT_DETECT      \
    if (t->seq == 7) { \
        help[0] = 'S'; \
    }
#include "animal.h"
