/* SPDX-License-Identifier: MIT */
/* What the server says to one line. [front; the reading thread] */
#ifndef SERVE_SESSION_H
#define SERVE_SESSION_H

#include "calls.h"
#include "subs.h"

struct session {
    struct outbox *out;
    struct calls *calls;
    struct subs *subs;
    struct shared *shared;
    struct notices notices;
    bool initialized; /* `initialize` was answered: requests without a claim are of `revision` */
    enum revision revision;
    struct json json; /* reused from line to line */
};

/* All are borrowed. *s must stay where it is until no call is left. */
void session_init(struct session *s, struct outbox *out, struct calls *calls, struct subs *subs,
                  struct shared *shared);
void session_fini(struct session *s);
/* Answers one line, at once or through calls. */
void session_line(struct session *s, const char *text, size_t n);
void session_line_too_long(struct session *s);

#endif
