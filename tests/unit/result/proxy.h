/* SPDX-License-Identifier: MIT */
/* Between a client and Redis: meddles with the next EXEC. */
#ifndef TESTS_RESULT_PROXY_H
#define TESTS_RESULT_PROXY_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

struct proxy {
    int listener;
    int port; /* on 127.0.0.1 */
    const char *server_path;
    atomic_bool lose, stop;
    _Atomic(const char *) say;
    pthread_t thread;
};

/* server_path: Unix socket of the server; borrowed. NULL: it could not be made. */
struct proxy *proxy_create(const char *server_path);
/* The next EXEC reaches the server; its answer does not come back, the connection is closed. */
void proxy_lose_next_exec(struct proxy *p);
/* Somebody else says this to the server just before the next EXEC arrives; inline command with
 * CRLF, static text. */
void proxy_say_before_next_exec(struct proxy *p, const char *command);
void proxy_destroy(struct proxy *p);

#endif
