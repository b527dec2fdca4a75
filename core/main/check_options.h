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
/* -1, or 2 and said: --junit would overwrite what is read. */
int check_options_output(const struct check_options *o, const char *const *plugins, size_t n);

/* The detectors of one file that are to be checked: [first, end). */
struct check_span {
    uint32_t first, end;
};

/* check_fit.c: do window, parameters and index fit these plugins? Asks each. -1: yes, and out[i] is
 * what to check of files[i]; a file that cannot be loaded is looked at as if it had one detector,
 * and fails there. Else the exit status, and stderr has said what would be right. */
int check_fit(const struct check_options *o, char *const files[], size_t n,
              struct check_span out[]);

/* The same file: this process becomes that of the one check of o->in_process. Returns 1 if it
 * cannot. */
int check_become_probe(const struct check_options *o, const char *path);

struct paths;

/* null_tape.c: episodes per hour of a plugin's first detector on real quotes, on the same quotes
 * shuffled in blocks of a second, and on a random walk; prints them. The exit status: 1 if it could
 * not be measured, or, where o->strict, if it fires as often without information. */
int null_tape(const struct check_options *o, const struct paths *paths, const char *plugin);

#endif
