/* SPDX-License-Identifier: MIT */
/* Whole lines to a descriptor, from any thread, without ever waiting for the reader of it. [front]
 *
 * A line is written at once as far as the descriptor takes it; the rest waits in memory for a
 * writer thread, which exists from the first time it is needed. */
#ifndef SERVE_OUTBOX_H
#define SERVE_OUTBOX_H

#include "buf.h"

#include <pthread.h>
#include <stdint.h>

struct outbox {
    int fd;
    int broken_fd; /* gets one byte when the other side is gone */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct buf pending; /* for the writer */
    size_t writing;     /* bytes it is at */
    bool broken, closing, has_writer;
    pthread_t writer;
};

/* Answers to a batch: one line with all of them, once the last has come. */
struct batch {
    struct buf answers;
    int open; /* answers that may still come */
};

MUST_CHECK bool outbox_init(struct outbox *o, int fd, int broken_fd, struct err *err);
/* What has not been written by then is lost. False: the writer waits for a reader that may never
 * come; *o must stay. */
MUST_CHECK bool outbox_fini(struct outbox *o);

/* Writes text and LF, or adds text to the batch. */
void outbox_put(struct outbox *o, struct batch *batch, const struct buf *text);
/* False: after limit_ms more than max_bytes still wait. */
bool outbox_wait(struct outbox *o, size_t max_bytes, int64_t limit_ms);

struct batch *batch_create(void); /* open == 1: held by who makes it. NULL: no memory */
void batch_hold(struct outbox *o, struct batch *b);
/* The last release writes the line, if there are answers, and frees the batch. NULL is fine. */
void batch_release(struct outbox *o, struct batch *b);

#endif
