/* SPDX-License-Identifier: MIT */
/* The records of a journal into an engine of its own. [engine] */
#ifndef MAIN_ASOF_TAKE_H
#define MAIN_ASOF_TAKE_H

#include "asof_find.h"
#include "pass.h"
#include "resume.h"

struct asof {
    const struct paths *paths;
    const struct asof_args *args;
    struct asof_place place;
    struct settings *cfg; /* owned */
    bool has_cfg, begun;
    struct pass pass;
    uint64_t n;
    uint32_t skip;        /* records that say what is known already */
    struct resume resume; /* of the ticker, while its patterns come */
    uint32_t patterns_left;
    struct stored_pattern *patterns; /* owned */
    size_t n_patterns, cap_patterns;
    size_t waiting;
};

/* One record of those that lead to a->place. */
MUST_CHECK bool asof_take(struct asof *a, const struct record *r, struct err *err);

#endif
