/* SPDX-License-Identifier: MIT */
#include "analyze.h"
#include "clock.h"
#include "decimal.h"
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
    .arguments =
        "TICKER [--history 5mins] [--no-patterns] [--detail standard|compact|full] "
        "[--format xml|json] [--file FILE [--file-format NAME] | --asof TIME --journal DIR]",
    .summary = "what the tool answers, on standard output",
    .run = run,
};

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
    int status = analyze_finish(a, ok, &answer, &err);
    query_destroy(q);
    starter_stop(&starter);
    return status;
}

/* "2026-01-15T15:30:45.120Z", or ms since 1970. */
static bool parse_time(const char *text, int64_t *ns_out)
{
    int64_t ms;
    if (decimal_parse_i64(text, strlen(text), &ms, NULL) && ms > 0 && ms < INT64_MAX / NS_PER_MS) {
        *ns_out = ms * NS_PER_MS;
        return true;
    }
    return clock_parse_iso(text, ns_out) && *ns_out > 0;
}

/* The answer's form, or the file's format: no name is both. */
static bool take_format(struct asked *a, const char *format, struct err *err)
{
    const struct import_options of_file = { .format = format };
    if (a->files.from.format != NULL && a->file == NULL) {
        return err_set(err, ERR_INVALID, "--file-format goes with --file");
    }
    a->json = strcmp(format, "json") == 0;
    if (a->json || strcmp(format, "xml") == 0) {
        return true;
    }
    if (a->file == NULL || a->files.from.format != NULL) {
        return err_set(err, ERR_INVALID, "--format is xml or json%s",
                       a->file == NULL ? "; with --file also the file's format" : "");
    }
    a->files.from.format = format;
    return import_options_check(&of_file, NULL) ||
           err_set(err, ERR_INVALID, "--format is xml, json or the file's: %s",
                   import_format_names());
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
    if (a->asof_ns != 0 && a->journal == NULL && p->settings.journal_dir[0] == '\0') {
        return usage_error("analyze", "--asof: say --journal DIR, or [journal] dir in the INI");
    }
    if (a->asof_ns != 0) {
        return analyze_journal(p, a);
    }
    return a->file != NULL ? analyze_file(p, a) : from_redis(p, a);
}

static int run(int argc, char **argv, const char *argv0)
{
    struct common_options common = { 0 };
    struct asked a = { 0 };
    const char *history = "5mins", *format = "xml", *detail = "standard", *asof = NULL;
    bool no_patterns = false;
    const struct option_def defs[] = {
        { "history", "TIME", "300, 10s, 5mins, 1 hour: patterns and levels of that time", &history,
          NULL },
        { "no-patterns", NULL, "leave the patterns out", NULL, &no_patterns },
        { "detail", "HOW", "standard, compact (few tokens) or full (more of it)", &detail, NULL },
        { "format", "xml|json",
          "of the answer (default xml); with --file also NAME, as --file-format", &format, NULL },
        { "file", "FILE", "from recorded quotes (- is standard input), without Redis", &a.file,
          NULL },
        QUOTE_FORMAT_OPTION("file-format", a.files),
        QUOTE_OTHER_OPTIONS(a.files),
        { "asof", "TIME", "the answer as it was then (2026-01-15T15:30:45.120Z, or ms)", &asof,
          NULL },
        { "journal", "DIR", "with --asof: default [journal] dir", &a.journal, NULL },
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
    struct err err = { 0 };
    if (!take_format(&a, format, &err)) {
        return usage_error("analyze", err.text);
    }
    if (asof != NULL && !parse_time(asof, &a.asof_ns)) {
        return usage_error("analyze",
                           "--asof is a time in UTC, 2026-01-15T15:30:45.120Z, or ms since 1970");
    }
    if ((asof != NULL && a.file != NULL) || (asof == NULL && a.journal != NULL)) {
        return usage_error("analyze", "--asof goes with --journal, and without --file");
    }
    if (!answer_detail_parse(detail, &a.detail)) {
        return usage_error("analyze", "--detail is standard, compact or full");
    }
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
