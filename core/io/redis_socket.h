/* SPDX-License-Identifier: MIT */
/* The stream socket below a Redis connection: non-blocking, and every wait has an end. [engine,
 * front] */
#ifndef IO_REDIS_SOCKET_H
#define IO_REDIS_SOCKET_H

#include "clock.h"
#include "err.h"
#include "redis.h"

struct patience {
    struct mono deadline;
    const atomic_bool *cancel; /* looked at every 50 ms; NULL: none */
};

/* Connects to what cfg names, one address after the other, each within its share of the time left.
 * Returns a close-on-exec descriptor, or -1. Numeric addresses and "localhost" need no resolver;
 * any other name is looked up with getaddrinfo(), which no deadline binds. */
int socket_connect(const struct redis_config *cfg, const struct patience *p, struct err *err);

/* Waits until one of the poll(2) events comes. False: deadline, cancelled, or poll failed. */
MUST_CHECK bool socket_wait(int fd, short events, const struct patience *p, short *revents_out,
                            struct err *err);

/* Something can be read now, even if only the end: on an idle Redis connection it is broken. */
bool socket_stale(int fd);

#endif
