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

#endif
