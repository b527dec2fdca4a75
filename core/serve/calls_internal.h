/* SPDX-License-Identifier: MIT */
/* What calls.c (the list) and calls_work.c (the threads) share. [front] */
#ifndef SERVE_CALLS_INTERNAL_H
#define SERVE_CALLS_INTERNAL_H

#include "calls.h"
#include "clock.h"

#include <stdatomic.h>
#include <time.h>

enum { READY_THREADS = 4, RESERVE_MS = 20, PROGRESS_MS = 100 };

enum call_state { CALL_WAITING, CALL_RUNNING };

struct call {
    struct call *next;
    enum call_state state;
    struct order o; /* what it points at is owned, but o.what */
    struct mono since;
    double progress; /* told last; under the lock */
    struct mono progress_after;
    atomic_bool cancelled;
};

struct worker {
    struct calls *c;
    struct call *call; /* the one it was made for, or NULL: takes what comes */
    bool reserve;
    enum { WORKER_NONE, WORKER_LIVING, WORKER_GONE /* to be joined */ } state;
    pthread_t thread;
};

enum { WAIT_THREADS = 2 * WAITS_MAX };

struct calls {
    const struct mcp_config *cfg;
    struct query_config query; /* as cfg->query, with the hook behind a lock */
    struct outbox *out;
    pthread_mutex_t lock, engine_lock;
    pthread_cond_t changed;    /* a call or a thread has gone */
    pthread_cond_t work;       /* for the ready threads */
    pthread_cond_t late;       /* for the reserve */
    struct call *first, **end; /* in order of arrival */
    int n, n_waiting;          /* of them, not yet taken */
    int n_ready_idle, n_reserve_free /* not at a call */, n_living;
    bool closing;
    int n_waits; /* calls that wait, at most WAITS_MAX; a thread may outlive its call a little */
    struct worker workers[CALL_THREADS], waiters[WAIT_THREADS];
};

void call_free(struct call *call); /* NULL is fine */
/* Under the lock: takes the call out of the list. */
void calls_unlink(struct calls *c, struct call *call);
/* Under the lock: sees to it that somebody takes the call that was just added. */
enum call_taken calls_hire(struct calls *c, struct call *call);
/* Joins the threads; all have gone. */
void calls_join(struct calls *c);
struct timespec calls_after_ms(int64_t ms);

#endif
