/* SPDX-License-Identifier: MIT */
/*
 * A file that is whole or not there. [any] Where the system can (Linux, on most file systems) it
 * has no name until it is whole, so whatever ends the process leaves nothing behind; elsewhere it
 * is PATH.part until then, and the next one for the same path takes that away.
 */
#ifndef IO_WHOLE_FILE_H
#define IO_WHOLE_FILE_H

#include "err.h"

#include <stdbool.h>
#include <stdio.h>

#define WHOLE_FILE_PART ".part"

struct whole_file {
    FILE *out;         /* owned between open and close; standard output is not */
    const char *path;  /* borrowed */
    char beside[4400]; /* PATH.part */
    bool in_place;     /* a device, a pipe or a link: never replaced, written as it is; and "-" */
    bool nameless;
};

/* A file at path stays as it is until whole_file_close(). "-" is standard output. */
MUST_CHECK bool whole_file_open(struct whole_file *w, const char *path, struct err *err);

/* ok: what was written so far is all of it; else, or when writing failed, the file at path stays
 * as it was and what was written goes. err is left alone if !ok. */
MUST_CHECK bool whole_file_close(struct whole_file *w, bool ok, struct err *err);

/* Could whole_file_open() begin one, and close() put it in its place, as things are? Leaves nothing
 * behind and opens no device or pipe. For before a long work. NULL and "-" can. */
MUST_CHECK bool whole_file_check(const char *path, struct err *err);

#endif
