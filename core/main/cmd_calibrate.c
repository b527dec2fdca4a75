/* SPDX-License-Identifier: MIT */
#include "calibrate.h"
#include "clock.h"
#include "decimal.h"
#include "options.h"
#include "outputs.h"

#include <stdlib.h>
#include <string.h>

static int run(int argc, char **argv, const char *argv0);

const struct command cmd_calibrate = {
    .name = "calibrate",
    .arguments = "FILE... [--ticker T] [--mode quantile|flow] [--rate NAME=LEAST-MOST,...] "
                 "[--out FILE]",
    .summary = "thresholds per ticker that give a wanted rate on recorded quotes",
    .run = run,
};

/* "absorption=10-60,sweep=5-40" into least and most. */
static bool rates(const char *text, struct calibrate_options *o)
{
    const struct tuned *all = calibrate_tuned(o->flow);
    while (*text != '\0') {
        size_t n = strcspn(text, "=");
        int i = 0;
        while (i < TUNED &&
               (strlen(all[i].detector) != n || strncmp(all[i].detector, text, n) != 0)) {
            i++;
        }
        char *end;
        if (i == TUNED || text[n] != '=') {
            return false;
        }
        o->least[i] = strtod(text + n + 1, &end);
        if (*end != '-') {
            return false;
        }
        o->most[i] = strtod(end + 1, &end);
        if (!(o->least[i] > 0) || !(o->most[i] >= o->least[i]) || !(o->most[i] <= 1e6) ||
            (*end != ',' && *end != '\0')) {
            return false;
        }
        text = *end == ',' ? end + 1 : end;
    }
    return true;
}

static const char *check(struct calibrate_options *o, const char *mode, const char *rate,
                         const char *day_hours, const char *day_start)
{
    char *end;
    o->flow = strcmp(mode, "flow") == 0;
    if (!o->flow && strcmp(mode, "quantile") != 0) {
        return "--mode is quantile or flow";
    }
    for (int i = 0; i < TUNED; i++) {
        o->least[i] = calibrate_tuned(o->flow)[i].least;
        o->most[i] = calibrate_tuned(o->flow)[i].most;
    }
    if (!rates(rate, o)) {
        return "--rate is NAME=LEAST-MOST,... with absorption, stacking, momentum_shift, sweep, as "
               "absorption=10-60";
    }
    o->day_hours = strtod(day_hours, &end);
    if (end == day_hours || *end != '\0' || !(o->day_hours > 0) || !(o->day_hours <= 24)) {
        return "--day-hours is a number above 0 up to 24";
    }
    if (!option_clock_time(day_start, &o->run.day_start_ns)) {
        return "--day-start is HH:MM, in UTC";
    }
    if (o->run.ticker != NULL && !ticker_valid(o->run.ticker)) {
        return "a ticker has 1 to 32 characters of A-Z a-z 0-9 . _ - / ^ =";
    }
    return NULL;
}

static bool output_good(const char *out, const char *config, const char *const *files, size_t n,
                        struct err *err)
{
    const struct file_use written = { "--out", out }, read = { "--config", config };
    return outputs_check(&written, 1, &read, 1, err) &&
           outputs_check_files(&written, 1, "FILE", files, n, err);
}

static int run(int argc, char **argv, const char *argv0)
{
    struct common_options common = { 0 };
    struct calibrate c = { .o = { .run = { .seed = 1 } } };
    struct calibrate_options *o = &c.o;
    const char *mode = "quantile", *rate = "", *day_hours = "6.5", *day_start = "00:00";
    const struct option_def defs[] = {
        { "ticker", "T", "of all files (default: from each file's name; one ticker may have many)",
          &o->run.ticker, NULL },
        { "mode", "quantile|flow", "which triggers (default quantile: those of fixed mode)", &mode,
          NULL },
        { "rate", "NAME=LEAST-MOST,...",
          "wanted a day: absorption=10-60 (per side), stacking=20-80, momentum_shift=10-40, "
          "sweep=5-40",
          &rate, NULL },
        { "out", "FILE", "where the thresholds go, for [plugins] thresholds", &o->out, NULL },
        { "day-hours", "H", "hours of quotes that make a day (default 6.5)", &day_hours, NULL },
        { "day-start", "HH:MM", "UTC; where a day of quotes ends and the next begins (00:00)",
          &day_start, NULL },
        { "by-time", NULL, "print what sizes are usual, by half hour", NULL, &o->by_time },
        { "no-null", NULL, "leave the shuffled tape and the noise tape out: nothing is refused",
          NULL, &o->run.no_null },
        QUOTE_FILES_OPTIONS(o->run.files),
    };
    int status =
        options_parse(&cmd_calibrate, defs, sizeof defs / sizeof *defs, &argc, argv, &common);
    if (status != -1) {
        return status;
    }
    if (argc < 1) {
        return usage_error("calibrate", "say at least one FILE");
    }
    for (int i = 0; i < argc && !o->run.files.dry_run; i++) {
        if (strcmp(argv[i], "-") == 0) {
            return usage_error("calibrate", "files are read many times: standard input cannot be");
        }
    }
    const char *wrong = check(o, mode, rate, day_hours, day_start);
    if (wrong != NULL) {
        return usage_error("calibrate", wrong);
    }
    struct err err = { 0 };
    o->run.files.from.ticker = o->run.ticker;
    if (!quote_files_check(&o->run.files, &err) ||
        !output_good(o->out, common.config, (const char *const *)argv, (size_t)argc, &err)) {
        return usage_error("calibrate", err.text);
    }
    if (o->run.files.dry_run) {
        return quote_files_describe(&o->run.files, "calibrate", (const char *const *)argv,
                                    (size_t)argc);
    }
    o->run.files.from.alone = o->run.ticker == NULL;
    struct program p;
    if (!program_init(&p, "orderflow", argv0, common.config)) {
        return 1;
    }
    c.program = &p;
    status = calibrate_files(&c, (const char *const *)argv, (size_t)argc);
    program_fini(&p);
    return status;
}
