/* SPDX-License-Identifier: MIT */
/*
 * Detectors that are not run because of what they did, one file each: DIR/ID.SHA256.txt. A file
 * says why, and holds the rows the detector was shown, in the form of the golden windows, so that
 * it can be tried again: what it is called is what is held, no other build is. Who removes the file
 * sets the build free. Files are written whole or not at all; one that is not as it should be
 * holds nobody. [engine writes and reads; orderflow reads and removes]
 */
#ifndef DETECT_QUARANTINE_H
#define DETECT_QUARANTINE_H

#include "buf.h"
#include "pattern.h"
#include "sha256.h"
#include "strikes.h"
#include "window.h"

/* What is written down. All is borrowed. */
struct quarantine_case {
    const struct declaration *decl;
    const char *path, *sha256; /* of the plugin's file; the hash as 64 hex digits */
    const struct strikes *strikes;
    const char *signal; /* "SIGSEGV", "exit(0)", "stopped after ..."; "" none */
    const char *phase;  /* crumb_phase_text() */
    int64_t wall_ns;
    const char *ticker;   /* NULL: it was about no ticker */
    const double *params; /* decl->n_params of them; only with a ticker */
    int64_t boundary_ns;  /* 0: it was about no boundary; px_tick and rows go with it */
    int64_t px_tick;
    const struct rows *rows; /* up to the boundary; those the detector could see are written. NULL:
                                not known any more */
};

/* The file's text. */
void quarantine_print(const struct quarantine_case *c, struct buf *out);
/* Makes the folder if need be. file_out, if not NULL: where it was written. */
MUST_CHECK bool quarantine_write(const char *dir, const struct quarantine_case *c,
                                 char file_out[4096], struct err *err);

/* As read back; texts are cut to fit. */
struct quarantined {
    char id[DETECTOR_ID_MAX], sha256[SHA256_HEX_MAX];
    char file[4096];
    char path[1024]; /* of the plugin when it was held */
    char since[40];
    char reason[STRIKE_TEXT_MAX]; /* the last strike */
};

/* Whether that build of that detector is held. A file that holds nobody is logged. */
bool quarantine_find(const char *dir, const char *id, const char *sha256, struct quarantined *out);
/* All that are held, by name; malloc'ed. A missing folder is none. *bad_out: files that are not as
 * they should be. */
MUST_CHECK bool quarantine_list(const char *dir, struct quarantined **out, size_t *n_out,
                                size_t *bad_out, struct err *err);
/* Removes the files of that detector, of all builds, readable or not. *n_out: how many. */
MUST_CHECK bool quarantine_release(const char *dir, const char *id, size_t *n_out, struct err *err);

#endif
