/* SPDX-License-Identifier: MIT */
/* How often a detector fires on one tape. [orderflow] */
#ifndef MAIN_NULL_TAPE_H
#define MAIN_NULL_TAPE_H

#include "import.h"
#include "paths.h"
#include "pattern.h"
#include "reel.h"
#include "temp_folder.h"

/* Episodes by kind. */
struct null_count {
    double hours;
    size_t n_kinds;
    char kinds[KINDS_MAX][DETECTOR_ID_MAX];
    unsigned episodes[KINDS_MAX];
};

/* A temporary tree in which the offline engine sees this plugin alone, at its defaults. */
struct null_bed {
    const struct paths *paths;
    struct temp_folder dir;
    char plugin[96], config[96], quotes[96]; /* below dir */
};

MUST_CHECK bool null_bed_open(struct null_bed *b, const struct paths *paths, const char *plugin,
                              const char *detector, struct err *err);
void null_bed_close(struct null_bed *b); /* removes it */

/* Runs the engine over the tape and adds what it found to *out. */
MUST_CHECK bool null_bed_run(const struct null_bed *b, const struct reel *t, struct null_count *out,
                             struct err *err);

enum { NULL_TAPES_MAX = 8 };
/* The tape asked for, or, if that is NULL, the samples that are installed. Malloc'ed paths; how
 * many. */
size_t null_tape_list(const char *asked, const struct paths *paths, char *tapes[NULL_TAPES_MAX]);

/* Recorded quotes as a tape: rows in which both sides are there, in order of time; what is
 * malformed is left out. from: how the file is read; ties are kept whatever it says. False also
 * when such rows do not span any time; err says what there was. */
MUST_CHECK bool null_tape_read(const char *path, const struct import_options *from,
                               struct reel *out, struct err *err);

#endif
