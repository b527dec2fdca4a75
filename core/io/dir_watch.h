/* SPDX-License-Identifier: MIT */
/*
 * Says that a directory, or a file, has changed, where the system can tell. [engine] A hint and no
 * more: other systems, network file systems and links that lead elsewhere say nothing, so whoever
 * must not miss a change looks by himself now and then.
 */
#ifndef IO_DIR_WATCH_H
#define IO_DIR_WATCH_H

#include <stdbool.h>

struct dir_watch {
    int fd; /* for poll(2): readable when there is something to drain; -1: the system cannot tell */
};

void dir_watch_open(struct dir_watch *w);
void dir_watch_close(struct dir_watch *w);
/* Watches the directory, or the file, that path names now. Again and again is fine, and finds one
 * that has taken its place. False: nothing will be said. */
bool dir_watch_set(struct dir_watch *w, const char *path);
/* Forgets what has been said. True when something was. */
bool dir_watch_drain(struct dir_watch *w);

#endif
