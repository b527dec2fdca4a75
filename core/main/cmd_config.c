/* SPDX-License-Identifier: MIT */
#include "bind.h"
#include "cli.h"
#include "fence_setup.h"
#include "options.h"
#include "plugins_list.h"
#include "scores_file.h"

#include <stdio.h>

static int run(int argc, char **argv, const char *argv0);

const struct command cmd_config = {
    .name = "config",
    .arguments = "--check FILE | --defaults",
    .summary = "check a settings file, or print one with every key at its default",
    .run = run,
};

enum { TEXT_MAX_BYTES = 4 << 20 };

static int print_defaults(const struct listing *l)
{
    struct buf out;
    buf_init(&out, TEXT_MAX_BYTES);
    settings_print_defaults(&out);
    for (size_t i = 0; i < l->n; i++) {
        if (l->items[i].ok) {
            bind_print_defaults(&l->items[i].decl, &out);
        }
    }
    bool ok = !out.failed && print_out(out.data, out.len);
    buf_fini(&out);
    return ok ? 0 : 1;
}

/* Root's engine does not start without that user; others stay who they are. */
static bool check_user(const struct settings *s)
{
    struct fence_config fence;
    struct err err = { 0 };
    bool good = fence_from(s, &fence, &err);
    if (!good) {
        (void)fprintf(stderr, "%s\n", err.text);
    }
    return good;
}

/* Sections of plugins, and the files that are named; that of thresholds was read with the rest. */
static bool check_all(const struct listing *l, const struct settings *s)
{
    struct score_file scores;
    struct err err = { 0 };
    bool good = scores_file_load(s, &scores, &err);
    if (!good) {
        (void)fprintf(stderr, "[results] scores: %s: %s\n", s->results_scores, err.text);
    }
    score_file_fini(&scores);
    good = check_user(s) && good;
    return listing_check(l, s) && good;
}

static int with_listing(const struct program *p, bool defaults)
{
    struct listing l;
    struct err err = { 0 };
    if (!listing_make(&l, p, &err)) {
        (void)fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    int status = defaults ? print_defaults(&l) : check_all(&l, &p->settings) ? 0 : 1;
    if (!defaults && status == 0) {
        (void)printf("%s: good\n", p->settings.path);
    }
    listing_fini(&l);
    return status;
}

static int run(int argc, char **argv, const char *argv0)
{
    struct common_options common = { 0 };
    const char *check = NULL;
    bool defaults = false;
    const struct option_def defs[] = {
        { "check", "FILE", "say all that is wrong with FILE; exit status 1 if anything is", &check,
          NULL },
        { "defaults", NULL, "print a settings file with every key of host and plugins", NULL,
          &defaults },
    };
    int status = options_parse(&cmd_config, defs, 2, &argc, argv, &common);
    if (status != -1) {
        return status;
    }
    if (argc > 0 || (check != NULL) == defaults) {
        return usage_error("config", "say either --check FILE or --defaults");
    }
    struct program p;
    if (!program_init(&p, "orderflow", argv0, check != NULL ? check : common.config)) {
        return 1;
    }
    status = with_listing(&p, defaults);
    program_fini(&p);
    return status;
}
