/* SPDX-License-Identifier: MIT */
/*
 * A program started with nothing of ours but what it is given: chosen descriptors, a bare
 * environment, /dev/null to read, one pipe for all that it prints, a process group of its own.
 * [engine] Called from the main thread only: on Linux the child dies with the thread that started
 * it.
 */
#ifndef IO_CHILD_H
#define IO_CHILD_H

#include "err.h"

#include <stddef.h>
#include <stdint.h>

enum { CHILD_FIRST_FD = 3, CHILD_FDS_MAX = 8, CHILD_END_MAX = 40 };

struct child {
    int pid;    /* 0: none */
    int out_fd; /* its stdout and stderr; non-blocking, close-on-exec; -1: closed */
};

/* Starts argv[0] (a path) with fds[i] as descriptor CHILD_FIRST_FD + i and no others. Returns once
 * it is executing; a program that cannot be executed is an error. */
MUST_CHECK bool child_start(struct child *c, const char *const *argv, const int *fds, size_t n_fds,
                            struct err *err);

/* True once it has ended; its wait status. Does not wait. The process stays a zombie, so that its
 * number stays ours, until child_end(). */
bool child_ended(const struct child *c, int *status_out);
/* SIGKILL to it and to all in its group, and waits for it. A process that was already dying keeps
 * its own status. */
void child_end(struct child *c, int *status_out);
/* The same, and closes. {.out_fd = -1} is fine. */
void child_fini(struct child *c);

/* CPU time it has used so far, all threads. False when it has gone. */
bool child_cpu_ns(const struct child *c, int64_t *ns_out);

/* The system ends it once it has used that much in all, whatever becomes of us. Nothing where there
 * is no such thing. */
void child_limit_cpu(const struct child *c, int64_t seconds);

/* "SIGSEGV", "exit(3)". */
void child_end_text(char out[CHILD_END_MAX], int status);

#endif
