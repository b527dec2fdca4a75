/* SPDX-License-Identifier: MIT */
/* Starting our other programs, and a private redis-server. [orderflow] */
#ifndef MAIN_LAUNCH_H
#define MAIN_LAUNCH_H

#include "buf.h"
#include "err.h"

#include <sys/types.h>

/* A program that ends when we do: it watches the other end of life_fd. stdout goes to ours only on
 * request, else to /dev/null: MCP owns it. stderr is shared. */
struct launched {
    pid_t pid;   /* 0: none */
    int life_fd; /* closed: the child is to end */
};

/* argv[0] is the program's path. life_arg: "--parent-fd" gets the descriptor appended as its value;
 * NULL: none. */
MUST_CHECK bool launch(struct launched *l, const char *const *argv, const char *life_arg,
                       struct err *err);
bool launched_alive(struct launched *l); /* reaps */
/* Closes life_fd, waits up to wait_ms, then SIGTERM, then SIGKILL. {0} is fine. */
void launched_stop(struct launched *l, int wait_ms);

/* Starts a program whose stdout is read from *fd_out, which the caller closes; its stdin is ours.
 */
MUST_CHECK bool launch_pipe(pid_t *pid_out, int *fd_out, const char *const *argv, struct err *err);
/* Waits for its end: the exit status, or -1 with err. */
int launch_wait(pid_t pid, const char *name, struct err *err);
/* Runs a program to its end, its stdout into *out. The exit status, or -1 with err. */
int launch_capture(const char *const *argv, struct buf *out, struct err *err);

/* A redis-server of our own on a Unix socket in a new temporary folder; nothing is written to disk.
 * Server and folder go when we go, even by SIGKILL. */
struct private_redis {
    struct launched server;
    char dir[64];
    char url[96]; /* unix:///... */
};
MUST_CHECK bool private_redis_start(struct private_redis *r, struct err *err);
void private_redis_stop(struct private_redis *r);

#endif
