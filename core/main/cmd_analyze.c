/* SPDX-License-Identifier: MIT */
#include "clock.h"
#include "feed.h"
#include "options.h"
#include "quote_files.h"
#include "starter.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int run(int argc, char **argv, const char *argv0);

const struct command cmd_analyze = {
    .name = "analyze",
    .arguments = "TICKER [--history 5mins] [--no-patterns] [--detail standard|compact|full] "
                 "[--format xml|json] [--file FILE]",
    .summary = "what the tool answers, on standard output",
    .run = run,
};

enum { TEXT_MAX_BYTES = 64 << 20 };

struct asked {
    const char *ticker, *file;
    int64_t history_ns;
    struct quote_files files;
    bool patterns, json;
    enum answer_detail detail;
};

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

static int finish(const struct asked *a, bool ok, struct answer *answer, const struct err *err)
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

static int from_redis(const struct program *p, const struct asked *a)
{
    struct starter starter = { .program = p, .engine = { .life_fd = -1 } };
    struct query_config qc;
    struct answer answer = { 0 };
    struct err err = { 0 };
    bool ok = query_config_from(&starter, &qc, &err);
    struct query *q = ok ? query_create(&qc) : NULL;
    ok = ok && (q != NULL || err_set(&err, ERR_MEMORY, "out of memory")) &&
         query_answer(q, a->ticker, a->history_ns, a->patterns ? ANSWER_ALL_PATTERNS : 0, &answer,
                      &err);
    int status = finish(a, ok, &answer, &err);
    query_destroy(q);
    starter_stop(&starter);
    return status;
}

/* The offline engine reads the file and reports back; nothing else is needed. */
static int from_file(const struct program *p, const struct asked *a)
{
    char history[24];
    const char *argv[10 + QUOTE_FILES_WORDS] = { p->paths.engine, "--offline", a->file,
                                                 "--ticker",      a->ticker,   "--history-s",
                                                 history };
    size_t n = 7;
    struct answer answer = { 0 };
    struct err err = { 0 };
    struct buf report;
    (void)snprintf(history, sizeof history, "%" PRId64, a->history_ns / NS_PER_S);
    if (p->settings.path[0] != '\0') {
        argv[n++] = "--config";
        argv[n++] = p->settings.path;
    }
    n += quote_files_argv(&a->files, argv + n);
    argv[n] = NULL;
    buf_init(&report, TEXT_MAX_BYTES);
    int status = launch_capture(argv, &report, &err);
    if (status > 0) {
        buf_fini(&report);
        return 1; /* it has said why */
    }
    bool ok = status == 0 &&
              query_report_json(report.data, report.len, a->history_ns, a->patterns, &answer, &err);
    buf_fini(&report);
    return finish(a, ok, &answer, &err);
}

static int analyze(const struct program *p, struct asked *a, const char *history)
{
    struct err err = { 0 };
    if (!history_parse(history, p->settings.results_ttl_quotes_s, &a->history_ns, &err)) {
        return usage_error("analyze", err.text);
    }
    if (!ticker_valid(a->ticker)) {
        return usage_error("analyze", "a ticker has 1 to 32 characters of A-Z a-z 0-9 . _ - / ^ =");
    }
    return a->file != NULL ? from_file(p, a) : from_redis(p, a);
}

static int run(int argc, char **argv, const char *argv0)
{
    struct common_options common = { 0 };
    struct asked a = { 0 };
    const char *history = "5mins", *format = "xml", *detail = "standard";
    bool no_patterns = false;
    const struct option_def defs[] = {
        { "history", "TIME", "300, 10s, 5mins, 1 hour: patterns and levels of that time", &history,
          NULL },
        { "no-patterns", NULL, "leave the patterns out", NULL, &no_patterns },
        { "detail", "HOW", "standard, compact (few tokens) or full (more of it)", &detail, NULL },
        { "format", "xml|json", "default xml", &format, NULL },
        { "file", "FILE", "from recorded quotes (- is standard input), without Redis", &a.file,
          NULL },
        QUOTE_FILES_OPTIONS(a.files),
    };
    int status =
        options_parse(&cmd_analyze, defs, sizeof defs / sizeof defs[0], &argc, argv, &common);
    if (status != -1) {
        return status;
    }
    if (argc != 1) {
        return usage_error("analyze", "say one TICKER");
    }
    a.ticker = argv[0];
    a.patterns = !no_patterns;
    a.json = strcmp(format, "json") == 0;
    if (!a.json && strcmp(format, "xml") != 0) {
        return usage_error("analyze", "--format is xml or json");
    }
    if (!answer_detail_parse(detail, &a.detail)) {
        return usage_error("analyze", "--detail is standard, compact or full");
    }
    struct err err = { 0 };
    a.files.from.ticker = a.ticker;
    if (!quote_files_check(&a.files, &err)) {
        return usage_error("analyze", err.text);
    }
    if (a.files.dry_run && a.file != NULL) {
        return quote_files_describe(&a.files, "analyze", &a.file, 1);
    }
    struct program p;
    if (!program_init(&p, "orderflow", argv0, common.config)) {
        return 1;
    }
    status = analyze(&p, &a, history);
    program_fini(&p);
    return status;
}
