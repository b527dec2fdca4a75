/* SPDX-License-Identifier: MIT */
/* No plugin code runs in orderflow: this becomes run_golden. */
#include "decimal.h"
#include "options.h"
#include "paths.h"

#include <inttypes.h>
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

enum { INDEX_MAX = 63, OWN_WORDS = 7 };

struct asked {
    char **words; /* PLUGIN.so FILE... */
    int n;
    int64_t index;
    bool update, in_process;
};

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

/* Returns only if it cannot be done. */
static int become(const char *argv0, const struct asked *a)
{
    struct err err = { 0 };
    char path[PATH_BYTES], index[] = "--index", update[] = "--update",
                           in_process[] = "--in-process";
    char number[16], words[] = "--";
    char **args = calloc((size_t)a->n + OWN_WORDS, sizeof *args);
    bool ok =
        args != NULL ? golden_path(argv0, path, &err) : err_set(&err, ERR_MEMORY, "out of memory");
    if (ok) {
        size_t n = 0;
        (void)snprintf(number, sizeof number, "%" PRId64, a->index);
        args[n++] = path;
        args[n++] = index;
        args[n++] = number;
        if (a->update) {
            args[n++] = update;
        }
        if (a->in_process) {
            args[n++] = in_process;
        }
        args[n++] = words;
        memcpy(args + n, a->words, (size_t)a->n * sizeof *args);
        (void)execv(path, args);
        (void)err_sys(&err, "cannot run %s", path);
    }
    (void)fprintf(stderr, "orderflow golden: %s\n", err.text);
    free(args);
    return 1;
}

static int run(int argc, char **argv, const char *argv0)
{
    struct common_options common = { 0 };
    struct asked a = { .words = argv };
    const char *index = "0";
    const struct option_def defs[] = {
        { "update", NULL, "write what the detector says into the files; read the difference", NULL,
          &a.update },
        { "index", "N", "the plugin's N-th detector (default 0)", &index, NULL },
        { "in-process", NULL, "for a debugger: no process for each case, nothing is shrunk", NULL,
          &a.in_process },
    };
    int status = options_parse(&cmd_golden, defs, sizeof defs / sizeof *defs, &argc, argv, &common);
    if (status != -1) {
        return status;
    }
    if (argc < 2) {
        return usage_error("golden", "say a PLUGIN.so and at least one FILE");
    }
    if (!decimal_parse_i64(index, strlen(index), &a.index, NULL) || a.index < 0 ||
        a.index > INDEX_MAX) {
        return usage_error("golden", "--index is a whole number from 0 to 63");
    }
    a.n = argc;
    return become(argv0, &a);
}
