/* SPDX-License-Identifier: MIT */
/* System calls that foreign code makes although it should not. [orderflow-check] Linux on x86-64
 * and AArch64; elsewhere trap_run() says that it cannot. */
#ifndef CHECK_TRAP_H
#define CHECK_TRAP_H

#include "probe.h"

enum trap_rules {
    TRAP_LOADING, /* what loading shared objects needs, and memory */
    TRAP_CREATE,  /* memory, and what language run-times ask once */
    TRAP_DETECT   /* memory only */
};

enum { TRAP_CALLS_MAX = 8 };

struct trap_result {
    unsigned n; /* of them, the first TRAP_CALLS_MAX are kept */
    long calls[TRAP_CALLS_MAX];
    char path[160]; /* of the first file that was opened; "" none */
    bool done;      /* the code came to its end */
};

typedef void trap_fn(void *context);

/* Runs prepare(context), then code(context) in a process of its own, in which a call that the rules
 * do not know fails with EPERM and is kept. False: it cannot be done here, and why. */
MUST_CHECK bool trap_run(struct probe *p, enum trap_rules rules, trap_fn *prepare, trap_fn *code,
                         void *context, struct trap_result *out, struct err *err);

/* "socket", or "number 600". */
void trap_call_name(long call, char *out, size_t n);

#endif
