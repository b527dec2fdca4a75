/* SPDX-License-Identifier: MIT */
/* Quote files by ticker. [orderflow] */
#ifndef MAIN_TICKER_FILES_H
#define MAIN_TICKER_FILES_H

#include "import.h"

struct ticker_files {
    char name[TICKER_MAX];
    const char **paths; /* owned array of borrowed texts; in the order given */
    size_t n;
};

struct file_groups {
    struct ticker_files *tickers; /* owned; in the order of their first files */
    size_t n;
};

/* Each file's ticker as `from` says, or as its name does. False: err; *g is to be freed either way,
 * {0} is fine. */
MUST_CHECK bool file_groups_make(struct file_groups *g, const struct import_options *from,
                                 const char *const *paths, size_t n, struct err *err);
void file_groups_fini(struct file_groups *g);

#endif
