/* SPDX-License-Identifier: MIT */
/* The host's functions that a plugin calls: nothing it says is believed. [worker] */
#ifndef DETECT_EMIT_H
#define DETECT_EMIT_H

#include "channel.h"
#include "frame.h"
#include "orderflow/detector.h"

/* What the running call may say, and has said. One per worker: calls do not overlap. */
struct emit {
    ofd_host host; /* what plugins are given; host.ctx is this struct */
    const struct declaration *decl;
    struct channel *channel;
    const char *ticker; /* of the running call; "" none */
    bool detecting;     /* emit() is legal now */
    bool priming;       /* checked and counted, not sent */
    uint64_t job_id;
    int64_t now_ns, oldest_ns;
    uint32_t emitted, refused, logged;
};

/* Must not move afterwards. */
void emit_init(struct emit *e, const struct declaration *decl, struct channel *channel);
/* A call begins, with what it may say; job NULL: not a detect(), nothing may be emitted. */
void emit_begin(struct emit *e, const char *ticker, const struct job *job, int64_t oldest_ns);
void emit_end(struct emit *e);

#endif
