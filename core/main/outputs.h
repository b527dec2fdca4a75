/* SPDX-License-Identifier: MIT */
/* What a command writes must not be what it reads, nor two things in one file. [orderflow] */
#ifndef MAIN_OUTPUTS_H
#define MAIN_OUTPUTS_H

#include "err.h"

#include <stdbool.h>
#include <stddef.h>

struct file_use {
    const char *option; /* as it is typed: "--html", "FILE" */
    const char *path;   /* NULL: not asked for; "-": standard output of one written, input of one
                           read */
};

/* To be asked before anything is written. False: err names the two; that is wrong usage. */
MUST_CHECK bool outputs_check(const struct file_use *written, size_t n_written,
                              const struct file_use *read, size_t n_read, struct err *err);
/* The same for the files without an option, each called `what`. */
MUST_CHECK bool outputs_check_files(const struct file_use *written, size_t n_written,
                                    const char *what, const char *const *files, size_t n,
                                    struct err *err);

#endif
