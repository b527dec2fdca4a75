/* SPDX-License-Identifier: MIT */
/*
 * Which system calls this process may still make: a list of those that computing needs, everything
 * else is refused with EPERM and never kills by itself. Linux on x86_64 and aarch64; elsewhere
 * there is none. [worker]
 *
 * Refused calls of interest (files, network, signals, processes, limits) are noted on the way: they
 * raise SIGSYS, whose handler notes them and lets them fail. The process may not take that signal
 * over; one that blocks it and then makes such a call is ended by it.
 */
#ifndef IO_SECCOMP_H
#define IO_SECCOMP_H

#include "err.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum seccomp_stage {
    SECCOMP_LOADING,  /* files may be opened for reading and code be mapped, for dlopen() */
    SECCOMP_DETECTING /* no files, no new code; memory, time and open descriptors only */
};

/* What was refused, for others to read. */
struct seccomp_note {
    _Atomic uint32_t n;    /* noted calls so far */
    _Atomic uint32_t call; /* number of the last */
};

/* Whether this kernel and machine have it. */
bool seccomp_available(void);

/* Takes effect at once and for good, for the calling thread (call it while there is no other). The
 * stages add up. Needs no-new-privileges. *note lives as long as the process. */
MUST_CHECK bool seccomp_enter(enum seccomp_stage stage, struct seccomp_note *note, struct err *err);

/* "socket"; "a system call" for one without a name here. */
const char *seccomp_call_name(uint32_t call);

#endif
