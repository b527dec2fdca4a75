/* SPDX-License-Identifier: MIT */
/* No plugin code runs in orderflow: this becomes run_golden. */
#include "options.h"
#include "paths.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int run(int argc, char **argv, const char *argv0);

const struct command cmd_golden = {
    .name = "golden",
    .arguments = "PLUGIN.so FILE... [--update] [--index N] [--in-process]",
    .summary = "compare a detector with golden files, or write what it says into them",
    .run = run,
};

static int print_help(void)
{
    (void)printf(
        "usage: orderflow golden %s\n\n%s\n\noptions:\n"
        "  --update      write what the detector says into the files; read the difference\n"
        "  --index N     the plugin's N-th detector (default 0)\n"
        "  --in-process  for a debugger: no process for each case, nothing is shrunk\n",
        cmd_golden.arguments, cmd_golden.summary);
    return 0;
}

static bool golden_path(const char *argv0, char out[PATH_BYTES], struct err *err)
{
    struct paths paths;
    if (!paths_find(&paths, argv0, err)) {
        return false;
    }
    static const char name[] = "libexec/orderflow/run_golden";
    return snprintf(out, PATH_BYTES, "%s/%s", paths.prefix, name) < PATH_BYTES ||
           err_set(err, ERR_INVALID, "path too long: %.100s", paths.prefix);
}

static int run(int argc, char **argv, const char *argv0)
{
    if (argc > 0 && (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0)) {
        return print_help();
    }
    if (argc < 2) {
        return usage_error("golden", "say a PLUGIN.so and at least one FILE");
    }
    struct err err = { 0 };
    char path[PATH_BYTES];
    char **args = calloc((size_t)argc + 2, sizeof *args);
    bool ok =
        args != NULL ? golden_path(argv0, path, &err) : err_set(&err, ERR_MEMORY, "out of memory");
    if (ok) {
        args[0] = path;
        memcpy(args + 1, argv, (size_t)argc * sizeof *args);
        (void)execv(path, args);
        (void)err_sys(&err, "cannot run %s", path);
    }
    (void)fprintf(stderr, "orderflow golden: %s\n", err.text);
    free(args);
    return 1;
}
