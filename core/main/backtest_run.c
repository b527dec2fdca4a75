/* SPDX-License-Identifier: MIT */
#include "backtest.h"
#include "backtest_label.h"
#include "feed.h"
#include "options.h"
#include "whole_file.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TEXT_MAX_BYTES = 1 << 30 };

static bool group(struct backtest *b, const char *const *files, size_t n, struct err *err)
{
    if (!file_groups_make(&b->files, &b->o.files.from, files, n, err)) {
        return false;
    }
    b->tickers = calloc(b->files.n + 1, sizeof *b->tickers);
    if (b->tickers == NULL) {
        return err_set(err, ERR_MEMORY, "out of memory");
    }
    for (; b->n_tickers < b->files.n; b->n_tickers++) {
        const struct ticker_files *of = &b->files.tickers[b->n_tickers];
        b->tickers[b->n_tickers] =
            (struct told_ticker){ .name = of->name, .files = of->paths, .n_files = of->n };
    }
    return true;
}

static bool work_on(struct backtest *b, FILE *audit, struct err *err)
{
    bool bar = !b->o.quiet && isatty(STDERR_FILENO) == 1;
    size_t tests = 0;
    for (size_t i = 0; i < b->n_tickers; i++) {
        struct told_ticker *t = &b->tickers[i];
        if (!backtest_take(b, t, bar, err)) {
            return false;
        }
        tests += t->n_groups * b->o.n_latencies * b->o.n_horizons;
    }
    for (size_t i = 0; i < b->n_tickers; i++) {
        if (!backtest_try(b, &b->tickers[i], tests, audit, err) ||
            (!b->o.no_null && !backtest_null(b, &b->tickers[i], err))) {
            return false;
        }
    }
    return backtest_judge(b, err) && backtest_label(b, err);
}

static bool write_file(const char *path, const struct buf *text, struct err *err)
{
    struct whole_file w;
    if (!whole_file_open(&w, path, err)) {
        return false;
    }
    (void)fwrite(text->data, 1, text->len, w.out); /* close() says what went wrong */
    return whole_file_close(&w, true, err);
}

static bool is_stdout(const char *path)
{
    return path != NULL && strcmp(path, "-") == 0;
}

static bool report(const struct backtest *b, struct err *err)
{
    struct buf out;
    bool ok = true;
    buf_init(&out, TEXT_MAX_BYTES);
    if (b->o.json != NULL) {
        backtest_json(b, &out);
        ok = !out.failed ? write_file(b->o.json, &out, err)
                         : err_set(err, ERR_MEMORY, "out of memory for the report");
    }
    if (ok && b->o.html != NULL) {
        buf_clear(&out);
        ok = backtest_html(b, &out, err) &&
             (!out.failed ? write_file(b->o.html, &out, err)
                          : err_set(err, ERR_MEMORY, "out of memory for the page"));
    }
    if (ok && b->o.scores != NULL) {
        buf_clear(&out);
        backtest_scores(b, &out);
        ok = !out.failed ? write_file(b->o.scores, &out, err)
                         : err_set(err, ERR_MEMORY, "out of memory for the scores");
    }
    if (ok && !is_stdout(b->o.json) && !is_stdout(b->o.html) && !is_stdout(b->o.scores)) {
        buf_clear(&out);
        backtest_text(b, &out);
        ok = !out.failed && print_out(out.data, out.len);
    }
    buf_fini(&out);
    return ok;
}

/* Better said now than after the work. */
static bool writable(const struct backtest *b, struct err *err)
{
    return whole_file_check(b->o.json, err) && whole_file_check(b->o.html, err) &&
           whole_file_check(b->o.scores, err) && backtest_family_check(b, err);
}

static int work(struct backtest *b)
{
    struct err err = { 0 };
    struct whole_file audit = { .out = NULL };
    bool ok =
        writable(b, &err) && (b->o.audit == NULL || whole_file_open(&audit, b->o.audit, &err));
    ok = ok && work_on(b, audit.out, &err);
    ok = (audit.out == NULL || whole_file_close(&audit, ok, &err)) && ok;
    ok = ok && report(b, &err);
    if (!ok && err.code != ERR_NONE) {
        (void)fprintf(stderr, "orderflow backtest: %s\n", err.text);
    }
    return ok ? 0 : 1;
}

static void find_log(struct backtest *b)
{
    const char *state = b->program->paths.state;
    if (b->o.trials != NULL) {
        bool none = strcmp(b->o.trials, "none") == 0;
        (void)snprintf(b->family.log, sizeof b->family.log, "%s", none ? "" : b->o.trials);
    } else if (state[0] != '\0' && paths_make(state, NULL)) {
        (void)snprintf(b->family.log, sizeof b->family.log, "%.*s/backtest-trials.tsv",
                       PATH_BYTES - 32, state);
    }
}

int backtest_files(struct backtest *b, const char *const *files, size_t n)
{
    struct err err = { 0 };
    struct labels labels = { .n = 0 };
    b->labels = b->o.truth != NULL ? &labels : NULL;
    find_log(b);
    bool ok = group(b, files, n, &err) && backtest_label_open(b, &err);
    if (!ok) {
        (void)fprintf(stderr, "orderflow backtest: %s\n", err.text);
    }
    int status = ok ? work(b) : 1;
    for (size_t i = 0; i < b->n_tickers; i++) {
        told_ticker_fini(&b->tickers[i]);
    }
    free(b->tickers);
    file_groups_fini(&b->files);
    labels_fini(&labels);
    return status;
}
