/* SPDX-License-Identifier: MIT */
#include "check_options.h"

#include "options.h"
#include "outputs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TIMEOUT_S = 60 };

static const uint64_t default_seed = 1;

static int unknown_check(const char *name)
{
    char message[160];
    const char *near = check_nearest(name);
    (void)snprintf(message, sizeof message, "there is no check %.60s%s%s; --list shows them", name,
                   near != NULL ? "; did you mean " : "", near != NULL ? near : "");
    return usage_error("check", message);
}

/* A list of names, numbers and groups, separated by commas, sets or clears. -1: fine. */
static int mark(bool wanted[CHECKS], const char *list, bool value)
{
    char words[1024], *rest = NULL;
    (void)snprintf(words, sizeof words, "%s", list);
    for (char *w = strtok_r(words, ", ", &rest); w != NULL; w = strtok_r(NULL, ", ", &rest)) {
        const struct check_info *one = check_find(w);
        bool any = one != NULL;
        for (size_t i = 0; i < CHECKS; i++) {
            if (&check_table()[i] == one || strcmp(check_table()[i].group, w) == 0) {
                wanted[i] = value;
                any = true;
            }
        }
        if (!any) {
            return unknown_check(w);
        }
    }
    return -1;
}

/* -1: at least one. Those of the file itself run for its first detector only. */
static int some_left(const struct check_options *o)
{
    size_t all = 0, of_detector = 0;
    for (size_t i = 0; i < CHECKS; i++) {
        all += o->run.wanted[i];
        of_detector += o->run.wanted[i] && strcmp(check_table()[i].group, "file") != 0;
    }
    if (all == 0) {
        return usage_error("check", "--only and --skip leave no check to run; --list shows all");
    }
    return o->index == 0 || of_detector > 0
               ? -1
               : usage_error("check", "checks of group file run with --index 0 only");
}

static int select_checks(struct check_options *o, const char *only, const char *skip)
{
    for (size_t i = 0; i < CHECKS; i++) {
        o->run.wanted[i] = only == NULL;
    }
    int status = only != NULL ? mark(o->run.wanted, only, true) : -1;
    status = status == -1 && skip != NULL ? mark(o->run.wanted, skip, false) : status;
    return status == -1 ? some_left(o) : status;
}

/* -1: fine. */
static int number(const char *name, const char *text, double min, double max, double *out)
{
    char *end, message[120];
    errno = 0;
    *out = strtod(text, &end);
    if (end != text && *end == '\0' && *out >= min && *out <= max) {
        return -1;
    }
    (void)snprintf(message, sizeof message, "--%s is a number from %g to %g, not %.40s", name, min,
                   max, text);
    return usage_error("check", message);
}

struct texts {
    const char *only, *skip, *seed, *scale, *timeout, *jobs, *index;
};

static int take_numbers(struct check_options *o, const struct texts *t)
{
    double scale = 1, timeout = TIMEOUT_S, jobs = (double)sysconf(_SC_NPROCESSORS_ONLN), index = 0;
    char *end;
    int status = -1;
    o->run.seed = default_seed;
    if (t->seed != NULL) {
        errno = 0;
        o->run.seed = strtoull(t->seed, &end, 10);
        if (end == t->seed || *end != '\0' || errno != 0 || t->seed[0] == '-') {
            return usage_error("check", "--seed is a whole number");
        }
    }
    status = t->scale != NULL ? number("scale", t->scale, 0.001, 100, &scale) : status;
    status = status == -1 && t->timeout != NULL ? number("timeout", t->timeout, 1, 3600, &timeout)
                                                : status;
    status = status == -1 && t->jobs != NULL ? number("jobs", t->jobs, 1, 16, &jobs) : status;
    status = status == -1 && t->index != NULL ? number("index", t->index, 0, 63, &index) : status;
    o->run.scale = scale;
    o->run.timeout_s = (int)timeout;
    o->run.jobs = jobs >= 1 ? (int)jobs : 1;
    o->index = (uint32_t)index;
    o->one_index = t->index != NULL;
    return status;
}

int check_options_take(struct check_options *o, int *argc_inout, char **argv)
{
    struct common_options common = { 0 };
    struct texts t = { 0 };
    *o = (struct check_options){ 0 };
    const struct option_def defs[] = {
        { "only", "NAME,...", "these checks (names, numbers, groups) and no others", &t.only,
          NULL },
        { "skip", "NAME,...", "all but these", &t.skip, NULL },
        { "list", NULL, "print the checks, one a line", NULL, &o->list },
        { "explain", "NAME", "what one check tests, why, and the cure", &o->explain, NULL },
        { "manual", NULL, "print that of all checks (sdk/CHECKS.md)", NULL, &o->manual },
        { "json", NULL, "results as one JSON document", NULL, &o->json },
        { "junit", "FILE", "results as JUnit XML, too", &o->junit, NULL },
        { "strict", NULL, "warnings fail, too", NULL, &o->strict },
        { "seed", "N", "of the test quotes (default 1)", &t.seed, NULL },
        { "scale", "X", "length of the long checks (default 1; 0.05 is quick)", &t.scale, NULL },
        { "timeout", "S", "CPU seconds per check (default 60)", &t.timeout, NULL },
        { "jobs", "N", "checks at a time (default: one per processor)", &t.jobs, NULL },
        { "index", "N", "only the file's N-th detector, from 0", &t.index, NULL },
        { "window", "FILE", "also feed the quotes of a golden or quarantine file", &o->run.window,
          NULL },
        { "set", "KEY=VALUE,...", "test it with these parameters, not its defaults", &o->run.set,
          NULL },
        { "null-tape", NULL, "instead: episodes per hour on real quotes and on noise", NULL,
          &o->null_tape },
        { "tape", "FILE",
          "with --null-tape: recorded quotes (CSV, also gzip or zstd) for real ones", &o->tape,
          NULL },
        { "in-process", "NAME", "run one check in this process, for a debugger", &o->in_process,
          NULL },
    };
    enum { DEFS = sizeof defs / sizeof *defs };
    int status = options_parse(&cmd_check, defs, DEFS, argc_inout, argv, &common);
    status = status == -1 ? take_numbers(o, &t) : status;
    status = status == -1 ? select_checks(o, t.only, t.skip) : status;
    if (status != -1) {
        return status;
    }
    const char *named = o->explain != NULL ? o->explain : o->in_process;
    if (named != NULL && check_find(named) == NULL) {
        return unknown_check(named);
    }
    if (o->tape != NULL && !o->null_tape) {
        return usage_error("check", "--tape goes with --null-tape");
    }
    if (o->null_tape && (o->run.window != NULL || o->run.set != NULL || o->one_index)) {
        return usage_error("check", "--null-tape goes with none of --window, --set and --index");
    }
    bool about = o->list || o->manual || o->explain != NULL;
    if (!about && *argc_inout < 1) {
        return usage_error("check", "say which PLUGIN.so");
    }
    return -1;
}

int check_options_output(const struct check_options *o, const char *const *plugins, size_t n)
{
    struct err err = { 0 };
    const struct file_use written = { "--junit", o->junit };
    const struct file_use read[] = { { "--window", o->run.window }, { "--tape", o->tape } };
    bool ok = outputs_check(&written, 1, read, sizeof read / sizeof *read, &err) &&
              outputs_check_files(&written, 1, "PLUGIN.so", plugins, n, &err);
    return ok ? -1 : usage_error("check", err.text);
}
