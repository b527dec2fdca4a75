/* SPDX-License-Identifier: MIT */
/* Memory that this process writes and others can only read. [engine creates, worker maps] */
#ifndef IO_SHM_H
#define IO_SHM_H

#include "err.h"

#include <stddef.h>

struct shm {
    int fd_ro;  /* read-only descriptor to hand to workers; close-on-exec */
    void *base; /* owner: writable mapping */
    size_t bytes;
};

/* Address space of `bytes`, zeroed pages given by the kernel on first touch. On Linux a memfd
 * sealed against any further writable mapping, growth, shrinking and new seals; elsewhere an
 * unlinked shm_open object. */
MUST_CHECK bool shm_create(struct shm *s, size_t bytes, struct err *err);
void shm_destroy(struct shm *s); /* after shm_create() returned, whatever it said */
/* Worker: maps fd read-only. */
MUST_CHECK bool shm_map_ro(int fd, size_t bytes, const void **base_out, struct err *err);
void shm_unmap_ro(const void *base, size_t bytes);

/* A few bytes that both sides write. Its size is fixed for good, so that the other side cannot take
 * a page away under the owner's eyes. What stands in it is as untrusted as who writes it. */
struct shm_note {
    int fd; /* read-write descriptor to hand out; close-on-exec */
    void *base;
    size_t bytes;
};

MUST_CHECK bool shm_note_create(struct shm_note *s, size_t bytes, struct err *err);
void shm_note_destroy(struct shm_note *s);
/* The other side: maps fd for reading and writing. */
MUST_CHECK bool shm_note_map(int fd, size_t bytes, void **base_out, struct err *err);

#endif
