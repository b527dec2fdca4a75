/* SPDX-License-Identifier: MIT */
/* What `orderflow check` was asked for. [orderflow] */
#ifndef MAIN_CHECK_OPTIONS_H
#define MAIN_CHECK_OPTIONS_H

#include "run.h"

struct check_options {
    struct run_options run; /* all but the program */
    const char *junit, *explain, *in_process, *tape;
    bool json, list, manual, strict, null_tape, one_index;
    uint32_t index;
};

/* Options from argv; plugins are left in argv[0..*argc_inout). -1: go on; else the exit status. */
int check_options_take(struct check_options *o, int *argc_inout, char **argv);
/* 0, or 2 and said: --junit would overwrite what is read. */
int check_options_output(const struct check_options *o, const char *const *plugins, int n);

struct paths;

/* null_tape.c: episodes per hour of a plugin's first detector on real quotes, on the same quotes
 * shuffled in blocks of a second, and on a random walk; prints them. The exit status: 1 if it could
 * not be measured, or, where o->strict, if it fires as often without information. */
int null_tape(const struct check_options *o, const struct paths *paths, const char *plugin);

#endif
