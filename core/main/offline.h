/* SPDX-License-Identifier: MIT */
/* The engine over a file of quotes: no Redis, no clock but the quotes' own. [engine] */
#ifndef MAIN_OFFLINE_H
#define MAIN_OFFLINE_H

#include "engine.h"
#include "import.h"
#include "journal_record.h"

struct offline_args {
    const char *path;   /* "-" is standard input; the first of paths */
    const char **paths; /* --stream: all files of the ticker, by time */
    size_t n_paths;
    bool stream;
    const char *ticker;
    struct import_options from; /* of all of them; its ticker is the one above */
    int64_t history_s;          /* quotes within it are counted */
};

/* Analyses the whole file and writes one JSON document (shape: serve/query.h) to stdout. Exit
 * status. */
int offline_run(const struct settings *cfg, const struct paths *paths,
                const struct offline_args *args);

/* backtest_engine.c: every row and episode of all files, as frames on stdout. Exit status. */
int offline_stream(const struct settings *cfg, const struct paths *paths,
                   const struct offline_args *args);

/* offline_report.c: appends the document. quotes: within history. */
void offline_report(const struct engine *e, struct ticker *t, int64_t quotes, struct buf *out);

/* offline_patterns.c: appends ,"patterns":[...] */
void offline_patterns(const struct engine *e, const struct ticker *t, struct buf *out);

/* What a live engine's report and answer had besides. */
struct offline_live {
    struct record_report report;
    int64_t now_ns;      /* of the answer */
    struct quote newest; /* at that time; ts_ns 0: none newer than the report's */
    bool serving;        /* an engine had the lease */
};
void offline_report_live(const struct engine *e, struct ticker *t, int64_t quotes,
                         const struct offline_live *live, struct buf *out);

#endif
