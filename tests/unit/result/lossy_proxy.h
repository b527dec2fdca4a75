/* SPDX-License-Identifier: MIT */
/* Between a client and Redis: can lose the answer to an EXEC that was carried out. */
#ifndef TESTS_RESULT_LOSSY_PROXY_H
#define TESTS_RESULT_LOSSY_PROXY_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

struct lossy_proxy {
    int listener;
    int port; /* on 127.0.0.1 */
    const char *server_path;
    atomic_bool lose, stop;
    pthread_t thread;
};

/* server_path: Unix socket of the server; borrowed. */
bool lossy_proxy_start(struct lossy_proxy *p, const char *server_path);
/* The next EXEC reaches the server; its answer does not come back, the connection is closed. */
void lossy_proxy_lose_next_exec(struct lossy_proxy *p);
void lossy_proxy_stop(struct lossy_proxy *p);

#endif
