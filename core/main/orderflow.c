/* SPDX-License-Identifier: MIT */
/* The program orderflow: what a person or an MCP client runs. No plugin code ever runs in it. */
#include "options.h"
#include "settings.h"
#include "std_fds.h"
#include "version.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static const struct command *const commands[] = {
    &cmd_mcp,       &cmd_engine, &cmd_analyze, &cmd_replay, &cmd_backtest, &cmd_calibrate,
    &cmd_detectors, &cmd_config, &cmd_doctor,  &cmd_demo,   &cmd_new,      &cmd_check,
    &cmd_record,    &cmd_golden, &cmd_top,     &cmd_tape,   &cmd_journal
};
enum { COMMANDS = sizeof commands / sizeof *commands };

static void print_overview(FILE *out)
{
    (void)fprintf(out,
                  "orderflow %s: order-flow patterns from level-1 quotes, for LLM agents\n\n"
                  "usage: orderflow COMMAND ...\n\n",
                  ORDERFLOW_VERSION);
    for (size_t i = 0; i < COMMANDS; i++) {
        (void)fprintf(out, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
    }
    (void)fprintf(out, "\n`orderflow COMMAND --help` tells the options of one.\n");
}

static int unknown_command(const char *name)
{
    const char *words[COMMANDS];
    for (size_t i = 0; i < COMMANDS; i++) {
        words[i] = commands[i]->name;
    }
    const char *near = settings_nearest(name, words, COMMANDS);
    (void)fprintf(stderr, "orderflow: unknown command %s%s%s%s\n\n", name,
                  near != NULL ? "; did you mean " : "", near != NULL ? near : "",
                  near != NULL ? "?" : "");
    print_overview(stderr);
    return 2;
}

static int dispatch(int argc, char **argv)
{
    if (argc < 2) {
        print_overview(stderr);
        return 2;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        print_overview(stdout);
        return 0;
    }
    if (strcmp(argv[1], "--version") == 0) {
        (void)printf("orderflow %s\n", ORDERFLOW_VERSION);
        return 0;
    }
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(argv[1], commands[i]->name) == 0) {
            return commands[i]->run(argc - 2, argv + 2, argv[0]);
        }
    }
    return unknown_command(argv[1]);
}

int main(int argc, char **argv)
{
    std_fds_hold();
    (void)signal(SIGPIPE, SIG_IGN);
    int status = dispatch(argc, argv);
    return print_out("", 0) || status != 0 ? status : 1;
}
