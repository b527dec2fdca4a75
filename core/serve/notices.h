/* SPDX-License-Identifier: MIT */
/* MCP log messages, for clients of the legacy revisions that have set a level. [front]
 *
 * They say what an answer alone does not: that a call failed for Redis' sake and not for its
 * arguments, that something was refused. 2026-07-28 has deprecated them, so its clients get none;
 * stderr has all of it, and more. */
#ifndef SERVE_NOTICES_H
#define SERVE_NOTICES_H

#include "outbox.h"
#include "protocol.h"

#include <stdatomic.h>

enum notice_level {
    NOTICE_DEBUG,
    NOTICE_INFO,
    NOTICE_NOTICE,
    NOTICE_WARNING,
    NOTICE_ERROR,
    NOTICE_CRITICAL,
    NOTICE_ALERT,
    NOTICE_EMERGENCY,
    NOTICE_NONE
};

struct notices {
    struct outbox *out;
    atomic_int level; /* enum notice_level: the least that is told; NOTICE_NONE until one is set */
};

void notices_init(struct notices *n, struct outbox *out);
/* The level of that name, or NOTICE_NONE. */
enum notice_level notice_level_of(const struct json *j, const struct json_value *name);
/* Tells a client of that revision, if it wants to know. Any thread. */
void notices_tell(struct notices *n, enum revision rev, enum notice_level level, const char *logger,
                  const char *text);
/* The same of a failure, unless the request was at fault itself. */
void notices_tell_failure(struct notices *n, enum revision rev, const struct err *err);

#endif
