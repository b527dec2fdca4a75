/* SPDX-License-Identifier: MIT */
/*
 * A second connection to Redis that says when to look: it is rung by PUBLISH on channels, or by
 * what is added to a stream. [engine] It carries no data: who is rung reads what is new by the
 * other connection, so a ring too few delays and a ring too many costs one look, and neither loses
 * anything. Used by one thread, which never waits here but for a new connection.
 */
#ifndef IO_REDIS_BELL_H
#define IO_REDIS_BELL_H

#include "clock.h"
#include "redis.h"

struct bell; /* opaque */

/* Rung by channels that match the pattern (PSUBSCRIBE). NULL: no memory. Connects with the first
 * bell_step(). */
struct bell *bell_on_channels(const struct redis_config *cfg, const char *pattern);
/* By one channel (SUBSCRIBE). It may be quiet for long and is asked for a sign of life less often.
 */
struct bell *bell_on_channel(const struct redis_config *cfg, const char *channel);
/* Rung by entries of that stream (XREAD BLOCK) behind the one of bell_arm(). */
struct bell *bell_on_stream(const struct redis_config *cfg, const char *key);
void bell_destroy(struct bell *b); /* NULL is fine */

/* For poll(2): readable when bell_step() has something to do. -1: not connected. */
int bell_fd(const struct bell *b);

/* channel: not NUL-terminated; NULL for a stream. */
typedef void bell_rung_fn(void *ctx, const char *channel, size_t n);

enum bell_news {
    BELL_QUIET,  /* connected; whoever rang was told of */
    BELL_OPENED, /* connected since the call before: there may have been rings nobody heard */
    BELL_AWAY    /* not connected; err says why when it has just been lost or refused */
};
/* Reads what has come and calls rung() for each ring. Not connected: tries again once the backoff
 * of redis.h is over, within the time-out of the connection. A connection that has said nothing
 * for too long is given up. */
enum bell_news bell_step(struct bell *b, struct mono now, bell_rung_fn *rung, void *ctx,
                         struct err *err);
/* A stream's: rings once there is an entry behind this id. Does nothing while it still waits for
 * the ring before, or is not connected. */
void bell_arm(struct bell *b, const char *id, struct mono now);

#endif
