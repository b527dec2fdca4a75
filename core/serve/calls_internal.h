/* SPDX-License-Identifier: MIT */
/* What calls.c (the list) and calls_work.c (the threads) share. [front] */
#ifndef SERVE_CALLS_INTERNAL_H
#define SERVE_CALLS_INTERNAL_H

#include "calls.h"

#include <stdatomic.h>

enum call_state { CALL_WAITING, CALL_RUNNING, CALL_SUBSCRIBED };

struct call {
    struct call *next;
    enum call_state state;
    char *id; /* owned, as its JSON text */
    size_t id_n;
    enum revision rev;
    const struct tool *tool;
    char *arguments; /* owned */
    size_t arguments_n;
    struct batch *batch;
    atomic_bool cancelled;
};

struct calls {
    const struct mcp_config *cfg;
    struct query_config query; /* as cfg->query, with the hook behind a lock */
    struct outbox *out;
    pthread_mutex_t lock, engine_lock;
    pthread_cond_t changed;
    struct call *first, **end; /* in order of arrival */
    int n, n_threads, n_living;
    bool closing;
    pthread_t threads[CALL_THREADS];
};

struct rpc_id call_id(const struct call *call);
void call_free(struct call *call); /* NULL is fine */
/* Under the lock: takes the call out of the list. */
void calls_unlink(struct calls *c, struct call *call);
/* Under the lock: the threads, if they do not run yet. False: not even one can be had. */
bool calls_start_threads(struct calls *c);

#endif
