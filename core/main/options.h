/* SPDX-License-Identifier: MIT */
/* Command-line options from one table: parsed, checked, and printed as help. [orderflow] */
#ifndef MAIN_OPTIONS_H
#define MAIN_OPTIONS_H

#include "err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* --name VALUE sets *text; --name alone sets *flag. Exactly one of the two is not NULL. */
struct option_def {
    const char *name, *value, *help;
    const char **text;
    bool *flag;
};

struct command {
    const char *name, *arguments, *summary;
    int (*run)(int argc, char **argv, const char *argv0);
};

/* What is common to all commands. */
struct common_options {
    const char *config, *redis;
    bool help, version;
};

/* Takes options anywhere, leaves the rest as positional arguments in argv[0..*argc_inout). Usage
 * errors are printed with what would be right. Returns -1 to go on, else the exit status (help was
 * asked for, or 2). --redis is put into the environment for the programs started from here. */
int options_parse(const struct command *cmd, const struct option_def *defs, size_t n,
                  int *argc_inout, char **argv, struct common_options *common);

/* Prints "orderflow COMMAND: message" and how to get help to stderr; returns 2. */
int usage_error(const char *command, const char *message);

/* "HH:MM" as ns since midnight. */
MUST_CHECK bool option_clock_time(const char *text, int64_t *ns_out);

/* Writes to standard output, past all buffers. False: not all of it was taken, and stderr has said
 * why, unless the reader has gone (as `head` does). */
MUST_CHECK bool print_out(const char *text, size_t n);

/* The commands; each lives in cmd_NAME.c. */
extern const struct command cmd_mcp, cmd_engine, cmd_analyze, cmd_replay, cmd_demo, cmd_detectors,
    cmd_config, cmd_backtest, cmd_calibrate, cmd_top, cmd_doctor, cmd_new, cmd_check, cmd_record,
    cmd_golden, cmd_tape, cmd_journal;

#endif
