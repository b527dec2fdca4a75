/* SPDX-License-Identifier: MIT */
/* An engine of our own, started when nobody serves; it ends with us. [orderflow] */
#ifndef MAIN_STARTER_H
#define MAIN_STARTER_H

#include "cli.h"
#include "launch.h"
#include "query.h"

struct starter {
    const struct program *program; /* borrowed */
    struct launched engine;
};

/* An ensure_engine_fn; ctx is the starter. Not thread-safe: calls must be serialised. */
bool starter_ensure(void *ctx, struct err *err);
void starter_stop(struct starter *s);
/* Tells the engine to end and does not wait for it. */
void starter_leave(struct starter *s);

/* What a query needs, from the settings. */
MUST_CHECK bool query_config_from(struct starter *s, struct query_config *out, struct err *err);

#endif
