/* SPDX-License-Identifier: MIT */
/* The last thing a worker was about to do, on a page that outlives it: how the engine can say where
 * it died. The plugin can write it too: it is used for words and counts, never as an index.
 * [worker writes, engine reads] */
#ifndef DETECT_CRUMB_H
#define DETECT_CRUMB_H

#include "seccomp.h"

#include <stdatomic.h>
#include <stdint.h>

enum crumb_phase {
    CRUMB_HOST, /* our own code: a death here is our bug */
    CRUMB_DLOPEN,
    CRUMB_ENTRY,
    CRUMB_CREATE,
    CRUMB_DETECT,
    CRUMB_DESTROY,
    CRUMB_EXPLAIN
};

struct crumb {
    _Atomic uint32_t phase;
    _Atomic uint32_t ticker;
    _Atomic uint64_t job_id;
    _Atomic int64_t now_ns;
    struct seccomp_note refused;
};

/* "detect()"; "our own code" for CRUMB_HOST and all that is none. */
const char *crumb_phase_text(uint32_t phase);

#endif
