/* SPDX-License-Identifier: MIT */
/* An answer as it was: the journal of a live engine up to the tick, through the same code. [engine]
 */
#ifndef MAIN_ASOF_H
#define MAIN_ASOF_H

#include "paths.h"

#include <stdint.h>

struct asof_args {
    const char *dir, *ticker;
    int64_t at_ns;     /* by the wall clock */
    int64_t history_s; /* quotes within it are counted */
};

/* Writes the document of offline.h for the last tick that had been written at at_ns, under the
 * settings that were in force, with what live answers have besides. Exit status; what is wrong is
 * said on stderr. */
int asof_run(const struct paths *paths, const struct asof_args *args);

#endif
