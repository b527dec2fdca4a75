/* SPDX-License-Identifier: MIT */
/* The options of all commands that read quote files, and how they reach the engine. [orderflow] */
#ifndef MAIN_QUOTE_FILES_H
#define MAIN_QUOTE_FILES_H

#include "import.h"

struct quote_files {
    struct import_options from;
    const char *lot;
    bool dry_run;
};

/* Entries of a table of struct option_def; q is a struct quote_files. --ticker is the command's. */
#define QUOTE_FILES_OPTIONS(q) QUOTE_FORMAT_OPTION("format", q), QUOTE_OTHER_OPTIONS(q)
/* For a command whose --format is something else. */
#define QUOTE_FORMAT_OPTION(name, q)                                                \
    {                                                                               \
        name, "NAME", "of the files, where it is not to be recognised: see README", \
            &(q).from.format, NULL                                                  \
    }
#define QUOTE_OTHER_OPTIONS(q)                                                                    \
    { "date", "DAY", "of files whose rows have a time of day only (default: of their name)",      \
      &(q).from.date, NULL },                                                                     \
        { "venue", "V", "of files that hold several venues: the one to take", &(q).from.venue,    \
          NULL },                                                                                 \
        { "lot", "N", "multiply sizes by N (default: as the format says)", &(q).lot, NULL },      \
        { "keep-ties", NULL, "rows of one ms all count, in the file's order", NULL,               \
          &(q).from.keep_ties },                                                                  \
    {                                                                                             \
        "dry-run", NULL, "say how the files are read, with their first quotes; do nothing", NULL, \
            &(q).dry_run                                                                          \
    }
#define QUOTE_FILES_N 6

/* False: err says what is wrong with what was asked for. */
MUST_CHECK bool quote_files_check(struct quote_files *q, struct err *err);
/* --dry-run: prints how each file is read. Exit status. */
int quote_files_describe(const struct quote_files *q, const char *command, const char *const *paths,
                         size_t n);
/* Appends them to an engine's argv, all but the ticker. Returns how many words, at most
 * QUOTE_FILES_WORDS. */
enum { QUOTE_FILES_WORDS = 10 };
size_t quote_files_argv(const struct quote_files *q, const char **argv);

#endif
