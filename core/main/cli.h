/* SPDX-License-Identifier: MIT */
/* What every program and subcommand begins with: settings, paths, log. [any program] */
#ifndef MAIN_CLI_H
#define MAIN_CLI_H

#include "paths.h"
#include "redis.h"
#include "settings.h"

struct program {
    struct settings settings;
    struct paths paths;
};

/* Finds and loads the settings and sets the log up. Everything wrong is printed; then false. */
MUST_CHECK bool program_init(struct program *p, const char *name, const char *argv0,
                             const char *config);
void program_fini(struct program *p);

/* Set by --redis, so that no password stands on a command line between programs. It stands in place
 * of all of [redis] but timeout_ms; $REDIS_PASSWORD is the password if the URL has none. */
#define REDIS_URL_ENV "ORDERFLOW_REDIS_URL"
MUST_CHECK bool program_take_redis_url(struct settings *s, struct err *err);

#endif
