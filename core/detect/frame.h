/* SPDX-License-Identifier: MIT */
/*
 * What engine and worker say to each other over one stream socket. Fixed-size little structs in
 * host byte order: both ends come from one build (checked by FRAME_VERSION). [engine, worker]
 *
 *   engine -> worker   FRAME_TICKER (name, params of one instance) ... FRAME_JOBS (many pairs) ...
 * FRAME_STOP worker -> engine   FRAME_READY, FRAME_EMIT*, FRAME_DONE (one per job, in order),
 * FRAME_LOG, FRAME_FAIL
 */
#ifndef DETECT_FRAME_H
#define DETECT_FRAME_H

#include "pattern.h"
#include "window.h"

#include <stdint.h>

enum { FRAME_VERSION = 1, FRAME_MAX_BYTES = 1 << 20 };

enum frame_type {
    FRAME_TICKER = 1,
    FRAME_DROP_TICKER,
    FRAME_JOBS,
    FRAME_STOP,
    FRAME_READY = 64,
    FRAME_EMIT,
    FRAME_DONE,
    FRAME_LOG,
    FRAME_FAIL
};

struct frame_head {
    uint32_t bytes; /* of the payload */
    uint32_t type;
};

/* Judge the rows [first_new_seq, first_seq + n) of this ticker at this boundary. */
struct job {
    uint32_t ticker; /* number given by FRAME_TICKER */
    uint32_t flags;  /* OFD_TICK_PRIMING */
    uint64_t id;     /* echoed by FRAME_DONE and FRAME_EMIT */
    uint64_t tick_seq;
    int64_t now_ns;
    int64_t px_tick;
    uint64_t first_new_seq;
    struct window_ref ref; /* n: rows up to now_ns */
};

struct job_done {
    uint64_t id;
    int32_t status; /* 0, or detect()'s negative answer */
    uint32_t emitted, refused;
    uint32_t cpu_us;
};

#endif
