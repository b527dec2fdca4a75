/* SPDX-License-Identifier: MIT */
/*
 * What keeps a plugin from hurting anyone: the worker gives up, before and after it loads the file,
 * what neither it nor the plugin will need. Each measure is taken if the system has it; which are
 * in force is told. [worker; the engine knows the words]
 */
#ifndef DETECT_FENCE_H
#define DETECT_FENCE_H

#include "buf.h"
#include "crumb.h"
#include "err.h"

#include <stdbool.h>
#include <stdint.h>

enum fence_mode {
    FENCE_AUTO,    /* all that there is */
    FENCE_REQUIRE, /* the worker does not run where one is missing */
    FENCE_OFF      /* no filter of files or calls: for debuggers */
};

/* {0}: all that there is, and FENCE_ID_DEFAULT in place of root. */
struct fence_config {
    uint32_t mode;
    uint32_t uid, gid; /* in place of root's; 0: FENCE_ID_DEFAULT */
    uint32_t keep_root;
};

enum { FENCE_ID_DEFAULT = 65534 }; /* nobody */

/* What is in force. */
enum fence_bit {
    FENCE_CALLS = 1,         /* the filter of system calls */
    FENCE_FILES = 2,         /* no files but libraries, read-only (Landlock) */
    FENCE_NET = 4,           /* no TCP by Landlock, too */
    FENCE_SIGNALS = 8,       /* no signals to others by Landlock, too */
    FENCE_UNPRIVILEGED = 16, /* not root, and no way to become it */
    FENCE_PRIVATE = 32,      /* its memory is closed to others of its uid; no core files */
    FENCE_LIMITS = 64,       /* processes, descriptors, files */
    FENCE_MEMORY = 128,      /* private memory is limited */
    FENCE_SEALED = 256,      /* the windows cannot be made writable */
    FENCE_BITS = 9
};

/* Before the file is loaded: who we are, limits, files but this one, the first filter. *bits_out:
 * what is in force so far. False: the worker must not go on. [worker] */
MUST_CHECK bool fence_before_loading(const struct fence_config *c, int64_t memory_mb,
                                     const char *path, struct crumb *crumb, uint32_t *bits_out,
                                     struct err *err);
/* Once it is loaded, before any of its functions is called: the second filter. [worker] */
MUST_CHECK bool fence_after_loading(const struct fence_config *c, struct crumb *crumb,
                                    struct err *err);
/* Whether the descriptor's memory is sealed against writing: to be asked before it is closed. */
bool fence_is_sealed(int fd);

/* "system calls, files, ..." of those in force, or of those that are missing. */
void fence_put_bits(uint32_t bits, struct buf *out);
/* Word of one bit: "calls files net signals user private limits memory sealed". */
const char *fence_bit_name(int bit);

#endif
