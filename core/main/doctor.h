/* SPDX-License-Identifier: MIT */
/* What `orderflow doctor` looks at: one line for each thing, with what to do about it. [orderflow]
 */
#ifndef MAIN_DOCTOR_H
#define MAIN_DOCTOR_H

#include "cli.h"

enum verdict {
    VERDICT_GOOD,
    VERDICT_WARN,  /* it works, not as it should */
    VERDICT_BROKEN /* it does not work */
};

struct doctor {
    const struct program *p;
    struct buf out;
    bool json;
    size_t n, warnings, broken;
};

/* One line. fix: what to do; NULL: nothing. */
void doctor_say(struct doctor *d, const char *what, enum verdict verdict, const char *fix,
                const char *fmt, ...) PRINTF_LIKE(5, 6);

/* By making a file there, which it takes away again. [doctor_plugins.c] */
MUST_CHECK bool doctor_can_write(const char *dir, struct err *err);

void doctor_redis(struct doctor *d); /* doctor_redis.c: reachable, version, memory, clock, lease */
void doctor_quotes(struct doctor *d, struct redis *r); /* doctor_quotes.c: there, fresh, with TTL */
void doctor_plugins(struct doctor *d); /* doctor_plugins.c: folder, each file, quarantine */
void doctor_fence(struct doctor *d);   /* doctor_fence.c: what a worker is kept in by, measured */
void doctor_state(struct doctor *d);   /* doctor_plugins.c: the folder that survives restarts */
void doctor_journal(struct doctor *d); /* doctor_journal.c: its folder, what it holds */

#endif
