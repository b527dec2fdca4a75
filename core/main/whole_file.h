/* SPDX-License-Identifier: MIT */
/* A file that is whole or not there: written beside its place, then moved into it. [any] */
#ifndef MAIN_WHOLE_FILE_H
#define MAIN_WHOLE_FILE_H

#include "err.h"

#include <stdbool.h>
#include <stdio.h>

struct whole_file {
    FILE *out;        /* owned between open and close */
    const char *path; /* borrowed */
    char beside[4400];
    bool in_place; /* a device, a pipe or a link: never replaced, written as it is */
};

/* Begins PATH.part; a file at path stays as it is until whole_file_close(). */
MUST_CHECK bool whole_file_open(struct whole_file *w, const char *path, struct err *err);

/* ok: what was written so far is all of it; else, or when writing failed, the file at path stays
 * as it was and what lies beside it goes. err is left alone if !ok. */
MUST_CHECK bool whole_file_close(struct whole_file *w, bool ok, struct err *err);

#endif
