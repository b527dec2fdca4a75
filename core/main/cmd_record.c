/* SPDX-License-Identifier: MIT */
#include "answer.h"
#include "cli.h"
#include "clock.h"
#include "decimal.h"
#include "live_setup.h"
#include "options.h"
#include "quote_files.h"
#include "record.h"

#include <stdio.h>
#include <string.h>

static int run(int argc, char **argv, const char *argv0);

const struct command cmd_record = {
    .name = "record",
    .arguments = "TICKER [--file FILE] [--from TIME] [--for 60s] [--case NAME]",
    .summary = "a stretch of quotes as a golden case, for tests of a detector",
    .run = run,
};

enum { TEXT_MAX_BYTES = 64 << 20, FOR_MAX_S = 3600, CASE_MAX = 100 };

struct asked {
    struct record_source source;
    struct record_span span;
};

static bool from_redis(const struct program *p, const struct asked *a, struct buf *out,
                       struct err *err)
{
    struct redis_config cfg;
    struct keys keys;
    keys_from(&p->settings, &keys);
    if (!redis_config_from(&p->settings, &cfg, err)) {
        return false;
    }
    struct record_source source = a->source;
    source.redis = redis_create(&cfg);
    source.keys = &keys;
    source.wall_ms = clock_now().wall_ns / NS_PER_MS;
    bool ok = source.redis != NULL ? record_window(&source, &a->span, out, err)
                                   : err_set(err, ERR_MEMORY, "out of memory");
    redis_destroy(source.redis);
    if (!ok && err->code == ERR_NOT_FOUND && strcmp(p->settings.feed_source, "firehose") == 0) {
        struct err why = *err;
        (void)err_set(err, why.code,
                      "%.130s; record reads sorted sets, no firehose ([feed] source): give it "
                      "--file, as orderflow journal --out writes it",
                      why.text);
    }
    return ok;
}

static int record(const struct program *p, struct asked *a)
{
    struct err err = { 0 };
    struct buf out;
    buf_init(&out, TEXT_MAX_BYTES);
    const char *tick = settings_ticker_value(&p->settings, a->source.ticker, "tick");
    if (tick != NULL && !decimal_parse_px(tick, strlen(tick), &a->span.px_tick, NULL)) {
        a->span.px_tick = 0;
    }
    bool ok = a->source.file != NULL ? record_window(&a->source, &a->span, &out, &err)
                                     : from_redis(p, a, &out, &err);
    if (!ok) {
        (void)fprintf(stderr, "orderflow record: %s\n", err.text);
    }
    ok = ok && print_out(out.data, out.len);
    buf_fini(&out);
    return ok ? 0 : 1;
}

/* Epoch milliseconds, as answers print them, or UTC. */
static bool parse_time(const char *text, int64_t *ns_out)
{
    int64_t ms = 0;
    if (decimal_parse_i64(text, strlen(text), &ms, NULL)) {
        *ns_out = ms * NS_PER_MS;
        return ms > 0 && ms < INT64_MAX / NS_PER_MS;
    }
    return clock_parse_iso(text, ns_out) && *ns_out > 0;
}

static int check_asked(struct asked *a, const char *from, const char *span)
{
    struct err err = { 0 };
    if (!ticker_valid(a->source.ticker)) {
        return usage_error("record", "a ticker has 1 to 32 characters of A-Z a-z 0-9 . _ - / ^ =");
    }
    if (from != NULL && !parse_time(from, &a->span.from_ns)) {
        return usage_error("record", "--from is a time in ms since 1970, or UTC such as "
                                     "2024-08-08T14:10:00.250Z");
    }
    if (!history_parse(span, FOR_MAX_S, &a->span.span_ns, &err)) {
        return usage_error("record", err.text);
    }
    const char *name = a->span.case_name;
    if (name != NULL && (name[0] == '\0' || strlen(name) > CASE_MAX || strpbrk(name, " \t\r\n#"))) {
        return usage_error("record", "--case is one word of at most 100 characters");
    }
    if (a->source.file != NULL && strcmp(a->source.file, "-") == 0) {
        return usage_error("record", "--file is read twice: standard input will not do");
    }
    return -1;
}

static int run(int argc, char **argv, const char *argv0)
{
    struct common_options common = { 0 };
    struct asked a = { .source = { .file = NULL } };
    struct quote_files files = { .dry_run = false };
    struct err err = { 0 };
    const char *from = NULL, *span = "60s";
    const struct option_def defs[] = {
        { "file", "FILE", "from recorded quotes (default: sorted sets in Redis)", &a.source.file,
          NULL },
        { "from", "TIME", "ms since 1970, or UTC (default: the last of all)", &from, NULL },
        { "for", "TIME", "how long: 500, 10s, 5mins (default 60s)", &span, NULL },
        { "case", "NAME", "the case's name (default: ticker and time)", &a.span.case_name, NULL },
        QUOTE_FILES_OPTIONS(files),
    };
    int status = options_parse(&cmd_record, defs, sizeof defs / sizeof *defs, &argc, argv, &common);
    if (status != -1) {
        return status;
    }
    if (argc != 1) {
        return usage_error("record", "say one TICKER");
    }
    a.source.ticker = argv[0];
    files.from.ticker = argv[0];
    if (!quote_files_check(&files, &err)) {
        return usage_error("record", err.text);
    }
    if (files.dry_run && a.source.file != NULL) {
        return quote_files_describe(&files, "record", &a.source.file, 1);
    }
    a.source.from = files.from;
    status = check_asked(&a, from, span);
    if (status != -1) {
        return status;
    }
    struct program p;
    if (!program_init(&p, "orderflow", argv0, common.config)) {
        return 1;
    }
    status = record(&p, &a);
    program_fini(&p);
    return status;
}
