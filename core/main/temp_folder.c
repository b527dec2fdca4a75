/* SPDX-License-Identifier: MIT */
#include "temp_folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Descriptor 3 ends when we do. A Ctrl-C reaches the whole group: it must not die of it first. */
static const char keep[] = "trap '' INT HUP TERM\n"
                           "read -r gone <&3\n"
                           "rm -rf \"$1\"\n";

bool temp_folder_make(struct temp_folder *t, const char *what, struct err *err)
{
    *t = (struct temp_folder){ .path = "" };
    (void)snprintf(t->path, sizeof t->path, "/tmp/orderflow-%.20s-XXXXXX", what);
    if (mkdtemp(t->path) == NULL) {
        t->path[0] = '\0';
        return err_sys(err, "a temporary folder");
    }
    const char *argv[] = { "/bin/sh", "-c", keep, "orderflow-keeper", t->path, NULL };
    if (!launch(&t->keeper, argv, "--parent-fd", err)) {
        (void)rmdir(t->path);
        t->path[0] = '\0';
        return false;
    }
    return true;
}

void temp_folder_remove(struct temp_folder *t)
{
    launched_stop(&t->keeper, 10000);
    t->path[0] = '\0';
}
