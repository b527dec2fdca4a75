/* SPDX-License-Identifier: MIT */
/* A ticker takes up what an engine before has left. [engine] */
#ifndef MAIN_RESUME_H
#define MAIN_RESUME_H

#include "engine.h"

/* What is known of a ticker that has just been added, patterns apart. */
struct resume {
    int64_t history_ns; /* the first row that will be read */
    bool has_older;     /* there are rows before it */
    int64_t judged_ns;  /* last boundary judged before; 0: none */
    struct pressure pressure;
};

/* patterns: as stored; they get their fields back by the declarations. Those of detectors that do
 * not run are left alone. */
MUST_CHECK bool engine_resume(struct engine *e, struct ticker *t, const struct resume *r,
                              struct stored_pattern *patterns, size_t n, struct err *err);

#endif
