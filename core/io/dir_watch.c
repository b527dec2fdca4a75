/* SPDX-License-Identifier: MIT */
#include "dir_watch.h"

#include <unistd.h>

#ifdef __linux__

#include <sys/inotify.h>

void dir_watch_open(struct dir_watch *w)
{
    w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
}

bool dir_watch_set(struct dir_watch *w, const char *path)
{
    return w->fd >= 0 &&
           inotify_add_watch(w->fd, path,
                             IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |
                                 IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF) >= 0;
}

#else

void dir_watch_open(struct dir_watch *w)
{
    w->fd = -1;
}

bool dir_watch_set(struct dir_watch *w, const char *path)
{
    (void)w;
    (void)path;
    return false;
}

#endif

void dir_watch_close(struct dir_watch *w)
{
    if (w->fd >= 0) {
        (void)close(w->fd);
    }
    w->fd = -1;
}

bool dir_watch_drain(struct dir_watch *w)
{
    char events[4096];
    bool any = false;
    while (w->fd >= 0 && read(w->fd, events, sizeof events) > 0) {
        any = true;
    }
    return any;
}
