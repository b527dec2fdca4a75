/* SPDX-License-Identifier: MIT */
#include "journal_tell.h"
#include "options.h"
#include "outputs.h"
#include "paths.h"
#include "whole_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int run(int argc, char **argv, const char *argv0);

const struct command cmd_journal = {
    .name = "journal",
    .arguments = "DIR [--ticker T [--out FILE.csv]]",
    .summary = "what a journal holds; with --ticker its quotes as CSV, for backtest and replay",
    .run = run,
};

/* No segment is written over. */
static bool output_good(const char *dir, const char *out, struct err *err)
{
    struct journal_list list;
    const struct file_use written = { "--out", out };
    bool ok = true;
    if (!journal_list(dir, &list, NULL)) {
        list.n = 0; /* who reads it says why */
    }
    for (size_t i = 0; ok && i < list.n; i++) {
        char path[PATH_BYTES + sizeof list.items->name];
        (void)snprintf(path, sizeof path, "%s/%s", dir, list.items[i].name);
        const struct file_use read = { "the journal's segment", path };
        ok = outputs_check(&written, 1, &read, 1, err);
    }
    journal_list_free(&list);
    return ok;
}

static bool export_to(const char *dir, const char *ticker, const char *path,
                      struct journal_health *health, struct err *err)
{
    struct whole_file w;
    return whole_file_open(&w, path, err) &&
           whole_file_close(&w, journal_export(dir, ticker, w.out, health, err), err);
}

static int run(int argc, char **argv, const char *argv0)
{
    struct common_options common = { 0 };
    struct err err = { 0 };
    const char *ticker = NULL, *out = "-";
    (void)argv0;
    const struct option_def defs[] = {
        { "ticker", "T", "whose quotes", &ticker, NULL },
        { "out", "FILE", "where to (default: standard output)", &out, NULL },
    };
    int status =
        options_parse(&cmd_journal, defs, sizeof defs / sizeof defs[0], &argc, argv, &common);
    if (status != -1) {
        return status;
    }
    if (argc != 1) {
        return usage_error("journal", "say one DIR");
    }
    if (ticker == NULL && strcmp(out, "-") != 0) {
        return usage_error("journal", "--out goes with --ticker");
    }
    if (!output_good(argv[0], out, &err)) {
        return usage_error("journal", err.text);
    }
    struct journal_health health;
    bool ok = ticker == NULL ? journal_tell(argv[0], stdout, &health, &err)
                             : export_to(argv[0], ticker, out, &health, &err);
    if (ok && health.damaged > 0) {
        ok =
            err_set(&err, ERR_INVALID, "%zu of %zu segments are damaged: what they held is missing",
                    health.damaged, health.segments);
    }
    if (!ok) {
        (void)fprintf(stderr, "orderflow journal: %s\n", err.text);
    }
    return ok ? 0 : 1;
}
