/* SPDX-License-Identifier: MIT */
/* Answers that calls share: the same question within SHARED_MS gets the same answer, without
 * another look at Redis. [front]
 *
 * An answer says itself for which moment it holds (timestamp, quote_age_ms); SHARED_MS is less than
 * a look at a busy Redis takes. Errors are never shared, nor is what waits. */
#ifndef SERVE_SHARED_H
#define SERVE_SHARED_H

#include "buf.h"
#include "clock.h"

#include <pthread.h>

enum { SHARED_MS = 5, SHARED_MAX = 16, SHARED_BYTES_MAX = 64 * 1024 };

struct shared_answer {
    const void *what; /* NULL: empty */
    int variant;
    struct mono since;
    struct buf question, body;
};

struct shared {
    pthread_mutex_t lock;
    struct shared_answer answers[SHARED_MAX];
};

MUST_CHECK bool shared_init(struct shared *s, struct err *err);
void shared_fini(struct shared *s);

/* Appends the answer to this question. False: there is none, or it is too old. Any thread. */
MUST_CHECK bool shared_get(struct shared *s, const void *what, int variant, const char *question,
                           size_t n, struct mono now, struct buf *out);
/* since: before anything was looked at. Large answers are not kept. Any thread. */
void shared_put(struct shared *s, const void *what, int variant, const char *question, size_t n,
                struct mono since, const struct buf *body);

#endif
