/* SPDX-License-Identifier: MIT */
/* A private redis-server for a test: a Unix socket in a temporary folder, nothing saved, gone when
 * the test is. */
#ifndef TESTS_SUPPORT_REDIS_SERVER_H
#define TESTS_SUPPORT_REDIS_SERVER_H

#include "err.h"

#include <sys/types.h>

enum { REDIS_SERVER_ARGS_MAX = 16 };

struct redis_server {
    pid_t pid;                               /* 0: not running */
    char dir[64];                            /* "": never started */
    char socket_path[108];                   /* DIR/redis.sock */
    char url[128];                           /* unix://DIR/redis.sock */
    char log_path[108];                      /* what it said */
    const char *args[REDIS_SERVER_ARGS_MAX]; /* borrowed, for a restart */
};

/* extra: NULL-terminated arguments as "--requirepass", "x"; NULL for none; at most
 * REDIS_SERVER_ARGS_MAX - 1, and they must outlive *s. Returns once it answers, or false within 10
 * s. */
MUST_CHECK bool redis_server_start(struct redis_server *s, const char *const *extra,
                                   struct err *err);
/* Again in the same place with the same arguments, empty. */
MUST_CHECK bool redis_server_restart(struct redis_server *s, struct err *err);
/* kill -9 and wait. */
void redis_server_kill(struct redis_server *s);
/* Kills it and removes the folder. {0} is fine. */
void redis_server_stop(struct redis_server *s);

/* A TCP port on 127.0.0.1 that nobody listened on a moment ago; 0: none. */
int redis_server_free_port(void);

#endif
