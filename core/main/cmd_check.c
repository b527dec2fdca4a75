/* SPDX-License-Identifier: MIT */
#include "check_options.h"
#include "options.h"
#include "paths.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

struct reports {
    struct plugin_report *all;
    size_t n;
    bool broken; /* a check could not be started */
};

/* All detectors of one file, or the one that was asked for. */
static void check_file(const struct check_options *o, const char *path, struct check_span span,
                       struct reports *r)
{
    for (uint32_t i = span.first; i < span.end && r->n < REPORTS_MAX; i++) {
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
        ok = ok && !r->all[i].unread && r->all[i].counts[CHECK_FAILED] == 0 &&
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

/* The files are found; what is asked for fits them. */
static int check_found(const struct check_options *o, char *const found[], size_t n,
                       const struct check_span spans[])
{
    struct reports r = { .all = calloc(REPORTS_MAX, sizeof *r.all) };
    if (r.all == NULL) {
        perror("orderflow check");
        return 1;
    }
    for (size_t i = 0; i < n; i++) {
        check_file(o, found[i], spans[i], &r);
    }
    return finish(o, &r);
}

static int check_all(const struct check_options *o, const struct paths *paths, size_t n,
                     char **argv)
{
    char *found[REPORTS_MAX] = { NULL };
    struct check_span spans[REPORTS_MAX];
    int status = n <= REPORTS_MAX ? -1 : usage_error("check", "more than 256 files");
    for (size_t i = 0; i < n && status == -1; i++) {
        found[i] = find_plugin(paths, argv[i]);
        status = found[i] == NULL ? 2 : -1;
    }
    status = status == -1 ? check_options_output(o, (const char *const *)found, n) : status;
    if (status == -1 && o->null_tape) {
        status = 0;
        for (size_t i = 0; i < n; i++) {
            status = null_tape(o, paths, found[i]) != 0 ? 1 : status;
        }
    }
    status = status == -1 ? check_fit(o, found, n, spans) : status;
    if (status == -1) {
        status = o->in_process != NULL ? check_become_probe(o, found[0])
                                       : check_found(o, found, n, spans);
    }
    for (size_t i = 0; i < n && i < REPORTS_MAX; i++) {
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
    return check_all(&o, &paths, (size_t)argc, argv);
}
