/* SPDX-License-Identifier: MIT */
/* A folder for temporary files that goes when we go, even by SIGKILL. [orderflow] */
#ifndef MAIN_TEMP_FOLDER_H
#define MAIN_TEMP_FOLDER_H

#include "launch.h"

struct temp_folder {
    char path[64];          /* "": none */
    struct launched keeper; /* a shell that waits for our end and takes the folder away */
};

/* /tmp/orderflow-WHAT-XXXXXX, for this user alone. */
MUST_CHECK bool temp_folder_make(struct temp_folder *t, const char *what, struct err *err);
/* With all that is in it. {0} is fine. */
void temp_folder_remove(struct temp_folder *t);

#endif
