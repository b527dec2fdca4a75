/* SPDX-License-Identifier: MIT */
#include "cli.h"
#include "options.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int run(int argc, char **argv, const char *argv0);

const struct command cmd_engine = {
    .name = "engine",
    .arguments = "",
    .summary = "run the engine alone, as a service",
    .run = run,
};

static int run(int argc, char **argv, const char *argv0)
{
    struct common_options common = { 0 };
    struct program p;
    int status = options_parse(&cmd_engine, NULL, 0, &argc, argv, &common);
    if (status != -1) {
        return status;
    }
    if (argc > 0) {
        return usage_error("engine", "takes no arguments");
    }
    if (!program_init(&p, "orderflow", argv0, common.config)) {
        return 1;
    }
    char *args[] = { p.paths.engine, NULL, NULL, NULL };
    char flag[] = "--config";
    if (p.settings.path[0] != '\0') {
        args[1] = flag;
        args[2] = p.settings.path;
    }
    (void)execv(p.paths.engine, args);
    (void)fprintf(stderr, "cannot start %s: %s\n", p.paths.engine, strerror(errno));
    program_fini(&p);
    return 1;
}
