/* SPDX-License-Identifier: MIT */
/* Runs checks of a plugin, each in a process of its own, and says what came out. [orderflow] Loads
 * nothing itself. */
#ifndef CHECK_RUN_H
#define CHECK_RUN_H

#include "buf.h"
#include "table.h"

#include <stdbool.h>
#include <stdint.h>

enum { RUN_OUTPUT_MAX = 8192, RUN_DETECTORS_MAX = 16 };

struct run_options {
    const char *program; /* orderflow-check */
    const char *window;  /* further quotes, or NULL */
    const char *set;     /* parameters "KEY=VALUE,...", or NULL */
    uint64_t seed;
    double scale;  /* of long loops; 1: as documented */
    int timeout_s; /* CPU time per check; wall time is three times that */
    int jobs;      /* processes at a time */
    bool wanted[CHECKS];
};

/* What one check said. */
struct check_result {
    const struct check_info *info;
    bool ran;
    enum check_status status;
    struct buf messages; /* lines, each with its newline */
    struct buf output;   /* the end of what plugin and tools printed */
    int64_t ms;
};

struct plugin_report {
    const char *path;  /* borrowed */
    uint32_t index;    /* of the detector in its file */
    char detector[96]; /* "absorption 1.0.0"; "" unknown */
    bool unread;       /* the file cannot be loaded, or does not say what it has */
    struct check_result results[CHECKS];
    unsigned counts[CHECK_FAILED + 1]; /* by status */
    int64_t ms;
};

/* What a plugin file says of itself. */
struct plugin_told {
    uint32_t detectors; /* in the file; 0: it cannot be loaded, or does not say */
    char detector[96];  /* the one that was asked about: "absorption 1.0.0"; "" unknown */
    char refused[320];  /* why o->set, or a `set` line of o->window, does not fit it; "" it does, or
                         * that cannot be told */
};
void run_ask(const struct run_options *o, const char *path, uint32_t index,
             struct plugin_told *out);

/* Can these be further quotes? Else err says why not. */
MUST_CHECK bool run_window_ok(const char *path, struct err *err);

/* Fills *out: name, results, counts. Checks of the file itself run for index 0 only. False: a check
 * could not be started, err says why; *out is valid all the same. */
MUST_CHECK bool run_checks(const struct run_options *o, const char *path, uint32_t index,
                           struct plugin_report *out, struct err *err);
void plugin_report_fini(struct plugin_report *r);

/* ---- as text ---- */

void report_text(const struct plugin_report *r, const struct run_options *o, struct buf *out);
/* One JSON document for all. */
void report_json(const struct plugin_report *all, size_t n, const struct run_options *o,
                 struct buf *out);
/* One test suite per detector. */
void report_junit(const struct plugin_report *all, size_t n, struct buf *out);

#endif
