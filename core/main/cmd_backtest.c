/* SPDX-License-Identifier: MIT */
#include "backtest.h"
#include "clock.h"
#include "decimal.h"
#include "options.h"
#include "outputs.h"

#include <string.h>

static int run(int argc, char **argv, const char *argv0);

const struct command cmd_backtest = {
    .name = "backtest",
    .arguments = "FILE... [--ticker T] [--json FILE] [--html FILE] [--scores FILE] [--latency S,S] "
                 "[--horizons "
                 "S,S] [--seed N]",
    .summary = "what detectors find in recorded quotes, and what it was worth",
    .run = run,
};

/* "10,30": whole seconds, ascending or not. */
static bool seconds(const char *text, int64_t least, int64_t *out_ms, size_t max, size_t *n_out)
{
    *n_out = 0;
    while (*n_out < max) {
        size_t n = strcspn(text, ",");
        int64_t s;
        if (!decimal_parse_i64(text, n, &s, NULL) || s < least || s > 86400) {
            return false;
        }
        for (size_t i = 0; i < *n_out; i++) {
            if (out_ms[i] == s * 1000) {
                return false;
            }
        }
        out_ms[(*n_out)++] = s * 1000;
        if (text[n] == '\0') {
            return true;
        }
        text += n + 1;
    }
    return false;
}

static bool outputs_good(const struct backtest_options *o, const char *config,
                         const char *const *files, size_t n, struct err *err)
{
    bool logged = o->trials != NULL && strcmp(o->trials, "none") != 0;
    const struct file_use written[] = { { "--json", o->json },
                                        { "--html", o->html },
                                        { "--scores", o->scores },
                                        { "--audit", o->audit },
                                        { "--trials", logged ? o->trials : NULL } };
    const struct file_use read[] = { { "--truth", o->truth }, { "--config", config } };
    enum { WRITTEN = sizeof written / sizeof *written };
    return outputs_check(written, WRITTEN, read, sizeof read / sizeof *read, err) &&
           outputs_check_files(written, WRITTEN, "FILE", files, n, err);
}

/* What is wrong with the arguments, or NULL. */
static const char *check(struct backtest_options *o, const char *latency, const char *horizons,
                         const char *seed, const char *day_start)
{
    int64_t n;
    if (!seconds(latency, 0, o->latency_ms, LATENCIES_MAX, &o->n_latencies)) {
        return "--latency is one to 8 different whole numbers of seconds with commas, as 0,10,45";
    }
    if (!seconds(horizons, 1, o->horizon_ms, HORIZONS_MAX, &o->n_horizons)) {
        return "--horizons is one to 12 different whole numbers of seconds with commas, as "
               "10,60,600";
    }
    if (!decimal_parse_i64(seed, strlen(seed), &n, NULL) || n < 0) {
        return "--seed is a whole number from 0";
    }
    o->seed = (uint64_t)n;
    if (!option_clock_time(day_start, &o->day_start_ns)) {
        return "--day-start is HH:MM, in UTC";
    }
    if (o->json != NULL && o->html != NULL && strcmp(o->json, "-") == 0 &&
        strcmp(o->html, "-") == 0) {
        return "only one of --json and --html can be -, standard output";
    }
    if (o->ticker != NULL && !ticker_valid(o->ticker)) {
        return "a ticker has 1 to 32 characters of A-Z a-z 0-9 . _ - / ^ =";
    }
    return NULL;
}

static int run(int argc, char **argv, const char *argv0)
{
    struct common_options common = { 0 };
    struct backtest b = { .tickers = NULL };
    struct backtest_options *o = &b.o;
    const char *latency = "0,10,45", *horizons = "10,30,60,300,600", *seed = "1";
    const char *day_start = "00:00";
    const struct option_def defs[] = {
        { "ticker", "T", "of all files (default: from each file's name; one ticker may have many)",
          &o->ticker, NULL },
        { "json", "FILE", "everything as JSON; - is standard output, without the table", &o->json,
          NULL },
        { "html", "FILE", "one page with plots, for any browser; - as above", &o->html, NULL },
        { "scores", "FILE", "what patterns were worth, for [results] scores of the settings",
          &o->scores, NULL },
        { "latency", "S,S,...", "seconds from confirmation to entry (default 0,10,45)", &latency,
          NULL },
        { "horizons", "S,S,...", "seconds to the exit (default 10,30,60,300,600)", &horizons,
          NULL },
        { "seed", "N", "of all random numbers (default 1)", &seed, NULL },
        { "day-start", "HH:MM", "UTC; where a day of quotes ends and the next begins (00:00)",
          &day_start, NULL },
        { "trials", "FILE|none",
          "log of all that was ever tested (default: in the state folder); none: this run alone",
          &o->trials, NULL },
        { "audit", "FILE", "what each test saw, tab-separated, to compute it again", &o->audit,
          NULL },
        { "truth", "FILE", "of `orderflow tape`: how much of it was found, how much else",
          &o->truth, NULL },
        { "no-null", NULL, "leave the shuffled tape and the noise tape out", NULL, &o->no_null },
        QUOTE_FILES_OPTIONS(o->files),
        { "quiet", NULL, "no progress bar", NULL, &o->quiet },
    };
    int status =
        options_parse(&cmd_backtest, defs, sizeof defs / sizeof *defs, &argc, argv, &common);
    if (status != -1) {
        return status;
    }
    if (argc < 1) {
        return usage_error("backtest", "say at least one FILE");
    }
    const char *wrong = check(o, latency, horizons, seed, day_start);
    if (wrong != NULL) {
        return usage_error("backtest", wrong);
    }
    struct err err = { 0 };
    o->files.from.ticker = o->ticker;
    if (!quote_files_check(&o->files, &err) ||
        !outputs_good(o, common.config, (const char *const *)argv, (size_t)argc, &err)) {
        return usage_error("backtest", err.text);
    }
    if (o->files.dry_run) {
        return quote_files_describe(&o->files, "backtest", (const char *const *)argv, (size_t)argc);
    }
    o->files.from.alone = o->ticker == NULL;
    struct program p;
    if (!program_init(&p, "orderflow", argv0, common.config)) {
        return 1;
    }
    b.program = &p;
    status = backtest_files(&b, (const char *const *)argv, (size_t)argc);
    program_fini(&p);
    return status;
}
