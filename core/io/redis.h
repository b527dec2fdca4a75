/* SPDX-License-Identifier: MIT */
/*
 * A Redis connection with our own socket; hiredis only reads the protocol. [engine, front; never
 * the worker]
 *
 * Every call ends at a deadline. Replies are capped in bytes, elements and depth. Any transport or
 * protocol error closes the connection; the next call after the backoff reconnects. No SIGPIPE, no
 * abort.
 */
#ifndef IO_REDIS_H
#define IO_REDIS_H

#include "buf.h"
#include "clock.h"
#include "err.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct redis_config {
    char host[256];
    int port;
    char unix_path[108]; /* not "": a Unix socket, host and port unused */
    char username[256], password[512];
    int db;
    int64_t timeout_ms;     /* of one call, with connecting if it comes to that */
    size_t max_reply_bytes; /* of all replies of one call; 0: 256 MiB */
    size_t max_elements;    /* of one array; 0: 4 Mi */
};

/* Reads redis://[user[:pass]@]host[:port][/db] or unix:///path[?db=N] over *cfg; user and pass may
 * be %-encoded. What the URL does not name stays, but the port becomes 6379. rediss:// and anything
 * else is refused; the text never contains the password. */
MUST_CHECK bool redis_parse_url(const char *url, struct redis_config *cfg, struct err *err);
/* "redis://host:port/db" without user and password, for messages. */
void redis_print_url(const struct redis_config *cfg, char *out, size_t n);

/* A decoded reply. Borrowed: lives until the next call on the same connection. */
enum reply_type { REPLY_NIL, REPLY_STATUS, REPLY_ERROR, REPLY_INT, REPLY_STRING, REPLY_ARRAY };
struct reply {
    enum reply_type type;
    int64_t integer;
    const char *str; /* NUL-terminated; len bytes */
    size_t len;
    const struct reply *items;
    size_t n;
};

struct redis; /* opaque; used by one thread at a time */

struct redis *redis_create(const struct redis_config *cfg); /* NULL: no memory. Connects lazily */
void redis_destroy(struct redis *r);
bool redis_connected(const struct redis *r);
/* The same, and the server has not closed it since. Between two calls. */
bool redis_usable(const struct redis *r);
/* How often it has connected: a change says that WATCH, and perhaps the data, is gone. */
uint64_t redis_connects(const struct redis *r);
/* CPU time that redis_exec() has taken so far. */
int64_t redis_cpu_ns(const struct redis *r);
/* The longest wait for a connection or for answers since the last call of this; of a call in two
 * halves, that in the second. */
int64_t redis_slowest_ms(struct redis *r);
/* Closes and drops what is queued; the next call connects anew at once. */
void redis_reset(struct redis *r);
/* Any thread or signal handler may set it: a call in progress then fails with ERR_CANCELLED within
 * 50 ms, and so do later calls until it is unset. NULL: none. */
void redis_set_cancel(struct redis *r, const atomic_bool *cancel);

/* Queues one command; args are copied. lens NULL: NUL-terminated args. Fails only for memory; then
 * all that was queued is dropped, so that no half of a transaction is ever sent. */
MUST_CHECK bool redis_queue(struct redis *r, int argc, const char *const *argv, const size_t *lens,
                            struct err *err);
/* The same from a format: %s string, %b data and size_t length, %d int, %lld long long, %% - words
 * split at spaces of the format, not of what is put in. */
MUST_CHECK bool redis_queuef(struct redis *r, struct err *err, const char *fmt, ...);

/* The same word by word, without a copy: begin, a word for verb, key and every argument, end.
 * Between them nothing else is queued. A failure shows at redis_end(), as that of redis_queue(). */
void redis_begin(struct redis *r);
void redis_word(struct redis *r, const char *bytes, size_t n);
/* Two words: a field's name, NUL-terminated, and its value. */
void redis_pair(struct redis *r, const char *name, const char *bytes, size_t n);
MUST_CHECK bool redis_end(struct redis *r, struct err *err);
/* Forgets the command that was begun. */
void redis_undo(struct redis *r);

/* Sends what is queued and reads one reply for each command: replies[0..*n_out). False on
 * transport, timeout or protocol failure: all replies are lost, the queue is empty, the connection
 * closed. An error REPLY is not a failure. Nothing queued: true and no replies.
 * A connection that the server closed while it was idle is replaced without a failure. After a
 * failed call the next one fails at once until the backoff is over (100 ms x 2 to 5 s, with jitter;
 * a call that succeeds ends it, and one that was cancelled does not begin it). */
MUST_CHECK bool redis_exec(struct redis *r, const struct reply **replies_out, size_t *n_out,
                           struct err *err);
/* The same, but never on another connection than the last call: what follows a WATCH. */
MUST_CHECK bool redis_exec_same(struct redis *r, const struct reply **replies_out, size_t *n_out,
                                struct err *err);
/* The two halves of redis_exec() and redis_exec_same(): what is queued, at least one command, is
 * sent as far as it goes at once, and later its replies are waited for. In between no other call
 * may be made but redis_abandon(), but commands may be queued for the next one; they stay queued if
 * redis_finish() succeeds. */
MUST_CHECK bool redis_start(struct redis *r, struct err *err);
MUST_CHECK bool redis_start_same(struct redis *r, struct err *err);
MUST_CHECK bool redis_finish(struct redis *r, const struct reply **replies_out, size_t *n_out,
                             struct err *err);
/* Sends more of what was started, as far as it goes at once, if some is left: a socket takes about
 * 200 KB. */
void redis_pump(struct redis *r);
/* Nothing of what was started is left to be sent. */
bool redis_sent(const struct redis *r);
/* Nobody will wait for what was started, if anything was: the connection is closed. */
void redis_abandon(struct redis *r);
/* Takes back all that is queued and not started. */
void redis_unqueue(struct redis *r);
/* One command, one reply; an error reply is a failure (ERR_REMOTE with its text). The queue must be
 * empty. */
MUST_CHECK bool redis_call(struct redis *r, const struct reply **out, struct err *err,
                           const char *fmt, ...);
/* Takes the socket of a connection between two calls away, for another use: greeted, in the right
 * database, non-blocking. The caller closes it; *r is not connected any more. -1: it was not. */
int redis_take_socket(struct redis *r);
/* Milliseconds until a reconnect will be tried; 0: now. */
int64_t redis_backoff_ms(const struct redis *r);

#endif
