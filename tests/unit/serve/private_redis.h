/* SPDX-License-Identifier: MIT */
/* A redis-server of the test's own on a Unix socket, and an answer stored in it as an engine would.
 */
#ifndef TESTS_SERVE_PRIVATE_REDIS_H
#define TESTS_SERVE_PRIVATE_REDIS_H

#include "answer.h"
#include "keys.h"
#include "redis.h"

#include <sys/types.h>

struct private_redis {
    pid_t pid;
    char dir[64];
    struct redis_config config;
    struct keys keys;
    struct redis *redis; /* connected */
};

/* Ends the program when there is no redis-server. */
void private_redis_start(struct private_redis *p);
void private_redis_stop(struct private_redis *p);
void private_redis_flush(struct private_redis *p);

/* One command that must not fail. */
void private_redis_do(struct private_redis *p, const char *fmt, const char *key, const char *value);

enum { STORE_QUOTES = 1, STORE_REPORT = 2, STORE_LEASE = 4, STORE_ALL = 7 };
/* Writes a's newest quote, report and detectors, one absorption, and the lease, as `what` says. */
void private_redis_store(struct private_redis *p, const struct answer *a, int what);

/* The one of a test program, and its cmocka fixtures: of the group, and before a test. */
extern struct private_redis server;
int server_start(void **state);
int server_stop(void **state);
int server_flush(void **state);

#endif
