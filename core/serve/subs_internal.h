/* SPDX-License-Identifier: MIT */
/* What subs.c (the list) and watch.c (the thread) share. [front] */
#ifndef SERVE_SUBS_INTERNAL_H
#define SERVE_SUBS_INTERNAL_H

#include "subs.h"

#include <pthread.h>
#include <stdatomic.h>

struct listener {
    struct listener *next;
    struct rpc_id id;      /* owned; raw NULL: the legacy session */
    char (*uris)[URI_MAX]; /* owned */
    size_t n_uris;
};

struct subs {
    const struct query_config *cfg;
    struct outbox *out;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct listener *first; /* the legacy session; always there */
    size_t n_listeners, n_uris;
    enum { WATCH_NONE, WATCH_RUNNING, WATCH_GONE /* to be joined */ } watch;
    pthread_t thread;
    bool closing;
    atomic_bool cancel;
};

/* The thread. ctx: struct subs. Ends when nothing is subscribed or subs is closing. */
void *watch_run(void *ctx);
/* Under the lock: tells everybody who subscribed to it. */
void subs_tell(struct subs *s, const char *uri);

#endif
