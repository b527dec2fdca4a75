/* SPDX-License-Identifier: MIT */
#include "analyze.h"

#include "clock.h"
#include "launch.h"
#include "options.h"
#include "query.h"

#include <inttypes.h>
#include <stdio.h>

enum { TEXT_MAX_BYTES = 64 << 20 };

static int print_answer(const struct asked *a, const struct answer *answer)
{
    struct buf out;
    buf_init(&out, TEXT_MAX_BYTES);
    if (a->json) {
        answer_json(answer, &out);
    } else if (answer->found) {
        answer_draw(answer, a->detail, &out);
    } else {
        answer_unknown_xml(answer, &out);
    }
    bool ok = !out.failed && print_out(out.data, out.len);
    buf_fini(&out);
    return ok && answer->found ? 0 : 1;
}

int analyze_finish(const struct asked *a, bool ok, struct answer *answer, const struct err *err)
{
    int status = 1;
    if (ok) {
        status = print_answer(a, answer);
    } else {
        (void)fprintf(stderr, "orderflow analyze: %s\n", err->text);
    }
    answer_fini(answer);
    return status;
}

/* An engine of its own reads what is asked for and reports back; nothing else is needed. */
static int from_report(const struct asked *a, const char **argv)
{
    struct answer answer = { 0 };
    struct err err = { 0 };
    struct buf report;
    buf_init(&report, TEXT_MAX_BYTES);
    int status = launch_capture(argv, &report, &err);
    if (status > 0) {
        buf_fini(&report);
        return 1; /* it has said why */
    }
    bool ok = status == 0 &&
              query_report_json(report.data, report.len, a->history_ns, a->patterns, &answer, &err);
    buf_fini(&report);
    return analyze_finish(a, ok, &answer, &err);
}

int analyze_file(const struct program *p, const struct asked *a)
{
    char history[24];
    const char *argv[10 + QUOTE_FILES_WORDS] = { p->paths.engine, "--offline", a->file,
                                                 "--ticker",      a->ticker,   "--history-s",
                                                 history };
    size_t n = 7;
    (void)snprintf(history, sizeof history, "%" PRId64, a->history_ns / NS_PER_S);
    if (p->settings.path[0] != '\0') {
        argv[n++] = "--config";
        argv[n++] = p->settings.path;
    }
    n += quote_files_argv(&a->files, argv + n);
    argv[n] = NULL;
    return from_report(a, argv);
}

int analyze_journal(const struct program *p, const struct asked *a)
{
    char history[24], at[24], dir[PATH_BYTES];
    struct err err = { 0 };
    const char *argv[] = { p->paths.engine, "--journal", dir,           "--asof-ns", at,
                           "--ticker",      a->ticker,   "--history-s", history,     NULL };
    (void)snprintf(history, sizeof history, "%" PRId64, a->history_ns / NS_PER_S);
    (void)snprintf(at, sizeof at, "%" PRId64, a->asof_ns);
    if (a->journal != NULL) {
        (void)snprintf(dir, sizeof dir, "%s", a->journal);
    } else if (!settings_resolve(&p->settings, p->settings.journal_dir, dir, sizeof dir, &err)) {
        (void)fprintf(stderr, "orderflow analyze: %s\n", err.text);
        return 1;
    }
    return from_report(a, argv);
}
