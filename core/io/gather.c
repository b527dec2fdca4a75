/* SPDX-License-Identifier: MIT */
#include "gather.h"

#include <unistd.h>

#ifdef __linux__

#include <sys/epoll.h>

void gather_open(struct gather *g)
{
    g->fd = epoll_create1(EPOLL_CLOEXEC);
}

void gather_add(struct gather *g, int fd)
{
    struct epoll_event event = { .events = EPOLLIN };
    if (g->fd >= 0 && fd >= 0 && epoll_ctl(g->fd, EPOLL_CTL_ADD, fd, &event) != 0) {
        gather_close(g);
    }
}

#else

void gather_open(struct gather *g)
{
    g->fd = -1;
}

void gather_add(struct gather *g, int fd)
{
    (void)g;
    (void)fd;
}

#endif

void gather_close(struct gather *g)
{
    if (g->fd >= 0) {
        (void)close(g->fd);
    }
    g->fd = -1;
}
