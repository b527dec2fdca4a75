/* SPDX-License-Identifier: MIT */
/* The engine's half of `orderflow backtest`: all files of one ticker, and every row and episode of
 * them on stdout, as backtest_frame.h says. */
#include "backtest_frame.h"
#include "backtest_tell.h"
#include "log.h"

#include <stdlib.h>

static void on_judged(void *ctx, const struct changes *c)
{
    tell_judged(ctx, c);
}

static bool read_file(struct told *t, struct err *err)
{
    struct row row;
    while (!t->failed) {
        struct err why = { 0 };
        if (import_next(t->import, &row, &why)) {
            if (!pass_push(&t->pass, &row, err)) {
                return false;
            }
        } else if (why.code != ERR_INVALID) {
            import_log(t->import);
            return why.code == ERR_NONE || err_set(err, why.code, "%s", why.text);
        } else {
            t->malformed++;
        }
    }
    return true;
}

static bool read_all(struct told *t, struct err *err)
{
    bool ok = true;
    for (; ok && t->file < t->args->n_paths; t->file++) {
        t->import = import_open(t->args->paths[t->file], &t->args->from, err);
        ok = t->import != NULL && read_file(t, err);
        import_close(t->import);
        t->import = NULL;
    }
    return ok && pass_end(&t->pass, err) &&
           (t->next_seq > 0 || err_set(err, ERR_INVALID, "%s: no quotes in it", t->args->path));
}

static void say_late(const struct told *t)
{
    uint64_t late = stream_counts(t->pass.ticker->stream)->late;
    if (late > 0) {
        log_warn("quotes_late",
                 "ticker=%s count=%llu hint=\"rows that lie before one already read are left out: "
                 "sort them by time, and name the files in the order of their days\"",
                 t->pass.ticker->name, (unsigned long long)late);
    }
}

int offline_stream(const struct settings *cfg, const struct paths *paths,
                   const struct offline_args *args)
{
    struct told t = { .args = args, .rows = malloc(TOLD_ROWS * sizeof(struct quote)) };
    struct err err = { 0 };
    buf_init(&t.text, FRAME_BYTES_MAX);
    bool ok = (t.rows != NULL || err_set(&err, ERR_MEMORY, "out of memory")) &&
              pass_begin(&t.pass, cfg, paths, args->ticker, true, &err);
    if (ok) {
        t.pass.changed = on_judged;
        t.pass.ctx = &t;
        ok = read_all(&t, &err);
    }
    if (ok) {
        say_late(&t);
        tell_end(&t);
        ok = !t.failed || err_set(&err, ERR_SYSTEM, "cannot write what was found");
    }
    if (!ok) {
        (void)fprintf(stderr, "%s\n", err.text);
    }
    pass_fini(&t.pass);
    buf_fini(&t.text);
    free(t.open);
    free(t.detector);
    free(t.rows);
    return ok ? 0 : 1;
}
