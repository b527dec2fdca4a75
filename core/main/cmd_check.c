/* SPDX-License-Identifier: MIT */
#include "check_options.h"
#include "options.h"
#include "paths.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int run(int argc, char **argv, const char *argv0);

const struct command cmd_check = {
    .name = "check",
    .arguments =
        "PLUGIN.so... [--only NAME,...] [--json] [--junit FILE] [--null-tape [--tape FILE]]",
    .summary = "test a detector: 46 checks, each in a process of its own",
    .run = run,
};

enum { TEXT_MAX_BYTES = 64 << 20, REPORTS_MAX = 256 };

static int print_and_free(struct buf *out)
{
    bool ok = !out->failed && print_out(out->data, out->len);
    buf_fini(out);
    return ok ? 0 : 1;
}

static int print_about(const struct check_options *o)
{
    struct buf out;
    buf_init(&out, TEXT_MAX_BYTES);
    if (o->list) {
        check_list(&out);
    } else if (o->manual) {
        check_manual(&out);
    } else {
        check_explain(check_find(o->explain), &out);
    }
    return print_and_free(&out);
}

/* Does not return if all goes well. */
static int become_probe(const struct check_options *o, const char *path)
{
    char index[16], seed[24], scale[32];
    (void)snprintf(index, sizeof index, "%" PRIu32, o->index);
    (void)snprintf(seed, sizeof seed, "%" PRIu64, o->run.seed);
    (void)snprintf(scale, sizeof scale, "%g", o->run.scale);
    (void)execl(o->run.program, o->run.program, o->in_process, path, index, seed, scale, "2",
                o->run.window, (char *)NULL);
    perror(o->run.program);
    return 1;
}

struct reports {
    struct plugin_report *all;
    size_t n;
    bool broken; /* a check could not be started */
};

/* All detectors of one file, or the one that was asked for. */
static void check_file(const struct check_options *o, const char *path, struct reports *r)
{
    char name[96];
    uint32_t first = o->one_index ? o->index : 0, end = first + 1;
    if (!o->one_index) {
        end = run_count(&o->run, path, 0, name, sizeof name);
    }
    for (uint32_t i = first; i < end && r->n < REPORTS_MAX; i++) {
        struct err err = { 0 };
        struct plugin_report *report = &r->all[r->n++];
        if (!run_checks(&o->run, path, i, report, &err)) {
            (void)fprintf(stderr, "orderflow check: %s\n", err.text);
            r->broken = true;
        }
        if (!o->json) {
            struct buf out;
            buf_init(&out, TEXT_MAX_BYTES);
            report_text(report, &o->run, &out);
            r->broken = print_and_free(&out) != 0 || r->broken;
        }
    }
}

static bool write_junit(const char *path, const struct reports *r)
{
    struct buf out;
    buf_init(&out, TEXT_MAX_BYTES);
    report_junit(r->all, r->n, &out);
    FILE *f = out.failed ? NULL : fopen(path, "w");
    bool ok = f != NULL && fwrite(out.data, 1, out.len, f) == out.len;
    ok = f != NULL && fclose(f) == 0 && ok;
    if (!ok) {
        perror(path);
    }
    buf_fini(&out);
    return ok;
}

static int finish(const struct check_options *o, struct reports *r)
{
    bool ok = !r->broken;
    if (o->json) {
        struct buf out;
        buf_init(&out, TEXT_MAX_BYTES);
        report_json(r->all, r->n, &o->run, &out);
        ok = print_and_free(&out) == 0 && ok;
    }
    ok = (o->junit == NULL || write_junit(o->junit, r)) && ok;
    for (size_t i = 0; i < r->n; i++) {
        ok = ok && r->all[i].counts[CHECK_FAILED] == 0 &&
             (!o->strict || r->all[i].counts[CHECK_WARNED] == 0);
        plugin_report_fini(&r->all[i]);
    }
    free(r->all);
    return ok ? 0 : 1;
}

/* A path, or the name of an installed plugin. Absolute, malloc'ed; NULL: there is none. */
static char *find_plugin(const struct paths *paths, const char *word)
{
    char path[PATH_BYTES];
    char *real = realpath(word, NULL);
    if (real == NULL && strchr(word, '/') == NULL) {
        const char *dot = strstr(word, ".so");
        int n = dot != NULL ? (int)(dot - word) : (int)strlen(word);
        if (snprintf(path, sizeof path, "%s/%.*s.so", paths->plugins, n, word) < (int)sizeof path) {
            real = realpath(path, NULL);
        }
    }
    if (real == NULL) {
        (void)fprintf(stderr,
                      "orderflow check: %s: no such file, and no plugin of that name in %s\n", word,
                      paths->plugins);
    }
    return real;
}

static int check_all(const struct check_options *o, const struct paths *paths, int argc,
                     char **argv)
{
    char *found[REPORTS_MAX] = { NULL };
    struct reports r = { .all = calloc(REPORTS_MAX, sizeof *r.all) };
    int status = r.all == NULL ? 1 : 0;
    for (int i = 0; i < argc && i < REPORTS_MAX && status == 0; i++) {
        found[i] = find_plugin(paths, argv[i]);
        status = found[i] == NULL ? 2 : 0;
    }
    if (status == 0) {
        status = check_options_output(o, (const char *const *)found,
                                      argc < REPORTS_MAX ? argc : REPORTS_MAX);
    }
    if (status == 0 && o->in_process != NULL) {
        status = become_probe(o, found[0]);
    } else if (status == 0 && o->null_tape) {
        for (int i = 0; i < argc && i < REPORTS_MAX; i++) {
            status = null_tape(o, paths, found[i]) != 0 ? 1 : status;
        }
    } else if (status == 0) {
        for (int i = 0; i < argc && i < REPORTS_MAX; i++) {
            check_file(o, found[i], &r);
        }
        status = finish(o, &r);
        r.all = NULL;
    }
    free(r.all);
    for (int i = 0; i < REPORTS_MAX; i++) {
        free(found[i]);
    }
    return status;
}

static int run(int argc, char **argv, const char *argv0)
{
    struct check_options o;
    struct paths paths;
    struct err err = { 0 };
    char program[PATH_BYTES];
    if (!paths_find(&paths, argv0, &err)) {
        (void)fprintf(stderr, "orderflow check: %s\n", err.text);
        return 1;
    }
    int status = check_options_take(&o, &argc, argv);
    if (status != -1) {
        return status;
    }
    if (o.list || o.manual || o.explain != NULL) {
        return print_about(&o);
    }
    if (snprintf(program, sizeof program, "%s/libexec/orderflow/orderflow-check", paths.prefix) >=
        (int)sizeof program) {
        return usage_error("check", "the path of the installation is too long");
    }
    o.run.program = program;
    return check_all(&o, &paths, argc, argv);
}
